import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dearmor } from '../../../../service/verify/armor.js';
import { examineDetached, examineInline } from '../../../../service/verify/signature.js';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';
import { Ed25519Key } from '../../../support/catalogues/ed25519.js';

const now = new Date('2026-01-03T00:00:00Z');

function block(label: string, text: string): string {
  return `-----BEGIN PGP ${label}-----\n\n${Buffer.from(text).toString('base64')}\n-----END PGP ${label}-----\n`;
}

test('armored blocks one after the other, with text around them, and one that never ends before another', async () => {
  const text = `before\n${block('SIGNATURE', 'one')}between\n${block('PUBLIC KEY BLOCK', 'two')}after\n`;
  assert.equal((await dearmor(Buffer.from(text))).toString(), 'onetwo');
  assert.equal((await dearmor(Buffer.from(text.replaceAll('\n', '\r\n')))).toString(), 'onetwo');
  assert.equal((await dearmor(Buffer.from(`-----BEGIN PGP MESSAGE-----\n\nAAAA\n${text}`))).toString(), 'onetwo');
  assert.equal((await dearmor(Buffer.from(text), 1)).toString(), 'one');
});

// Synchronous work cannot be cut off: the deadline tells a pass over the text from one for each of its lines (hours).
for (const line of [
  '-----BEGIN PGP SIGNATURE-----\n',
  '-----BEGIN PGP MESSAGE-----\n\n',
  '-----END PGP MESSAGE-----\n',
]) {
  test(`16 MiB of '${line.trim()}' are read in one pass`, { timeout: 120_000 }, async () => {
    const file = Buffer.from(line.repeat((16 << 20) / line.length));
    const keys = await readTrustedKeys([{ path: '/key', bytes: new Ed25519Key().publicFile() }]);
    assert.equal((await dearmor(file)).length, 0);
    assert.equal((await examineDetached(Buffer.alloc(0), file, keys, now))?.findings.length, undefined);
    assert.equal(await examineInline(file, keys, now), undefined);
  });
}

test('16 MiB of empty armored blocks are not all read', { timeout: 120_000 }, async () => {
  const empty = '-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n';
  const file = Buffer.from(empty.repeat((16 << 20) / empty.length));
  const keys = await readTrustedKeys([{ path: '/key', bytes: new Ed25519Key().publicFile() }]);
  assert.equal(await examineInline(file, keys, now), undefined);
});
