import type { Key, SignaturePacket } from 'openpgp';
import { packetAt, splitKeys } from './keys.js';
import { openpgp } from './library.js';

/** The subpacket in which `gpg --include-key-block` puts the key that signed (GnuPG's doc/DETAILS, "Key Block"). */
const keyBlockType = 38;
const subkeyTag = 14;
const signatureTag = 2;
// gpg writes one.
const blocksMax = 4;

/**
 * Keys of the keyrings, each with the subkeys that a signature carries for it: a publisher may have made these after the keyring.
 * examine() checks that the key has bound them. Of the key itself, only a revocation is taken from the signature.
 */
export async function keysWithCarried(signature: SignaturePacket, keys: readonly Key[]): Promise<Key[]> {
  const subpackets = [...signature.unhashedSubpackets, ...signature.unknownSubpackets];
  const bodies = subpackets.filter(({ type }) => type === keyBlockType).map(({ body }) => Buffer.from(body));
  const found: Key[] = [];
  // The first byte is reserved, and zero.
  for (const block of bodies.flatMap((body) => splitKeys(body.subarray(1))).slice(0, blocksMax)) {
    found.push(...(await keysWith(block, signature, keys)));
  }
  return found;
}

async function keysWith(block: Buffer, signature: SignaturePacket, keys: readonly Key[]): Promise<Key[]> {
  const { readKey } = await openpgp();
  const carried = await readKey({ binaryKey: block }).catch(() => undefined);
  if (!carried?.subkeys.some((subkey) => subkey.getKeyID().equals(signature.issuerKeyID))) return [];
  const same = keys.filter((key) => key.getFingerprint() === carried.getFingerprint());
  return Promise.all(
    same.map(async (key) => {
      const binaryKey = Buffer.concat([key.toPublic().write(), subkeysOf(block)]);
      const joined = await readKey({ binaryKey });
      joined.revocationSignatures.push(...carried.revocationSignatures);
      return joined;
    }),
  );
}

/** The subkeys of a key with their signatures, as bytes. */
function subkeysOf(block: Buffer): Buffer {
  const parts: Buffer[] = [];
  let isOfSubkey = false;
  for (let offset = 0, packet = packetAt(block, 0); packet; offset = packet.end, packet = packetAt(block, offset)) {
    isOfSubkey = packet.tag === subkeyTag || (isOfSubkey && packet.tag === signatureTag);
    if (isOfSubkey) parts.push(block.subarray(offset, packet.end));
  }
  return Buffer.concat(parts);
}
