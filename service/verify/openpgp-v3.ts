import type { SignaturePacket } from 'openpgp';
import { openpgp } from './library.js';

/** A signature packet, and what is hashed after the content that it is of (RFC 9580 §5.2.4). */
export interface ReadPacket {
  readonly packet: SignaturePacket;
  readonly ending: Buffer;
}

const signatureTag = 2;
/** Version, length of what is hashed, type, time, key ID, two algorithms, and the first two bytes of the digest (RFC 4880 §5.2.2). */
const [version, hashedBytes, headerBytes] = [3, 5, 19];

/**
 * Reads a signature packet of version 3, which OpenPGP.js leaves unread: the build service of openSUSE signs with them to this day, and
 * gpgv takes them. It becomes one of version 4 with the same fields, which differs in what is hashed after the content.
 *
 * @param packet of OpenPGP.js, which has taken it for one that it cannot parse
 * @returns undefined for other packets
 */
export async function readVersion3(packet: unknown): Promise<ReadPacket | undefined> {
  const { UnparseablePacket, readSignature } = await openpgp();
  if (!(packet instanceof UnparseablePacket) || packet.tag !== signatureTag) return undefined;
  const body = Buffer.from(packet.write());
  if (body.length < headerBytes || body[0] !== version || body[1] !== hashedBytes) return undefined;
  try {
    const [read] = (await readSignature({ binarySignature: packetOf(asVersion4(body)) })).packets;
    return read && { packet: read, ending: body.subarray(2, 2 + hashedBytes) };
  } catch {
    return undefined;
  }
}

function asVersion4(body: Buffer): Buffer {
  const [type, created, keyId] = [body.subarray(2, 3), body.subarray(3, 7), body.subarray(7, 15)];
  const [algorithms, rest] = [body.subarray(15, 17), body.subarray(17)];
  const hashed = subpackets(creationTime, created);
  return Buffer.concat([Buffer.of(4), type, algorithms, hashed, subpackets(issuerKeyId, keyId), rest]);
}

/** Types of subpackets (RFC 9580 §5.2.3.7). */
const [creationTime, issuerKeyId] = [2, 16];

/** An area with one subpacket. */
function subpackets(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0, value.length + 2, value.length + 1, type), value]);
}

/** With a header of the new format and a length of four bytes (RFC 9580 §4.2.1). */
function packetOf(body: Buffer): Buffer {
  const header = Buffer.of(0xc0 | signatureTag, 0xff, 0, 0, 0, 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}
