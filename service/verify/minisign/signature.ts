import { createHash } from 'node:crypto';
import { cutText, escapeText } from '../../../varlink/text.js';
import type { DetachedSignature, SignatureFinding, WantedHash } from '../detached.js';
import { isSignatureBy } from './ed25519.js';
import { commentPrefix, idOf, type MinisignKey } from './keys.js';

const trustedPrefix = 'trusted comment: ';
// minisign's trusted comments have up to 8192 bytes; the other lines are shorter.
const lineMax = 8192 + trustedPrefix.length + 2;
const noticeMax = 256;
const lf = 10;

/** A signature file: what both programs write, and what only minisign writes below. */
interface SignatureFile {
  readonly scheme: 'minisign' | 'signify';
  /** Whether the signature is of the BLAKE2b hash of the content, rather than of the content itself. */
  readonly isPrehashed: boolean;
  readonly number: Buffer;
  /** R and S (RFC 8032 §5.1.6). */
  readonly signature: Buffer;
  readonly trusted: { readonly comment: Buffer; readonly signature: Buffer } | undefined;
}

/** Reads a detached signature of minisign, signify or usign; undefined if it is not one. */
export function readMinisignSignature(file: Buffer, keys: readonly MinisignKey[]): DetachedSignature | undefined {
  const read = readFile(file);
  return read && new MinisignSignature(read, keys);
}

/** A file that carries what it signs, as `signify -S -e` writes it; undefined if it is not one. */
export function splitEmbedded(file: Buffer): { readonly signature: Buffer; readonly payload: Buffer } | undefined {
  if (!file.subarray(0, commentPrefix.length).equals(Buffer.from(commentPrefix))) return undefined;
  const end = file.indexOf('\n', file.indexOf('\n') + 1) + 1;
  const [signature, payload] = [file.subarray(0, end), file.subarray(end)];
  const isDetached =
    payload.length === 0 || payload.subarray(0, trustedPrefix.length).equals(Buffer.from(trustedPrefix));
  if (isDetached || readFile(signature) === undefined) return undefined;
  return { signature, payload };
}

/** Whether a file is compressed and has a signature in the comment of its gzip header, as `signify -S -z` writes it. */
export function isInGzipHeader(file: Buffer): boolean {
  const [hasComment, at] = [((file[3] ?? 0) & 0x10) !== 0, 10];
  const isGzip = file[0] === 0x1f && file[1] === 0x8b;
  return isGzip && hasComment && file.subarray(at, at + commentPrefix.length).equals(Buffer.from(commentPrefix));
}

function readFile(file: Buffer): SignatureFile | undefined {
  const [comment = '', main = '', trustedComment = '', global = ''] = firstLines(file);
  const bytes = decode(main, 74);
  if (!comment.startsWith(commentPrefix) || comment.includes('\0') || !bytes) return undefined;
  const algorithm = bytes.subarray(0, 2).toString('latin1');
  if (algorithm !== 'Ed' && algorithm !== 'ED') return undefined;
  const [isPrehashed, isMinisign] = [algorithm === 'ED', trustedComment.startsWith(trustedPrefix)];
  const signature = decode(global, 64);
  // Only minisign has the prehashed form, and never without the other two lines. signify has nothing more than a line's end.
  if (isMinisign ? !signature : isPrehashed || trustedComment !== '' || file.at(-1) !== lf) return undefined;
  const trusted = signature && {
    comment: Buffer.from(trustedComment.slice(trustedPrefix.length), 'latin1'),
    signature,
  };
  const scheme = isMinisign ? 'minisign' : 'signify';
  return {
    scheme,
    isPrehashed,
    number: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trusted: isMinisign ? trusted : undefined,
  };
}

/** The first four lines, as latin1; a line that is too long ends them. */
function firstLines(file: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; lines.length < 4 && at < file.length; ) {
    const found = file.subarray(at, at + lineMax).indexOf('\n');
    const end = found < 0 ? Math.min(file.length, at + lineMax) : at + found;
    if (found < 0 && end < file.length) break;
    lines.push(file.toString('latin1', at, end).replace(/\r$/, ''));
    at = end + 1;
  }
  return lines;
}

function decode(line: string, length: number): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(line)) return undefined;
  const bytes = Buffer.from(line, 'base64');
  return bytes.length === length && bytes.toString('base64') === line ? bytes : undefined;
}

class MinisignSignature implements DetachedSignature {
  readonly scheme: 'minisign' | 'signify';
  readonly wanted: readonly WantedHash[];
  readonly #file: SignatureFile;
  readonly #keys: readonly MinisignKey[];

  constructor(file: SignatureFile, keys: readonly MinisignKey[]) {
    this.#file = file;
    this.scheme = file.scheme;
    this.#keys = distinct(keys.filter(({ number }) => number.equals(file.number)));
    this.wanted = wantedOf(file, this.#keys);
  }

  async judge(digests: readonly Buffer[]): Promise<SignatureFinding[]> {
    const digestFor = (index: number) => digests[this.#file.isPrehashed ? 0 : index];
    const all = await Promise.all(this.#keys.map((key, index) => judgeBy(key, this.#file, digestFor(index))));
    // Numbers are made at random, and nothing keeps two keys from having the same.
    const best = all.find(({ kind }) => kind !== 'bad') ?? all[0];
    return [best ?? { kind: 'unknown', keyId: idOf(this.#file.number, this.scheme) }];
  }
}

// The same key may be in several keyrings.
function distinct(keys: readonly MinisignKey[]): MinisignKey[] {
  return [...new Map(keys.map((key) => [key.point.toString('hex'), key])).values()];
}

function wantedOf({ isPrehashed, signature }: SignatureFile, keys: readonly MinisignKey[]): WantedHash[] {
  if (!isPrehashed) return keys.map(({ point }) => ({ algorithm: 'sha512', prefix: prefixOf(signature, point) }));
  return keys.length === 0 ? [] : [{ algorithm: 'blake2b512' }];
}

function prefixOf(signature: Buffer, point: Buffer): Buffer {
  return Buffer.concat([signature.subarray(0, 32), point]);
}

async function judgeBy(key: MinisignKey, file: SignatureFile, digest: Buffer | undefined): Promise<SignatureFinding> {
  if (!digest) throw new Error('the signed content was not hashed');
  const { scheme, isPrehashed, signature, trusted } = file;
  const by = `key ${key.id} (${key.comment})`;
  const isGood = isPrehashed
    ? await isSignatureOf(digest, signature, key)
    : await isSignatureBy(key.point, signature, digest);
  if (!isGood) return { kind: 'bad', by };
  const signer = { scheme, fingerprint: key.id, keyId: key.id, user: key.comment, created: undefined };
  if (!trusted) return { kind: 'good', signer };
  const covered = Buffer.concat([signature, trusted.comment]);
  if (!(await isSignatureOf(covered, trusted.signature, key))) {
    return { kind: 'unreliable', by, reason: 'but its trusted comment was changed after it was signed' };
  }
  const text = trusted.comment.toString();
  const notice = `signed with the comment '${escapeText(cutText(text, noticeMax))}'`;
  return { kind: 'good', signer: { ...signer, created: timeIn(text) }, notice };
}

function isSignatureOf(message: Buffer, signature: Buffer, { point }: MinisignKey): Promise<boolean> {
  const challenge = createHash('sha512').update(prefixOf(signature, point)).update(message).digest();
  return isSignatureBy(point, signature, challenge);
}

/** When it was signed, where the comment is the one that minisign writes by itself. */
function timeIn(comment: string): Date | undefined {
  const seconds = /^timestamp:(\d{1,11})(?:\t|$)/.exec(comment)?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}
