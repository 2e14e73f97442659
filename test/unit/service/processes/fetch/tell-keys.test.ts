import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from 'openpgp';
import { keysOf } from '../../../../../service/processes/fetch/tell-keys.js';
import { needs } from '../../../../support/needs.js';
import { KeyRoom } from '../../../../support/servers/keys.js';

async function problemOf(keyring: Buffer): Promise<string | undefined> {
  const [key] = await keysOf({ path: 'ring', base64: keyring.toString('base64') });
  assert.ok(key !== undefined);
  return key.problem;
}

test('a primary key that only certifies counts by its subkey', async (t) => {
  if (!needs(t, { programs: ['gpg', 'gpgconf'] })) return;
  using room = new KeyRoom();
  room.gpg(['--quick-generate-key', 'images@ferry.invalid', 'ed25519', 'cert', 'never']);
  const listing = room.gpg(['--with-colons', '--list-keys']).toString();
  const key = { user: 'images@ferry.invalid', fingerprint: /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? '' };
  assert.match((await problemOf(room.export([key]))) ?? '', /^cannot be used for signing/);
  room.addSubkey(key);
  assert.equal(await problemOf(room.export([key])), undefined);
});

test('why a key does not count completes a sentence that begins with It', async () => {
  const { publicKey } = await generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs: [{ name: 'Images' }],
    format: 'object',
    date: new Date('2020-01-01T00:00:00Z'),
    keyExpirationTime: 24 * 60 * 60,
  });
  assert.equal(await problemOf(Buffer.from(publicKey.write())), 'expired on 2020-01-02');
});
