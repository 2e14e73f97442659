import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  enums,
  generateKey,
  type Key,
  PacketList,
  type PrivateKey,
  revokeKey,
  SignaturePacket,
  type Subkey,
} from 'openpgp';
import { verifyDetached } from '../../../../service/verify/signature.js';
import { lineLike } from '../../../support/like.js';
import { beforeKeyWasMade, isNotOfFile } from '../../../support/texts/verification.js';

// Signatures that gpg does not make, put together from packets.

const content = Buffer.from('ed2d  image.raw\n');
const made = new Date('2026-01-02T00:00:00Z');
const now = new Date('2026-01-03T00:00:00Z');

/** What OpenPGP.js has and does not declare. */
interface Signing {
  signatureType: number;
  publicKeyAlgorithm: number;
  hashAlgorithm: number;
  rawNotations: object[];
  sign(key: unknown, data: unknown, date: Date, detached: boolean, config: object): Promise<void>;
}

async function sign(key: Key | Subkey, changes: Partial<Signing> = {}, date = now): Promise<Buffer> {
  const packet = new SignaturePacket();
  const signing = packet as unknown as Signing;
  const { keyPacket } = key;
  Object.assign(signing, {
    signatureType: enums.signature.binary,
    publicKeyAlgorithm: keyPacket.algorithm,
    hashAlgorithm: enums.hash.sha512,
    ...changes,
  });
  await signing.sign(keyPacket, { text: null, getBytes: () => content }, date, true, {});
  const list = new PacketList<SignaturePacket>();
  list.push(packet);
  return Buffer.from(list.write() as Uint8Array);
}

const notation = { name: 'strict@example.com', value: Buffer.from('x'), humanReadable: true, critical: true };

const table: [what: string, signature: (key: PrivateKey) => Promise<Buffer>, says: RegExp][] = [
  [
    'a signature of nothing',
    (key) => sign(key, { signatureType: enums.signature.standalone }),
    lineLike`^${isNotOfFile}$`,
  ],
  [
    'a signature that is older than its key',
    (key) => sign(key, {}, new Date('2026-01-01T00:00:00Z')),
    lineLike`^${beforeKeyWasMade}$`,
  ],
  [
    'a signature that demands what nobody knows',
    (key) => sign(key, { rawNotations: [notation] }),
    /^but cannot be verified: Unknown critical notation: strict@example\.com$/,
  ],
  [
    'a signature by a key for encryption',
    (key) => sign(key.subkeys[0] ?? key),
    /^which cannot be used for signing: Could not find valid signing key packet in key [0-9a-f]+$/,
  ],
];

test('a signature that is none of a publisher is told as what it is', async (t) => {
  const { privateKey } = await generateKey({
    userIDs: [{ name: 'Signer', email: 'signer@example.com' }],
    type: 'rsa',
    rsaBits: 2048,
    date: made,
    format: 'object',
  });
  const bytes = Buffer.from(privateKey.toPublic().write());
  const verdictOf = async (signature: Buffer) =>
    await verifyDetached(content, signature, [{ path: 'ring', bytes }], now);
  assert.equal((await verdictOf(await sign(privateKey)))?.kind, 'good');
  for (const [what, make, says] of table) {
    await t.test(what, async () => {
      const verdict = await verdictOf(await make(privateKey));
      assert.equal(verdict?.kind, 'unreliable');
      assert.match(verdict?.kind === 'unreliable' ? verdict.reason : '', says);
    });
  }
});

test('a key that one keyring knows as revoked is revoked, whatever the others say and in whatever order', async () => {
  const { privateKey } = await generateKey({
    userIDs: [{ name: 'Signer', email: 'signer@example.com' }],
    type: 'rsa',
    rsaBits: 2048,
    date: made,
    format: 'object',
  });
  const { publicKey: revoked } = await revokeKey({ key: privateKey, date: now, format: 'object' });
  const good = { path: 'good', bytes: Buffer.from(privateKey.toPublic().write()) };
  const bad = { path: 'revoked', bytes: Buffer.from(revoked.write()) };
  const signature = await sign(privateKey);
  const later = new Date('2026-01-04T00:00:00Z');
  assert.equal((await verifyDetached(content, signature, [good, good], later))?.kind, 'good');
  for (const keyrings of [[bad], [good, bad], [bad, good], [good, bad, good]]) {
    const verdict = await verifyDetached(content, signature, keyrings, later);
    assert.equal(verdict?.kind, 'unreliable', keyrings.map(({ path }) => path).join());
    assert.match(verdict?.kind === 'unreliable' ? verdict.reason : '', /revoked/);
  }
});
