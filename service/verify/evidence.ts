import { Failure } from '../../common/failure.js';
import { siblingUrl } from '../../common/url.js';
import {
  type Examined,
  examineDetached,
  examineInline,
  isInlineSigned,
  judgeFindings,
  type Signer,
} from './signature.js';
import { decodeSums, parseSums, type Sums } from './sums.js';
import type { TrustedKeys } from './trusted-keys.js';

/** A checksum file that counts: with verification "signature" one with a good signature. */
export interface Evidence {
  readonly kind: 'evidence';
  /** The file's name. */
  readonly name: string;
  readonly sums: Sums;
  readonly signer: Signer | undefined;
  /** The name of the file that holds the signature, which may be the checksum file itself. */
  readonly signature: string | undefined;
}

/** Why a checksum file does not count. All of these mean that another one may be looked at instead. */
export interface Lack {
  readonly kind: 'absent' | 'unavailable' | 'unsigned' | 'unknown';
  readonly name: string;
  /** Completes "NAME …". */
  readonly reason: string;
}

export interface Search {
  readonly url: string;
  readonly fetchSmall: (url: string, limitBytes: number) => Promise<Buffer | undefined>;
  /** undefined: signatures are not asked for. */
  readonly keys: (() => Promise<TrustedKeys>) | undefined;
  readonly keyringPaths: readonly string[];
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

interface Fetched {
  readonly name: string;
  readonly bytes: Buffer | undefined;
  /** Why the server did not give it, other than that it has none. */
  readonly failure: Failure | undefined;
}

const sumsMax = 16 * 1024 * 1024;
const signatureMax = 1024 * 1024;

/**
 * Fetches a checksum file and the signatures that belong to it by name, all at once, and judges them.
 *
 * @throws Failure VerificationFailed for a signature by a trusted key that is bad, or without a good one for one that is
 * expired, revoked, weak or otherwise not to be relied on; what `fetchSmall` throws but for DownloadFailed; what `keys` throws
 */
export async function gatherEvidence(name: string, search: Search): Promise<Evidence | Lack> {
  const names = search.keys ? [name, `${name}.asc`, `${name}.gpg`] : [name];
  const limit = (file: string) => (file === name ? sumsMax : signatureMax);
  const [file, ...signatures] = await Promise.all(names.map((each) => fetchOptional(each, limit(each), search)));
  if (!file) throw new Error('there is always the checksum file itself');
  if (search.keys) return judgeSignatures(file, signatures, search, await search.keys());
  return file.bytes ? evidenceOf(name, file.bytes, search) : lackOf(file);
}

async function fetchOptional(name: string, limit: number, search: Search): Promise<Fetched> {
  try {
    return { name, bytes: await search.fetchSmall(siblingUrl(search.url, name), limit), failure: undefined };
  } catch (error) {
    // Object stores answer 403 for what they do not have, so no error on an optional file is final.
    if (!(error instanceof Failure) || error.kind !== 'DownloadFailed') throw error;
    return { name, bytes: undefined, failure: error };
  }
}

function evidenceOf(name: string, payload: Buffer, search: Search, signed?: { by: Signer; in: string }): Evidence {
  const sums = parseSums(decodeSums(payload));
  for (const marker of sums.falseMarkers) {
    search.onNotice(`${name} lists '${marker}', which names no day, so it does not limit how long the list counts.`);
  }
  return { kind: 'evidence', name, sums, signer: signed?.by, signature: signed?.in };
}

function lackOf({ name, failure }: Fetched): Lack {
  if (failure) return { kind: 'unavailable', name, reason: `could not be fetched (${failure.message})` };
  return { kind: 'absent', name, reason: 'not found' };
}

type Signed = Examined & { readonly name: string };

async function judgeSignatures(
  file: Fetched,
  signatures: readonly Fetched[],
  search: Search,
  keys: TrustedKeys,
): Promise<Evidence | Lack> {
  const all = [file, ...signatures].map((candidate) => examineFile(candidate, file, keys, search.now));
  const examined = (await Promise.all(all)).filter((signed) => signed !== undefined);
  const verdicts = examined.map((signed) => ({ signed, verdict: judgeFindings(signed.findings) }));
  for (const { signed, verdict } of verdicts)
    if (verdict.kind === 'bad') throw badSignature(signed, file.name, verdict.by);
  for (const { signed, verdict } of verdicts) {
    if (verdict.kind !== 'good') continue;
    for (const notice of verdict.notices) search.onNotice(`${signed.name} is ${notice}.`);
    return evidenceOf(file.name, signed.payload, search, { by: verdict.signer, in: signed.name });
  }
  for (const { signed, verdict } of verdicts) {
    if (verdict.kind === 'unreliable') throw unreliableSignature(signed, verdict.by, verdict.reason);
  }
  const [unknown] = verdicts;
  if (unknown?.verdict.kind === 'unknown') return unknownSigner(unknown.signed, unknown.verdict.keyIds, search);
  return file.bytes ? unsigned(file, signatures) : lackOf(file);
}

async function examineFile(
  candidate: Fetched,
  file: Fetched,
  keys: TrustedKeys,
  now: Date,
): Promise<Signed | undefined> {
  const { bytes, name } = candidate;
  if (!bytes) return undefined;
  if (isInlineSigned(bytes)) return named(await examineInline(bytes, keys, now), name);
  if (candidate === file || !file.bytes) return undefined;
  return named(await examineDetached(file.bytes, bytes, keys, now), name);
}

function named(examined: Examined | undefined, name: string): Signed | undefined {
  return examined && { ...examined, name };
}

function badSignature(signed: Signed, file: string, by: string): Failure {
  const whose = signed.name === file ? 'its text' : file;
  const message = `The signature ${signed.name} by ${by} is not one of ${whose}: the file was changed after it was signed, or the signature belongs to another version. Nothing was placed; try again, and tell the publisher if it stays so.`;
  return new Failure('VerificationFailed', message, { file, expected: null, found: null });
}

function unreliableSignature(signed: Signed, by: string, reason: string): Failure {
  const message = `${signed.name} is signed by ${by}, ${reason}. Ask the publisher for a new signature, or install a newer keyring.`;
  return new Failure('VerificationFailed', message, { file: signed.name, expected: null, found: null });
}

function unknownSigner(signed: Signed, keyIds: readonly string[], search: Search): Lack {
  const ids = [...new Set(keyIds)].join(', ');
  const reason = `is signed by key ${ids}, which is in none of the keyrings (${search.keyringPaths.join(', ')})`;
  return { kind: 'unknown', name: signed.name, reason };
}

function unsigned(file: Fetched, signatures: readonly Fetched[]): Lack {
  const states = signatures.map((each) => `${each.name} ${each.bytes ? 'contains no signature' : lackOf(each).reason}`);
  return { kind: 'unsigned', name: file.name, reason: `is not signed (${states.join(', ')})` };
}
