import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTrustedKeys } from '../../../../../service/verify/trusted-keys.js';
import { Ed25519Key } from '../../../../support/catalogues/ed25519.js';

async function read(bytes: Buffer | string): Promise<string[]> {
  const { minisign } = await readTrustedKeys([{ path: '/keys', bytes: Buffer.from(bytes) }]);
  return minisign.map(({ scheme, id, comment }) => `${scheme} ${id} ${comment}`);
}

test('public keys: files of minisign and signify, bare lines, several in a file', async () => {
  const [one, two, three] = [new Ed25519Key(), new Ed25519Key(), new Ed25519Key()];
  const [minisign, signify] = [one.publicFile(), two.publicFile('openbsd 7.5 base public key')];
  const first = `minisign ${one.minisignId} minisign public key ${one.minisignId}`;
  const second = `signify ${two.usignId} openbsd 7.5 base public key`;
  const third = `minisign ${three.minisignId} no comment`;
  assert.deepEqual(await read(minisign), [first]);
  assert.deepEqual(await read(signify), [second]);
  assert.deepEqual(await read(three.publicLine), [third]);
  assert.deepEqual(await read(Buffer.concat([minisign, signify, Buffer.from(`\r\n${three.publicLine}\r\n`)])), [
    first,
    second,
    third,
  ]);
});

test('a line of a key counts in a text alone, not in what another kind of keyring holds', async () => {
  const key = new Ed25519Key();
  const none = [
    Buffer.concat([Buffer.from([0x99, 0x00, 0x02]), Buffer.from(`\n${key.publicLine}\n`)]),
    Buffer.concat([Buffer.from([0x30, 0x03]), Buffer.from(`\n${key.publicLine}\n`)]),
    `-----BEGIN CERTIFICATE-----\n${key.publicLine}\n-----END CERTIFICATE-----\n`,
    `${key.publicLine}A\n`,
    `RX${key.publicLine.slice(2)}\n`,
    `text ${key.publicLine}\n`,
    `${'\n'.repeat(1024 * 1024)}${key.publicLine}\n`,
  ];
  for (const bytes of none) await assert.rejects(read(bytes), /^Failure: The keyring \/keys contains no key/);
});

test('a long comment above a key is cut', async () => {
  const key = new Ed25519Key();
  assert.deepEqual(await read(key.publicFile('x'.repeat(100_000))), [`signify ${key.usignId} ${'x'.repeat(255)}…`]);
});
