import { Failure } from '../../../common/failure.js';
import type { SignatureFinding, Signer } from '../detached.js';
import { isInGzipHeader } from '../minisign/signature.js';
import { type Examined, examineDetached, examineInline, isInlineSigned, judgeFindings } from '../signature.js';
import { decodeSums, parseSums, type Sums } from '../sums.js';
import type { TrustedKeys } from '../trusted-keys.js';
import { type Fetched, fileNameOf } from './shelf.js';

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

/** Why a checksum file or a signature does not count. All of these mean that another one may be looked at instead. */
export interface Lack {
  readonly kind: 'absent' | 'unavailable' | 'unsigned' | 'unknown' | 'unlisted';
  readonly name: string;
  /** Completes "NAME …". */
  readonly reason: string;
}

/** Whose signatures count. */
export interface Trust {
  readonly keys: TrustedKeys;
  readonly keyringPaths: readonly string[];
  /** Fingerprints that keys must have, in upper-case hexadecimal for OpenPGP; empty for any. */
  readonly fingerprints: readonly string[];
  /** How many different keys must have signed. */
  readonly requireSigners: number;
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

/** A checksum file that needs no signature; what is wrong with it if it is not there. */
export function readUnsigned(file: Fetched, onNotice: (message: string) => void): Evidence | Lack {
  return file.bytes ? evidenceOf(file.name, file.bytes, onNotice) : lackOf(file);
}

function evidenceOf(
  name: string,
  payload: Buffer,
  onNotice: (message: string) => void,
  signed?: { by: Signer; in: string },
): Evidence {
  const sums = parseSums(decodeSums(payload));
  for (const marker of sums.falseMarkers) {
    onNotice(`${name} lists '${marker}', which names no day, so it does not limit how long the list counts.`);
  }
  return { kind: 'evidence', name, sums, signer: signed?.by, signature: signed?.in };
}

/** Why a file says nothing that did not come. */
export function lackOf({ name, failure }: Fetched): Lack {
  if (failure) return { kind: 'unavailable', name, reason: `could not be fetched (${failure.message})` };
  return { kind: 'absent', name, reason: 'not found' };
}

type Signed = Examined & { readonly name: string };

/**
 * Judges a checksum file by the signature inside it and those beside it.
 *
 * @throws Failure VerificationFailed for a signature by a trusted key that is bad, or without a good one for one that is
 * expired, revoked, weak or otherwise not to be relied on
 */
export async function judgeList(file: Fetched, signatures: readonly Fetched[], trust: Trust): Promise<Evidence | Lack> {
  const all = [file, ...signatures].map((candidate) => examineFile(candidate, file, trust));
  const examined = (await Promise.all(all)).filter((signed) => signed !== undefined);
  const verdict = judgeSigned(examined, `its text`, file.name, trust);
  if (verdict.kind === 'none') return file.bytes ? unsigned(file, signatures) : lackOf(file);
  if (verdict.kind !== 'good') return verdict;
  return evidenceOf(file.name, verdict.signed.payload, trust.onNotice, {
    by: verdict.signer,
    in: verdict.signed.name,
  });
}

interface GoodSignature<Part> {
  readonly kind: 'good';
  readonly signed: Part;
  readonly signer: Signer;
}

/** The findings over one signature file. */
export interface JudgedFile {
  readonly name: string;
  readonly findings: readonly SignatureFinding[];
  /** The text that was signed; undefined for an image. */
  readonly payload?: Buffer;
}

/**
 * The verdict over all signatures of one content.
 *
 * @param own what a signature with the name of the content itself is of, for messages
 * @throws Failure VerificationFailed as judgeList()
 */
export function judgeSigned<Part extends JudgedFile>(
  files: readonly Part[],
  own: string,
  content: string,
  trust: Trust,
): GoodSignature<Part> | Lack | { readonly kind: 'none' } {
  const verdicts = files.map((signed) => ({ signed, verdict: judgeFindings(signed.findings) }));
  for (const { signed, verdict } of verdicts) {
    if (verdict.kind === 'bad')
      throw badSignature(signed.name, signed.name === content ? own : content, verdict.by, content);
  }
  const good = files.flatMap((signed) => signersOf(signed).map((signer) => ({ signed, signer })));
  const named = good.filter(({ signer }) => isNamed(signer, trust.fingerprints));
  const counts = named.map(({ signed }) => keysOver(signed, named));
  const first = named.find((_, index) => (counts[index] ?? 0) >= trust.requireSigners);
  if (named.length > 0 && first === undefined) return tooFew(content, Math.max(...counts), trust);
  if (first) {
    for (const { signed, verdict } of verdicts)
      if (verdict.kind === 'good') for (const notice of verdict.notices) trust.onNotice(`${signed.name} is ${notice}.`);
    return { kind: 'good', ...first };
  }
  for (const { signed, verdict } of verdicts) {
    if (verdict.kind === 'unreliable') throw unreliableSignature(signed.name, verdict.by, verdict.reason);
  }
  const [other] = good;
  if (other) return notNamed(other.signed.name, other.signer);
  const [unknown] = verdicts;
  if (unknown?.verdict.kind === 'unknown') return unknownSigner(unknown.signed.name, unknown.verdict.keyIds, trust);
  return { kind: 'none' };
}

/** How many different keys signed the same text as a file: files that carry what they sign may carry different texts. */
function keysOver({ payload }: JudgedFile, named: readonly { signed: JudgedFile; signer: Signer }[]): number {
  const same = named.filter(
    ({ signed }) => payload === signed.payload || payload?.equals(signed.payload ?? Buffer.alloc(0)),
  );
  return new Set(same.map(({ signer }) => signer.fingerprint)).size;
}

function signersOf({ findings }: JudgedFile): Signer[] {
  return findings.flatMap((finding) => (finding.kind === 'good' ? [finding.signer] : []));
}

function isNamed({ fingerprint, subkey }: Signer, fingerprints: readonly string[]): boolean {
  return fingerprints.length === 0 || fingerprints.some((named) => named === fingerprint || named === subkey);
}

async function examineFile(candidate: Fetched, file: Fetched, { keys, now }: Trust): Promise<Signed | undefined> {
  const { bytes, name } = candidate;
  if (!bytes) return undefined;
  if (isInlineSigned(bytes)) return named(await examineInline(bytes, keys, now), name);
  if (candidate === file || !file.bytes) return undefined;
  return named(await examineDetached(file.bytes, bytes, keys, now), name);
}

function named(examined: Examined | undefined, name: string): Signed | undefined {
  return examined && { ...examined, name };
}

function badSignature(name: string, whose: string, by: string, file: string): Failure {
  const message = `The signature ${name} by ${by} is not one of ${whose}: the file was changed after it was signed, or the signature belongs to another version. Try again, and tell the publisher if it stays so.`;
  return new Failure('VerificationFailed', message, { file });
}

function unreliableSignature(name: string, by: string, reason: string): Failure {
  const message = `${name} is signed by ${by}, ${reason}. Ask the publisher for a new signature, or install a newer keyring.`;
  return new Failure('VerificationFailed', message, { file: name });
}

function unknownSigner(name: string, keyIds: readonly string[], { keyringPaths }: Trust): Lack {
  const ids = [...new Set(keyIds)].join(', ');
  const reason = `is signed by key ${ids}, which is in none of the keyrings (${keyringPaths.join(', ')})`;
  return { kind: 'unknown', name, reason };
}

function notNamed(name: string, { keyId, user }: Signer): Lack {
  return { kind: 'unknown', name, reason: `is signed by key ${keyId} (${user}), which the trust entry does not name` };
}

export function tooFew(name: string, count: number, { requireSigners }: Trust): Lack {
  const reason = `is signed by ${count} of the ${requireSigners} different keys that the trust entry requires`;
  return { kind: 'unsigned', name, reason };
}

/** What a file is that should hold a signature, and was not read as one. */
export function strangeness({ bytes }: Fetched): string {
  return bytes !== undefined && isInGzipHeader(bytes)
    ? 'holds its signature in a gzip header (signify -z), which is not supported'
    : 'contains no signature';
}

/** What is told of a checksum file without a signature: the names that a signature could have had are many. */
function unsigned(file: Fetched, signatures: readonly Fetched[]): Lack {
  const strange = signatures
    .filter(({ bytes }) => bytes !== undefined)
    .map((each) => `${fileNameOf(each.name)} ${strangeness(each)}`);
  const failed = signatures
    .filter(({ failure }) => failure !== undefined)
    .map((each) => `${fileNameOf(each.name)} ${lackOf(each).reason}`);
  const absent = signatures.filter(({ bytes, failure }) => bytes === undefined && failure === undefined);
  const missing = absent.length === 0 ? [] : [`${absent.map(({ name }) => fileNameOf(name)).join(', ')} not found`];
  const states = [...strange, ...failed, ...missing];
  return {
    kind: 'unsigned',
    name: file.name,
    reason: states.length === 0 ? 'is not signed' : `is not signed (${states.join('; ')})`,
  };
}
