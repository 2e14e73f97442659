import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey, type PrivateKey, reformatKey, revokeKey } from 'openpgp';
import { describeKeys, type KeyDescription } from '../../../../service/verify/describe-keys.js';
import { fingerprintOf } from '../../../../service/verify/openssh/key.js';
import { sshString } from '../../../../service/verify/openssh/wire.js';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';
import { Ed25519Key } from '../../../support/catalogues/ed25519.js';
import { needs } from '../../../support/needs.js';
import { CertificateRoom } from '../../../support/servers/signing-certificates.js';
import { criticalExtension, isNotValidBefore, namespaceNotTrusted } from '../../../support/texts/verification.js';

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

test('a revoked key is not valid', async () => {
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

test('keys of OpenSSH say until when they are valid', async () => {
  const blob = Buffer.concat(['ssh-ed25519', Buffer.alloc(32, 7)].map(sshString));
  const key = `ssh-ed25519 ${blob.toString('base64')}`;
  const lines = [
    key,
    `me valid-before="20260105Z" ${key}`,
    `me namespaces="git" ${key}`,
    `me valid-after="20270101Z" ${key}`,
  ];
  const described = await describeRing(Buffer.from(lines.join('\n')));
  const fingerprint = fingerprintOf(blob);
  assert.deepEqual(
    described.map(({ scheme, keyId, user, problem, usableUntil }) => [scheme, keyId, user, problem, usableUntil]),
    [
      ['openssh', fingerprint, 'no comment', undefined, undefined],
      ['openssh', fingerprint, 'me', 'which expired on 2026-01-05', new Date('2026-01-05T00:00:00Z')],
      ['openssh', fingerprint, 'me', namespaceNotTrusted, now],
      ['openssh', fingerprint, 'me', isNotValidBefore('2027-01-01'), now],
    ],
  );
});

test('certificates say until when they are valid', async (t) => {
  if (!needs(t, { programs: ['openssl'] })) return;
  using room = new CertificateRoom();
  const valid = room.create('Valid', { to: '20300101000000Z' });
  const expired = room.create('Expired', { to: '20260105000000Z' });
  const curve = ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const critical = room.create('Critical', { key: curve, extensions: ['1.2.3.4=critical,ASN1:NULL'] });
  const described = await describeRing(Buffer.from(valid.pem + expired.pem + critical.pem));
  assert.deepEqual(
    described.map(({ scheme, user, problem, usableUntil }) => [scheme, user, problem, usableUntil]),
    [
      ['pkcs7', 'Valid', undefined, new Date('2030-01-01T00:00:00Z')],
      ['pkcs7', 'Expired', 'which expired on 2026-01-05', new Date('2026-01-05T00:00:00Z')],
      ['pkcs7', 'Critical', criticalExtension('1.2.3.4'), now],
    ],
  );
  assert.match(described[0]?.fingerprint ?? '', /^[0-9A-F]{64}$/);
});

test('a certificate with a key of an unknown kind says so', async (t) => {
  if (!needs(t, { programs: ['openssl'] })) return;
  using room = new CertificateRoom();
  const parameters = room.file(
    room.openssl(['genpkey', '-genparam', '-algorithm', 'DSA', '-pkeyopt', 'dsa_paramgen_bits:1024']),
  );
  const keyPath = room.file(room.openssl(['genpkey', '-paramfile', parameters]));
  const pem = room.openssl(['req', '-x509', '-new', '-key', keyPath, '-subj', '/CN=DSA', '-days', '30']);
  const [described] = await describeKeys(await readTrustedKeys([{ path: '/ring', bytes: pem }]), new Date());
  assert.equal(described?.problem, 'which has a key of a kind that is not supported');
});

test('a keyring in binary adds no key whose text it contains', async (t) => {
  if (!needs(t, { programs: ['openssl'] })) return;
  using room = new CertificateRoom();
  const blob = Buffer.concat(['ssh-ed25519', Buffer.alloc(32, 7)].map(sshString));
  const texts = [room.create('Inside').pem, `\nssh-ed25519 ${blob.toString('base64')}\n`];
  const { publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: texts.map((name) => ({ name })),
    date: made,
    format: 'object',
  });
  const described = await describeRing(publicKey.write());
  assert.deepEqual(
    described.map(({ scheme }) => scheme),
    ['openpgp'],
  );
});
