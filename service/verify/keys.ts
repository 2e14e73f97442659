import type { Key } from 'openpgp';
import { Failure } from '../../common/failure.js';
import { escapeText } from '../../varlink/text.js';
import { dearmor, isArmored } from './armor.js';
import type { Keyring } from './keyrings.js';
import { openpgp } from './library.js';

/**
 * Reads the OpenPGP keys of a keyring, of which there may be none.
 *
 * @throws Failure VerificationFailed for a keybox, and for damaged armor
 */
export async function readOpenpgpKeys({ path, bytes }: Keyring): Promise<Key[]> {
  if (bytes.subarray(8, 12).toString('latin1') === 'KBXf') {
    throw unusable(path, "is a GnuPG keybox, which only gpg can read: export its keys with 'gpg --export'");
  }
  const parts = splitKeys(isArmored(bytes) ? await withoutArmor(path, bytes) : bytes);
  if (parts.length === 0) return [];
  const { readKey } = await openpgp();
  const keys = await Promise.all(parts.map((binaryKey) => readKey({ binaryKey }).catch(() => undefined)));
  return keys.filter((key) => key !== undefined);
}

async function withoutArmor(path: string, bytes: Buffer): Promise<Buffer> {
  try {
    return await dearmor(bytes);
  } catch {
    throw unusable(path, "has damaged armor: export its keys again with 'gpg --armor --export'");
  }
}

function unusable(path: string, reason: string): Failure {
  const message = `The keyring ${escapeText(path)} ${reason}.`;
  return new Failure('VerificationFailed', message, { file: path });
}

const publicKeyTag = 6;
const secretKeyTag = 5;

/** The keys of a keyring: one of an old or unknown kind must not make the others unreadable, so each is read by itself. */
export function splitKeys(bytes: Buffer): Buffer[] {
  const starts: number[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const packet = packetAt(bytes, offset);
    if (!packet) break;
    if (packet.tag === publicKeyTag || packet.tag === secretKeyTag) starts.push(offset);
    offset = packet.end;
  }
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? offset));
}

interface Packet {
  readonly tag: number;
  readonly end: number;
}

/** The header of the packet at an offset (RFC 9580 §4.2); undefined if there is none of a known length. */
export function packetAt(bytes: Buffer, offset: number): Packet | undefined {
  const first = bytes[offset] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const [lengthSize, length] = isNew ? newLength(bytes, offset + 1) : oldLength(bytes, offset + 1, first & 3);
  return length < 0 ? undefined : { tag, end: offset + 1 + lengthSize + length };
}

type LengthField = readonly [size: number, value: number];
const unknownLength: LengthField = [0, -1];

function newLength(bytes: Buffer, at: number): LengthField {
  const first = bytes[at] ?? 255;
  if (first < 192) return [1, first];
  if (first < 224) return [2, ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192];
  return first === 255 && at + 5 <= bytes.length ? [5, bytes.readUInt32BE(at + 1)] : unknownLength;
}

function oldLength(bytes: Buffer, at: number, type: number): LengthField {
  const size = [1, 2, 4][type];
  return size !== undefined && at + size <= bytes.length ? [size, bytes.readUIntBE(at, size)] : unknownLength;
}
