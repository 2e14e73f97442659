import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { Reference } from '../../formats/oci/reference.js';
import type { Keyring, SignatureDemand } from '../../processes/ipc/messages.js';
import type { Verification } from '../../verify/proof.js';
import { fullRepository, type ImageName, printImageName } from '../../verify/sigstore/identity.js';
import {
  type Covering,
  checkCallersKeys,
  checkFaults,
  checkMinimum,
  coveringEntries,
} from '../../verify/trust/choose.js';
import type { TrustEntry } from '../../verify/trust/entry.js';
import type { Host } from '../host.js';
import { readEntryKeyrings } from '../kinds/trust.js';
import { readTrustEntries, trustDirectories } from '../kinds/trust-files.js';
import { registriesOf } from './locations.js';
import { type Demands, demandsOfPolicy } from './policy.js';

/** What a caller says of an image and its signatures. */
export interface SignatureWish {
  readonly reference: Reference;
  /** Undefined where the host may choose. */
  readonly verification: Verification | undefined;
  /** Keys of the caller. */
  readonly keyrings: readonly Buffer[];
}

/** What has to be shown for an image. */
export interface ImageDemands extends Demands {
  /** What the image is called, wherever it comes from. */
  readonly name: ImageName;
}

const option = '--verify=signature';
const ownAdvice =
  "have it signed with 'cosign sign --key', or give the digest that you trust behind the reference, as in @sha256:…";

/**
 * What is demanded of the signatures of an image, by the policy of the host, by trust entries and by the caller.
 *
 * @throws Failure InvalidUrl, FileSystemError when no registry is known for it, or a keyring cannot be read
 * @throws Failure VerificationFailed when the caller wants less than is demanded, no key is trusted for the image, or an entry that may
 *   cover it has a fault; and as demandsOfPolicy()
 */
export async function demandsFor(host: Host, wish: SignatureWish): Promise<ImageDemands> {
  const name = nameOfImage(host, wish.reference);
  const ofPolicy = await demandsOfPolicy(host, name);
  const others = await demandsBeside(ofPolicy, host, wish, name);
  return {
    name,
    demands: [...others.demands, ...ofPolicy.demands],
    sources: [...others.sources, ...ofPolicy.sources],
  };
}

const nothing: Demands = { demands: [], sources: [] };

async function demandsBeside(ofPolicy: Demands, host: Host, wish: SignatureWish, name: ImageName): Promise<Demands> {
  const url = imageUrl(name);
  const [covering] = coveringEntries(await readTrustEntries(trustDirectories(host)), url);
  const entry = covering?.entry;
  if (entry !== undefined) checkFaults(entry, url);
  const wanted = wish.verification ?? verificationBy(covering, wish);
  // A digest already says which image it is.
  if (wish.reference.digest !== undefined) return nothing;
  if (entry !== undefined) checkMinimum(entry, wanted, url);
  if (wanted !== 'signature') return nothing;
  const hasOther = entry !== undefined || wish.keyrings.length > 0;
  // The keys of the policy are trusted as well.
  if (!hasOther && ofPolicy.demands.length > 0) return { demands: [], sources: [option] };
  return await demandOf(entry, wish, name);
}

/** What trust entries are looked up by. */
export function imageUrl({ repository }: ImageName): string {
  return `docker://${repository}`;
}

/**
 * The name that signatures have: what mirrors and entries for registries make of it does not count, short names do.
 *
 * @throws Failure InvalidUrl, FileSystemError when no registry is known for it
 */
export function nameOfImage(host: Host, reference: Reference): ImageName {
  const { registry, image, digest } = reference;
  const place = registriesOf(host, reference).at(-1);
  if (place === undefined) throw new Error('a reference leads nowhere');
  const repository =
    registry === undefined ? fullRepository(place.registry, place.repository) : fullRepository(registry, image);
  return { repository, tag: digest === undefined ? place.tag : undefined, digest };
}

/** An entry that is about container images alone has its keys to be asked for. */
function verificationBy(covering: Covering | undefined, { keyrings }: SignatureWish): Verification {
  if (keyrings.length > 0) return 'signature';
  const { entry, pattern } = covering ?? {};
  if (entry?.minimum !== undefined) return entry.minimum;
  return pattern?.scheme === 'docker:' && entry !== undefined && entry.keySources.length > 0 ? 'signature' : 'checksum';
}

async function demandOf(
  entry: TrustEntry | undefined,
  { keyrings: ofCaller, verification }: SignatureWish,
  name: ImageName,
): Promise<Demands> {
  if (entry !== undefined && ofCaller.length > 0) checkCallersKeys(entry, imageUrl(name));
  const keyrings = await keyringsOf(entry, ofCaller);
  if (keyrings.length === 0) throw untrusted(name);
  const isOfEntry = entry !== undefined && (verification === undefined || entry.minimum === 'signature');
  const demand: SignatureDemand = {
    source: isOfEntry ? `the trust entry ${escapeText(entry.path)}` : option,
    advice: ownAdvice,
    keyrings,
    fingerprints: [...(entry?.fingerprints ?? [])],
    requireSigners: entry?.requireSigners ?? 1,
    identity: { kind: 'matchRepository' },
    mayBeNameless: true,
  };
  return { demands: [demand], sources: [isOfEntry ? entry.path : option] };
}

/** The general keyrings hold no keys of sigstore. */
async function keyringsOf(entry: TrustEntry | undefined, ofCaller: readonly Buffer[]): Promise<Keyring[]> {
  const own = entry === undefined ? [] : await readEntryKeyrings(entry);
  const given = ofCaller.map((bytes) => ({ path: 'of --keyring=', bytes, isOptional: undefined }));
  return [...own, ...given].map(({ path, bytes, isOptional }) => ({
    path,
    base64: bytes.toString('base64'),
    optional: isOptional,
  }));
}

function untrusted(name: ImageName): Failure {
  const shown = escapeText(printImageName(name));
  const message = `Cannot verify signatures of '${shown}': no key is trusted for it; add one with 'ferryctl trust add ${escapeText(imageUrl(name))} KEY', give it with --keyring=, or give the digest behind the reference, as in @sha256:…`;
  return new Failure('VerificationFailed', message, { file: shown });
}
