import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey, type PublicKey, readKeys, reformatKey, revokeKey } from 'openpgp';
import { factsOf, isUsable, keyringOf, trimKey } from '../../../../tools/trust/keys.js';

const made = new Date('2020-01-01T00:00:00Z');
const day = 24 * 60 * 60;

async function make(keyExpirationTime = 0) {
  return await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Images', email: 'images@example.com' }],
    format: 'object',
    date: made,
    keyExpirationTime,
    subkeys: [{}, { sign: true }],
  });
}

async function readBack(keys: readonly PublicKey[]): Promise<PublicKey[]> {
  return await readKeys({ armoredKeys: keyringOf(keys) });
}

test('a trimmed key verifies as before: subkeys for encryption, older and foreign certifications are gone', async () => {
  const first = await make(40 * day);
  const later = await reformatKey({
    privateKey: first.privateKey,
    userIDs: [{ name: 'Images', email: 'images@example.com' }],
    format: 'object',
    date: new Date('2020-02-01T00:00:00Z'),
    keyExpirationTime: 80 * day,
  });
  const merged = await first.publicKey.update(later.publicKey);
  const certified = await merged.signAllUsers([(await make()).privateKey]);
  assert.equal(certified.users[0]?.otherCertifications.length, 1);
  assert.equal(certified.users[0]?.selfCertifications.length, 2);
  const [encrypting, signing] = certified.subkeys.map((subkey) => subkey.getFingerprint().toUpperCase());
  const [key] = await readBack([trimKey(certified) as PublicKey]);
  assert.ok(key !== undefined && encrypting !== undefined);
  assert.deepEqual(
    key.users.map((user) => [user.selfCertifications.length, user.otherCertifications.length]),
    [[1, 0]],
  );
  assert.deepEqual(await factsOf(key), {
    fingerprint: first.publicKey.getFingerprint().toUpperCase(),
    subkeys: [signing],
    users: ['Images <images@example.com>'],
    created: '2020-01-01',
    expires: '2020-03-21',
  });
  const used = await key.getSigningKey(undefined, new Date('2020-03-01T00:00:00Z'));
  assert.equal(used.getFingerprint().toUpperCase(), signing);
});

test('a revocation stays with a trimmed key, which is of no use then', async () => {
  const { privateKey } = await make();
  const { publicKey } = await revokeKey({ key: privateKey, date: new Date('2020-02-01T00:00:00Z'), format: 'object' });
  const [key] = await readBack([trimKey(publicKey) as PublicKey]);
  assert.ok(key !== undefined);
  assert.equal(await isUsable(key, new Date()), false);
});

test('a key is of use until it expires', async () => {
  const { publicKey } = await make(10 * day);
  assert.equal(await isUsable(publicKey, new Date('2020-01-10T00:00:00Z')), true);
  assert.equal(await isUsable(publicKey, new Date('2020-01-11T00:00:01Z')), false);
});

test('a keyring names each key above its block', async () => {
  const [one, other] = [await make(), await make()].map(({ publicKey }) => publicKey) as [PublicKey, PublicKey];
  const lines = keyringOf([one, other]).split('\n');
  const headings = lines.filter((_, index) => lines[index + 1]?.startsWith('-----BEGIN'));
  assert.deepEqual(
    headings,
    [one, other].map((key) => `${key.getFingerprint().toUpperCase()} Images <images@example.com>`),
  );
});
