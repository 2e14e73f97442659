import assert from 'node:assert/strict';
import { after, describe, type TestContext, test } from 'node:test';
import {
  isInlineSigned,
  type SignatureVerdict,
  verifyDetached,
  verifyInline,
} from '../../../../service/verify/signature.js';
import { needs } from '../../../support/needs.js';
import { key, makeKeys, payload, room, rows } from './signature-rows.js';

// Keys that are made during the test must not be from the future.
const now = new Date(Date.now() + 60_000);
const programs = ['gpg', 'gpgv', 'gpgconf'];

function inShort(verdict: SignatureVerdict | undefined): string {
  if (!verdict) return 'none';
  return verdict.kind === 'unreliable' ? `unreliable ${verdict.reason}` : verdict.kind;
}

function statusWords(status: string): Set<string> {
  return new Set([...status.matchAll(/^\[GNUPG:\] (\w+)/gm)].map((match) => match[1] ?? ''));
}

describe('signatures, decided by us and by gpgv', () => {
  let isReady = false;
  const ready = (t: TestContext): boolean => {
    if (!needs(t, { programs })) return false;
    if (!isReady) makeKeys();
    return (isReady = true);
  };
  after(() => isReady && room[Symbol.dispose]());

  for (const row of rows) {
    test(row.what + (row.difference ? ` (unlike gpgv: ${row.difference})` : ''), async (t) => {
      if (!ready(t)) return;
      const content = Buffer.from(row.content ?? payload);
      const signature = row.sign();
      const keyring = room.export(row.trusted());
      const ours = await verifyDetached(content, signature, [{ path: 'ring', bytes: keyring }], now);
      const theirs = room.gpgv(keyring, signature, content);
      assert.equal(inShort(ours), row.ours);
      const expected = row.gpgv.split(' ');
      const words = statusWords(theirs.status);
      assert.deepEqual(
        [...expected.slice(0, -1).filter((word) => words.has(word)), String(theirs.code)],
        expected,
        theirs.status,
      );
      const same = (ours?.kind === 'good') === (theirs.code === 0);
      assert.equal(same, row.difference === undefined, 'a difference from gpgv must be listed');
    });
  }

  test('the signer is named by primary fingerprint, key ID and user', async (t) => {
    if (!ready(t)) return;
    const bytes = room.export([key('subkey')]);
    const verdict = await verifyDetached(
      Buffer.from(payload),
      room.sign(key('subkey'), payload),
      [{ path: 'ring', bytes }],
      now,
    );
    assert.ok(verdict?.kind === 'good');
    assert.equal(verdict.signer.fingerprint, key('subkey').fingerprint);
    assert.equal(verdict.signer.user, 'Sub Key <sub@example.com>');
    assert.notEqual(verdict.signer.keyId, key('subkey').fingerprint.slice(-16));
  });

  test('an expired signer beside a good one is told of', async (t) => {
    if (!ready(t)) return;
    const parts = [room.sign(key('expired'), payload, { at: '20200115T000000' }), room.sign(key('ed25519'), payload)];
    const bytes = room.export([key('expired'), key('ed25519')]);
    const verdict = await verifyDetached(Buffer.from(payload), Buffer.concat(parts), [{ path: 'ring', bytes }], now);
    assert.ok(verdict?.kind === 'good');
    const id = key('expired').fingerprint.slice(-16);
    assert.deepEqual(verdict.notices, [
      `also signed by key ${id} (Expired <expired@example.com>), which expired on 2020-02-01`,
    ]);
  });

  for (const form of ['clear', 'inline'] as const) {
    for (const armor of [false, true]) {
      test(`signed in itself: ${form}${armor ? ', armored' : ''}`, async (t) => {
        if (!ready(t)) return;
        const file = room.sign(key('ed25519'), payload, { form, armor });
        assert.equal(isInlineSigned(file), true);
        const bytes = room.export([key('ed25519')]);
        const verdict = await verifyInline(file, [{ path: 'ring', bytes }], now);
        assert.equal(verdict?.kind, 'good');
        assert.equal(verdict?.payload.toString().trim(), payload.trim());
        assert.equal(room.gpgv(bytes, file).code, 0);
        const strange = await verifyInline(file, [{ path: 'ring', bytes: room.export([key('other')]) }], now);
        assert.equal(strange?.kind, 'unknown');
      });
    }
  }

  test('a clear-signed text that was changed is bad, and what stands outside is no part of it', async (t) => {
    if (!ready(t)) return;
    const bytes = room.export([key('ed25519')]);
    const file = room.sign(key('ed25519'), payload, { form: 'clear' }).toString();
    const changed = await verifyInline(Buffer.from(file.replace('image', 'imagf')), [{ path: 'ring', bytes }], now);
    assert.equal(changed?.kind, 'bad');
    const around = await verifyInline(Buffer.from(`before\n${file}after\n`), [{ path: 'ring', bytes }], now);
    assert.equal(around?.kind, 'good');
    assert.equal(around?.payload.toString().trim(), payload.trim());
  });

  test('neither a signature nor signed: rubbish, HTML, nothing, a key, a cut signature', async (t) => {
    if (!ready(t)) return;
    const ring = [{ path: 'ring', bytes: room.export([key('ed25519')]) }];
    const whole = room.sign(key('ed25519'), payload);
    const none = [
      '',
      'rubbish',
      '<html>',
      room.export([key('ed25519')]),
      room.export([key('ed25519')], true),
      whole.subarray(0, 40),
    ];
    for (const file of none) {
      assert.equal(await verifyDetached(Buffer.from(payload), Buffer.from(file), ring, now), undefined);
      assert.equal(await verifyInline(Buffer.from(file), ring, now), undefined);
    }
    assert.equal(isInlineSigned(whole), false);
    assert.equal(isInlineSigned(room.sign(key('ed25519'), payload, { armor: true })), false);
    assert.equal(isInlineSigned(Buffer.from(payload)), false);
  });

  test('every changed byte of a signature or its payload ends in anything but good', async (t) => {
    if (!ready(t)) return;
    const ring = [{ path: 'ring', bytes: room.export([key('ed25519')]) }];
    const signature = room.sign(key('ed25519'), payload);
    // Only the unhashed area is nobody's word (RFC 9580 §5.2.3.7). After the packet's header of two bytes come version,
    // type, two algorithms, the length of the hashed area, that area, and the length of the unhashed one.
    const unhashed = 2 + 4 + 2 + signature.readUInt16BE(6) + 2;
    const good: number[] = [];
    for (let index = 0; index < signature.length; index++) {
      const changed = Buffer.from(signature);
      changed[index] = (changed[index] ?? 0) ^ 0x40;
      const verdict = await verifyDetached(Buffer.from(payload), changed, ring, now);
      if (verdict?.kind === 'good') good.push(index);
    }
    const end = unhashed + signature.readUInt16BE(unhashed - 2);
    assert.deepEqual(
      good.filter((index) => index < unhashed || index >= end),
      [],
    );
    for (let index = 0; index < payload.length; index++) {
      const changed = Buffer.from(payload);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.equal((await verifyDetached(changed, signature, ring, now))?.kind, 'bad');
    }
  });

  test('keyrings: binary, armored, several armored blocks, unreadable keys beside good ones', async (t) => {
    if (!ready(t)) return;
    const signature = room.sign(key('ed25519'), payload);
    const good = room.export([key('ed25519')]);
    const armoredBoth = Buffer.concat([
      room.export([key('other')], true),
      Buffer.from('\ntext\n'),
      room.export([key('ed25519')], true),
    ]);
    // A public-key packet of version 3, as in very old keyrings.
    const old = Buffer.from([0x99, 0x00, 0x0a, 3, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0xff]);
    for (const bytes of [
      good,
      room.export([key('ed25519')], true),
      armoredBoth,
      Buffer.concat([old.subarray(0, 13), good]),
    ]) {
      const verdict = await verifyDetached(Buffer.from(payload), signature, [{ path: 'ring', bytes }], now);
      assert.equal(verdict?.kind, 'good');
    }
  });

  test('a keybox and a file that is no keyring are refused by name', async () => {
    const keybox = Buffer.concat([Buffer.from([0, 0, 0, 32, 1, 1, 0, 2]), Buffer.from('KBXf'), Buffer.alloc(20)]);
    const cases: [Buffer, string][] = [
      [keybox, "The keyring /k.kbx is a GnuPG keybox, which only gpg can read: export its keys with 'gpg --export'."],
      [Buffer.from('no keys'), 'The keyring /k.kbx contains no key that can be read.'],
      [Buffer.alloc(0), 'The keyring /k.kbx contains no key that can be read.'],
    ];
    for (const [bytes, message] of cases) {
      await assert.rejects(verifyDetached(Buffer.from(''), Buffer.from(''), [{ path: '/k.kbx', bytes }], now), {
        message,
      });
    }
  });
});
