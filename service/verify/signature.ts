import type { Key, LiteralDataPacket, Message, SignaturePacket } from 'openpgp';
import { dearmor, isArmored, isClearSigned } from './armor.js';
import { examine, type SignatureFinding, type Signer } from './examine.js';
import type { Keyring } from './keyrings.js';
import { packetAt, readKeys } from './keys.js';
import { openpgp } from './library.js';

export type { SignatureFinding, Signer } from './examine.js';
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
  if (isClearSigned(bytes)) return true;
  if (isArmored(bytes)) return /^-----BEGIN PGP MESSAGE/m.test(bytes.toString('latin1'));
  const tag = packetAt(bytes, 0)?.tag ?? ((bytes[0] ?? 0) >> 2) & 0x0f;
  return [onePassTag, compressedTag, literalTag].includes(tag) && ((bytes[0] ?? 0) & 0x80) !== 0;
}

const onePassTag = 4;
const compressedTag = 8;
const literalTag = 11;

/** Examines a detached signature, armored or binary, of a payload; undefined if the file holds no signature at all. */
export async function examineDetached(
  payload: Buffer,
  signatureFile: Buffer,
  keys: readonly Key[],
  now: Date,
): Promise<Examined | undefined> {
  const { createMessage, readSignature } = await openpgp();
  try {
    const binarySignature = isArmored(signatureFile) ? await dearmor(signatureFile) : signatureFile;
    const { packets } = await readSignature({ binarySignature });
    const message = await createMessage({ binary: new Uint8Array(payload) });
    return await examineAll(packets, literalOf(message.packets), keys, now, payload);
  } catch {
    return undefined;
  }
}

/** Examines a file that carries what it signs; undefined if it is no such file. */
export async function examineInline(file: Buffer, keys: readonly Key[], now: Date): Promise<Examined | undefined> {
  const { readMessage, config } = await openpgp();
  if (isClearSigned(file)) return examineClearSigned(file, keys, now);
  try {
    const binaryMessage = isArmored(file) ? await dearmor(file) : file;
    const bounded = { ...config, maxDecompressedMessageSize: unpackedMax };
    const message = (await readMessage({ binaryMessage, config: bounded })).unwrapCompressed();
    const payload = Buffer.from(message.getLiteralData() ?? []);
    return await examineAll(await signaturesOf(message), literalOf(message.packets), keys, now, payload);
  } catch {
    return undefined;
  }
}

// The packets after the literal data are read only when a verification is asked for, whatever by.
async function signaturesOf(message: Message<Uint8Array>): Promise<unknown[]> {
  const results = await message.verify([]);
  for (const { verified } of results) verified.catch(() => {});
  const signatures = await Promise.all(results.map(({ signature }) => signature));
  return signatures.flatMap(({ packets }) => [...packets]);
}

async function examineClearSigned(file: Buffer, keys: readonly Key[], now: Date): Promise<Examined | undefined> {
  const { createMessage, readCleartextMessage, readSignature } = await openpgp();
  const text = file.toString('utf8');
  const start = text.search(/^-----BEGIN PGP SIGNED MESSAGE-----/m);
  try {
    const cleartextMessage = text.slice(start);
    const signed = (await readCleartextMessage({ cleartextMessage })).getText();
    const armored = cleartextMessage.slice(cleartextMessage.search(/^-----BEGIN PGP SIGNATURE-----/m));
    const { packets } = await readSignature({ binarySignature: await dearmor(Buffer.from(armored, 'latin1')) });
    const message = await createMessage({ text: signed });
    return await examineAll(packets, literalOf(message.packets), keys, now, Buffer.from(signed));
  } catch {
    return undefined;
  }
}

async function examineAll(
  packets: Iterable<unknown>,
  literal: LiteralDataPacket | undefined,
  keys: readonly Key[],
  now: Date,
  payload: Buffer,
): Promise<Examined | undefined> {
  const { SignaturePacket: Packet } = await openpgp();
  const signatures = [...packets].filter((packet): packet is SignaturePacket => packet instanceof Packet);
  if (!literal || signatures.length === 0) return undefined;
  const findings = await Promise.all(signatures.map((signature) => examine(signature, literal, keys, now)));
  return { findings, payload };
}

function literalOf(packets: Iterable<unknown>): LiteralDataPacket | undefined {
  for (const packet of packets) if (isLiteral(packet)) return packet;
  return undefined;
}

function isLiteral(packet: unknown): packet is LiteralDataPacket {
  return (
    packet instanceof Object &&
    'constructor' in packet &&
    'tag' in packet.constructor &&
    packet.constructor.tag === literalTag
  );
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
  const notices = unreliable.map(({ by, reason }) => `also signed by ${by}, ${reason}`);
  if (good) return { kind: 'good', signer: good.signer, notices };
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
  const examined = await examineDetached(payload, signatureFile, await readKeys(keyrings), now);
  return examined && judgeFindings(examined.findings);
}

/** The same for a file that carries what it signs. */
export async function verifyInline(
  file: Buffer,
  keyrings: readonly Keyring[],
  now: Date,
): Promise<(SignatureVerdict & { readonly payload: Buffer }) | undefined> {
  const examined = await examineInline(file, await readKeys(keyrings), now);
  return examined && { ...judgeFindings(examined.findings), payload: examined.payload };
}
