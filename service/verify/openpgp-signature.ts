import { getHashes } from 'node:crypto';
import type { Key, SignaturePacket } from 'openpgp';
import { dearmor, isArmored, mayBeOpenpgp } from './armor.js';
import type { DetachedSignature, SignatureFinding, WantedHash } from './detached.js';
import { examine } from './examine.js';
import { keysWithCarried } from './key-block.js';
import { openpgp } from './library.js';
import { type ReadPacket, readVersion3 } from './openpgp-v3.js';

// Each is one more hash over an image of many gigabytes, and anybody can write signatures.
const hashesMax = 16;
/** How many signatures of a file are judged, the first ones: each takes milliseconds, and a megabyte holds thousands. */
export const signaturesMax = 64;

/** Reads a detached OpenPGP signature, armored or binary; undefined if the file holds no signature at all. */
export async function readOpenpgpSignature(file: Buffer, keys: readonly Key[]): Promise<DetachedSignature | undefined> {
  if (!mayBeOpenpgp(file)) return undefined;
  try {
    const { readSignature } = await openpgp();
    const binarySignature = isArmored(file) ? await dearmor(file, signaturesMax) : file;
    return await signatureOf((await readSignature({ binarySignature })).packets, keys);
  } catch {
    return undefined;
  }
}

/** The signatures among some packets; undefined if there are none. */
export async function signatureOf(
  packets: Iterable<unknown>,
  keys: readonly Key[],
): Promise<DetachedSignature | undefined> {
  const signatures: ReadPacket[] = [];
  for (const packet of packets) {
    const read = await readPacket(packet);
    if (read !== undefined && signatures.push(read) === signaturesMax) break;
  }
  if (signatures.length === 0) return undefined;
  const parts = signatures.map(async (read) => ({
    ...read,
    keys: [...keys, ...(await keysWithCarried(read.packet, keys))],
  }));
  return new OpenpgpSignature(await Promise.all(parts));
}

/** A signature among other packets. */
async function readPacket(packet: unknown): Promise<ReadPacket | undefined> {
  const { SignaturePacket: Packet } = await openpgp();
  return packet instanceof Packet ? { packet, ending: endingOf(packet) } : await readVersion3(packet);
}

/** A signature, and the keys that it may be by. */
interface Part extends ReadPacket {
  readonly keys: readonly Key[];
}

/** Where in `wanted` the hash for a signature is, or why it has none (completes "…, but …"; empty where no key is known). */
type Place = number | string;

class OpenpgpSignature implements DetachedSignature {
  readonly scheme = 'openpgp';
  readonly wanted: WantedHash[] = [];
  readonly #parts: readonly (Part & { readonly place: Place })[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts.map((part) => ({ ...part, place: this.#placeFor(part) }));
  }

  judge(digests: readonly Buffer[], now: Date): Promise<SignatureFinding[]> {
    return Promise.all(
      this.#parts.map(({ packet, keys, place }) =>
        examine(packet, typeof place === 'string' ? place : digestAt(digests, place), keys, now),
      ),
    );
  }

  #placeFor({ packet, ending, keys }: Part): Place {
    if (!keys.some((key) => key.getKeys(packet.issuerKeyID).length > 0)) return '';
    if (!isOfFile(packet)) return 'but is not a signature of a file';
    const wanted = wantedBy(packet, ending);
    if (typeof wanted === 'string') return wanted;
    const index = this.wanted.findIndex((other) => isSame(other, wanted));
    if (index >= 0) return index;
    if (this.wanted.length === hashesMax) return `but its file has more than ${hashesMax} different signatures`;
    return this.wanted.push(wanted) - 1;
  }
}

/** By number (RFC 9580 §9.5): node's name, and the length of a version 6 signature's salt. */
const algorithms: ReadonlyMap<number, readonly [name: string, saltBytes?: number]> = new Map([
  [1, ['md5']],
  [2, ['sha1']],
  [3, ['ripemd160']],
  [8, ['sha256', 16]],
  [9, ['sha384', 24]],
  [10, ['sha512', 32]],
  [11, ['sha224', 16]],
  [12, ['sha3-256', 16]],
  [14, ['sha3-512', 32]],
]);

const textType = 1;
const fileTypes: readonly unknown[] = [0, textType];

/** Whether a signature is of a file, as bytes or as text (RFC 9580 §5.2.1). Other kinds sign keys, or nothing at all. */
function isOfFile({ signatureType }: SignaturePacket): boolean {
  return fileTypes.includes(signatureType);
}

function wantedBy(packet: SignaturePacket, suffix: Buffer): WantedHash | string {
  const [algorithm, saltBytes] = algorithms.get(packet.hashAlgorithm ?? 0) ?? [];
  if (algorithm === undefined || !getHashes().includes(algorithm)) return 'but over a hash that is not supported';
  const isText = packet.signatureType === textType;
  if (packet.version !== 6) return { algorithm, isText, suffix };
  const prefix = saltOf(packet);
  return prefix.length === saltBytes ? { algorithm, prefix, isText, suffix } : 'but with a salt of the wrong length';
}

// OpenPGP.js has it and does not declare it.
function saltOf(packet: SignaturePacket): Buffer {
  return 'salt' in packet && packet.salt instanceof Uint8Array ? Buffer.from(packet.salt) : Buffer.alloc(0);
}

function isSame(one: WantedHash, other: WantedHash): boolean {
  const same = (a: Buffer | undefined, b: Buffer | undefined) => a?.toString('hex') === b?.toString('hex');
  const isSameHash = one.algorithm === other.algorithm && one.isText === other.isText;
  return isSameHash && same(one.prefix, other.prefix) && same(one.suffix, other.suffix);
}

function digestAt(digests: readonly Buffer[], place: number): Buffer {
  const digest = digests[place];
  if (!digest) throw new Error('the signed content was not hashed');
  return digest;
}

/** What a signature hashes after the content: its own hashed part and the trailer (RFC 9580 §5.2.4). */
function endingOf({ signatureData, version }: SignaturePacket): Buffer {
  const own = signatureData ?? new Uint8Array();
  const trailer = Buffer.from([version, 0xff, 0, 0, 0, 0]);
  trailer.writeUInt32BE(own.length, 2);
  return Buffer.concat([own, trailer]);
}
