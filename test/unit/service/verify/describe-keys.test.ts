import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey, type PrivateKey, reformatKey, revokeKey } from 'openpgp';
import { describeKeys, type KeyDescription } from '../../../../service/verify/describe-keys.js';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';
import { Ed25519Key } from '../../../support/catalogues/ed25519.js';

const made = new Date('2026-01-02T00:00:00Z');
const now = new Date('2026-01-10T00:00:00Z');
const daySeconds = 24 * 60 * 60;

async function makeKey(subkeys: readonly { sign: boolean }[], days = 0): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Signer\u202e', email: 'signer@example.com' }],
    subkeys: [...subkeys],
    date: made,
    keyExpirationTime: days * daySeconds,
    format: 'object',
  });
  return privateKey;
}

async function describeRing(...files: readonly Uint8Array[]): Promise<KeyDescription[]> {
  const keyrings = files.map((bytes, index) => ({ path: `/ring-${index}`, bytes: Buffer.from(bytes) }));
  return describeKeys(await readTrustedKeys(keyrings), now);
}

test('a key that signs, and its subkeys: for signing and for encryption', async () => {
  const key = await makeKey([{ sign: true }, { sign: false }]);
  const [described, ...rest] = await describeRing(key.toPublic().write());
  assert.deepEqual(rest, []);
  assert.ok(described);
  assert.equal(described.scheme, 'openpgp');
  assert.equal(described.fingerprint, key.getFingerprint().toUpperCase());
  assert.equal(described.user, 'Signer\\u202e <signer@example.com>');
  assert.deepEqual(
    [described.created, described.expires, described.isRevoked, described.problem, described.usableUntil],
    [made, undefined, false, undefined, undefined],
  );
  const [signing, encrypting] = described.subkeys;
  assert.equal(signing?.keyId, key.subkeys[0]?.getKeyID().toHex().toUpperCase());
  assert.equal(signing?.problem, undefined);
  assert.match(encrypting?.problem ?? '', /^which cannot be used /);
});

test('an expired key says since when, and one that will expire says when', async () => {
  const [old, soon] = [await makeKey([{ sign: true }], 5), await makeKey([{ sign: true }], 20)];
  const [expired, valid] = await describeRing(old.toPublic().write(), soon.toPublic().write());
  assert.equal(expired?.problem, 'which expired on 2026-01-07');
  assert.deepEqual(expired?.expires, new Date('2026-01-07T00:00:00Z'));
  assert.deepEqual(expired?.usableUntil, new Date('2026-01-07T00:00:00Z'));
  assert.equal(valid?.problem, undefined);
  assert.deepEqual(valid?.usableUntil, new Date('2026-01-22T00:00:00Z'));
  const prolonged = await reformatKey({
    privateKey: old,
    userIDs: [{ name: 'Signer' }],
    keyExpirationTime: 30 * daySeconds,
    date: new Date('2026-01-05T00:00:00Z'),
    format: 'object',
  });
  const [fresh] = await describeRing(prolonged.publicKey.write());
  assert.equal(fresh?.problem, undefined);
});

test('a revoked key counts no longer', async () => {
  const { publicKey } = await revokeKey({ key: await makeKey([]), date: made, format: 'object' });
  const [described] = await describeRing(publicKey.write());
  assert.equal(described?.isRevoked, true);
  assert.match(described?.problem ?? '', /^which was revoked on 2026-01-02/);
  assert.deepEqual(described?.usableUntil, now);
});

test('keys of minisign and signify never expire', async () => {
  const key = new Ed25519Key();
  assert.deepEqual(await describeRing(key.publicFile('release public key')), [
    {
      scheme: 'signify',
      fingerprint: key.usignId,
      keyId: key.usignId,
      user: 'release public key',
      created: undefined,
      expires: undefined,
      isRevoked: false,
      problem: undefined,
      subkeys: [],
      usableUntil: undefined,
    },
  ]);
});
