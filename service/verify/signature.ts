import type { Message } from 'openpgp';
import { dearmor, isArmored, isClearSigned } from './armor.js';
import { judgeContent, type SignatureFinding, type Signer } from './detached.js';
import type { Keyring } from './keyrings.js';
import { packetAt } from './keys.js';
import { openpgp } from './library.js';
import { splitEmbedded } from './minisign/signature.js';
import { signatureOf, signaturesMax } from './openpgp-signature.js';
import { readSignature } from './scheme.js';
import { readTrustedKeys, type TrustedKeys } from './trusted-keys.js';

export type { SignatureFinding, Signer } from './detached.js';
export type { Keyring } from './keyrings.js';

/** What a file that ends in .asc or .gpg, or that is signed in itself, turned out to be. */
export interface Examined {
  readonly findings: readonly SignatureFinding[];
  /** What is signed: the payload that was given, or the text inside a file that is signed in itself. */
  readonly payload: Buffer;
}

// An inline-signed checksum file is compressed; what it unpacks to is bounded.
const unpackedMax = 64 * 1024 * 1024;

/** Whether a file carries what it signs. */
export function isInlineSigned(bytes: Buffer): boolean {
  if (isClearSigned(bytes) || splitEmbedded(bytes)) return true;
  if (isArmored(bytes)) return /^-----BEGIN PGP MESSAGE/m.test(bytes.toString('latin1'));
  const tag = packetAt(bytes, 0)?.tag ?? ((bytes[0] ?? 0) >> 2) & 0x0f;
  return [onePassTag, compressedTag, literalTag].includes(tag) && ((bytes[0] ?? 0) & 0x80) !== 0;
}

const onePassTag = 4;
const compressedTag = 8;
const literalTag = 11;

/** Examines a detached signature of a payload; undefined if the file holds no signature at all. */
export async function examineDetached(
  payload: Buffer,
  signatureFile: Buffer,
  keys: TrustedKeys,
  now: Date,
): Promise<Examined | undefined> {
  const signature = await readSignature(signatureFile, keys);
  return signature && { findings: await judgeContent(signature, payload, now), payload };
}

/** Examines a file that carries what it signs; undefined if it does not. */
export async function examineInline(file: Buffer, keys: TrustedKeys, now: Date): Promise<Examined | undefined> {
  const embedded = splitEmbedded(file);
  if (embedded) return examineDetached(embedded.payload, embedded.signature, keys, now);
  try {
    const { packets, payload } = isClearSigned(file) ? await readClearSigned(file) : await readInline(file);
    const signature = await signatureOf(packets, keys.openpgp);
    return signature && { findings: await judgeContent(signature, payload, now), payload };
  } catch {
    return undefined;
  }
}

interface Inline {
  readonly packets: Iterable<unknown>;
  readonly payload: Buffer;
}

async function readInline(file: Buffer): Promise<Inline> {
  const { readMessage, config } = await openpgp();
  const binaryMessage = isArmored(file) ? await dearmor(file, signaturesMax) : file;
  const bounded = { ...config, maxDecompressedMessageSize: unpackedMax };
  const message = (await readMessage({ binaryMessage, config: bounded })).unwrapCompressed();
  const data = message.getLiteralData();
  if (!data) throw new Error('a message without data');
  return { packets: await signaturesOf(message), payload: Buffer.from(data) };
}

// OpenPGP.js reads the packets after the literal data only in verify(), with or without keys.
async function signaturesOf(message: Message<Uint8Array>): Promise<unknown[]> {
  const results = await message.verify([]);
  for (const { verified } of results) verified.catch(() => {});
  const signatures = await Promise.all(results.map(({ signature }) => signature));
  return signatures.flatMap(({ packets }) => [...packets]);
}

async function readClearSigned(file: Buffer): Promise<Inline> {
  const { readCleartextMessage, readSignature: read } = await openpgp();
  const text = file.toString('utf8');
  const cleartextMessage = text.slice(text.search(/^-----BEGIN PGP SIGNED MESSAGE-----/m));
  const signed = (await readCleartextMessage({ cleartextMessage })).getText();
  const armored = cleartextMessage.slice(cleartextMessage.search(/^-----BEGIN PGP SIGNATURE-----/m));
  const { packets } = await read({ binarySignature: await dearmor(Buffer.from(armored, 'latin1'), signaturesMax) });
  return { packets, payload: Buffer.from(signed) };
}

/** The verdict over all signatures of a file: at least one good one by a trusted key, and none that is bad. */
export type SignatureVerdict =
  | { readonly kind: 'good'; readonly signer: Signer; readonly notices: readonly string[] }
  | { readonly kind: 'bad'; readonly by: string }
  | { readonly kind: 'unreliable'; readonly by: string; readonly reason: string }
  | { readonly kind: 'unknown'; readonly keyIds: readonly string[] };

export function judgeFindings(findings: readonly SignatureFinding[]): SignatureVerdict {
  const bad = findings.find((finding) => finding.kind === 'bad');
  if (bad) return bad;
  const good = findings.find((finding) => finding.kind === 'good');
  const unreliable = findings.filter((finding) => finding.kind === 'unreliable');
  const others = unreliable.map(({ by, reason }) => `also signed by ${by}, ${reason}`);
  if (good) {
    const notices = good.notice === undefined ? others : [good.notice, ...others];
    return { kind: 'good', signer: good.signer, notices };
  }
  const [first] = unreliable;
  if (first) return first;
  return {
    kind: 'unknown',
    keyIds: findings.flatMap((finding) => (finding.kind === 'unknown' ? [finding.keyId] : [])),
  };
}

/** A verdict on a detached signature in one step; undefined if the file holds no signature. */
export async function verifyDetached(
  payload: Buffer,
  signatureFile: Buffer,
  keyrings: readonly Keyring[],
  now: Date,
): Promise<SignatureVerdict | undefined> {
  const examined = await examineDetached(payload, signatureFile, await readTrustedKeys(keyrings), now);
  return examined && judgeFindings(examined.findings);
}

/** The same for a file that carries what it signs. */
export async function verifyInline(
  file: Buffer,
  keyrings: readonly Keyring[],
  now: Date,
): Promise<(SignatureVerdict & { readonly payload: Buffer }) | undefined> {
  const examined = await examineInline(file, await readTrustedKeys(keyrings), now);
  return examined && { ...judgeFindings(examined.findings), payload: examined.payload };
}
