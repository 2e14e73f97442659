import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ContentHashes, judgeContent, type SignatureFinding } from '../../../../../service/verify/detached.js';
import { readSignature } from '../../../../../service/verify/scheme.js';
import { examineInline, isInlineSigned, verifyDetached } from '../../../../../service/verify/signature.js';
import { readTrustedKeys, type TrustedKeys } from '../../../../../service/verify/trusted-keys.js';
import { Ed25519Key } from '../../../../support/catalogues/ed25519.js';

// Signatures of minisign and signify, made without their programs.

const content = Buffer.from('ed2d  image.raw\n');
const now = new Date('2026-01-03T00:00:00Z');
const forms: Readonly<Record<string, (key: Ed25519Key, bytes?: Buffer) => Buffer>> = {
  minisign: (key, bytes = content) => key.minisign(bytes, 'image.raw'),
  'minisign, legacy': (key, bytes = content) => key.minisign(bytes, 'image.raw', false),
  signify: (key, bytes = content) => key.signify(bytes),
};

function trust(...files: readonly Buffer[]): Promise<TrustedKeys> {
  return readTrustedKeys(files.map((bytes, index) => ({ path: `/key-${index}`, bytes })));
}

/** What is found of the only signature in a file; undefined if the file is not one. */
async function findingOf(
  file: Buffer,
  keys: TrustedKeys,
  bytes: Buffer = content,
): Promise<SignatureFinding | undefined> {
  const signature = await readSignature(file, keys);
  if (!signature) return undefined;
  const findings = await judgeContent(signature, bytes, now);
  assert.equal(findings.length, 1);
  return findings[0];
}

function flipped(bytes: Buffer, index: number, mask = 1): Buffer {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ mask;
  return changed;
}

for (const [form, sign] of Object.entries(forms)) {
  describe(form, () => {
    test('good in pieces of any size, of an empty file too; bad with a flipped bit', async () => {
      const key = new Ed25519Key();
      const keys = await trust(key.publicFile());
      for (const bytes of [content, Buffer.alloc(0), Buffer.alloc(100_000, 7)]) {
        const signature = await readSignature(sign(key, bytes), keys);
        assert.ok(signature);
        assert.equal(signature.wanted.length, 1);
        const hashes = new ContentHashes(signature.wanted);
        for (let at = 0; at < bytes.length; at += 999) hashes.update(bytes.subarray(at, at + 999));
        assert.equal((await signature.judge(hashes.digests(), now))[0]?.kind, 'good');
      }
      for (let index = 0; index < content.length; index++) {
        assert.equal((await findingOf(sign(key), keys, flipped(content, index)))?.kind, 'bad');
      }
      assert.equal((await findingOf(sign(key), keys, Buffer.concat([content, content])))?.kind, 'bad');
    });

    test('by a key that is in no keyring: its number is told', async () => {
      const [key, other] = [new Ed25519Key(), new Ed25519Key()];
      const keyId = form === 'signify' ? key.usignId : key.minisignId;
      assert.deepEqual(await findingOf(sign(key), await trust(other.publicFile())), { kind: 'unknown', keyId });
    });

    test('by another key with the same number: bad', async () => {
      const [key, other] = [new Ed25519Key(), new Ed25519Key()];
      const keys = await trust(Buffer.from(key.publicLine));
      key.id.copy(other.id);
      assert.equal((await findingOf(sign(other), keys))?.kind, 'bad');
      // With both in the keyrings, the one that made it counts.
      const both = await trust(Buffer.from(key.publicLine), Buffer.from(other.publicLine));
      assert.equal((await findingOf(sign(other), both))?.kind, 'good');
      assert.equal((await findingOf(sign(key), both))?.kind, 'good');
    });

    test('no flipped bit is good, except in the unsigned comment', async () => {
      const key = new Ed25519Key();
      const keys = await trust(key.publicFile());
      const file = sign(key);
      const start = file.indexOf('\n') + 1;
      for (let index = start; index < file.length - 1; index++) {
        for (const mask of [1, 32]) {
          const finding = await findingOf(flipped(file, index, mask), keys);
          assert.notEqual(finding?.kind, 'good', `byte ${index}, bit ${mask}`);
        }
      }
    });

    test('a file that is cut short is not a signature', async () => {
      const key = new Ed25519Key();
      const keys = await trust(key.publicFile());
      const file = sign(key);
      for (let length = 0; length < file.length - 1; length++) {
        const finding = await findingOf(file.subarray(0, length), keys);
        // What is left of minisign's legacy form is all of signify's.
        const isWhole = form === 'minisign, legacy' && finding?.kind === 'good';
        assert.ok(finding === undefined || isWhole, `${length} bytes`);
      }
    });

    test('a line of megabytes is not looked at', async () => {
      const key = new Ed25519Key();
      const keys = await trust(key.publicFile());
      const [, ...lines] = sign(key).toString().split('\n');
      const long = ['untrusted comment: '.padEnd(2_000_000, 'x'), ...lines].join('\n');
      assert.equal(await findingOf(Buffer.from(long), keys), undefined);
    });
  });
}

test('a good signature names its key, and minisign its signed comment and time', async () => {
  const key = new Ed25519Key();
  const keys = await trust(key.publicFile('Release\u202e key'));
  const file = key.commented(content, 'timestamp:1767312000\tfile:image.raw\u001b[31m');
  const finding = await findingOf(file, keys);
  assert.deepEqual(finding, {
    kind: 'good',
    signer: {
      scheme: 'minisign',
      fingerprint: key.usignId,
      keyId: key.usignId,
      user: 'Release\\u202e key',
      created: new Date('2026-01-02T00:00:00Z'),
    },
    notice: "signed with the comment 'timestamp:1767312000\\tfile:image.raw\\x1b[31m'",
  });
  const verdict = await verifyDetached(content, file, [{ path: '/key', bytes: key.publicFile() }], now);
  assert.ok(verdict?.kind === 'good');
  assert.equal(verdict.signer.fingerprint, key.minisignId);
  assert.equal(verdict.notices.length, 1);
});

test('a trusted comment that was changed is refused by name', async () => {
  const key = new Ed25519Key();
  const keys = await trust(key.publicFile());
  const file = Buffer.from(key.minisign(content, 'image.raw').toString().replace('image.raw', 'other.raw'));
  assert.deepEqual(await findingOf(file, keys), {
    kind: 'unreliable',
    by: `key ${key.minisignId} (minisign public key ${key.minisignId})`,
    reason: 'but its trusted comment was changed after it was signed',
  });
});

test('S beside the order of the group makes no second signature of a good one', async () => {
  const key = new Ed25519Key();
  const keys = await trust(key.publicFile());
  const lines = key.signify(content).toString().split('\n');
  const bytes = Buffer.from(lines[1] ?? '', 'base64');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(bytes.subarray(42)).reverse().toString('hex')}`) + order;
  Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 42);
  const file = Buffer.from([lines[0], bytes.toString('base64'), ''].join('\n'));
  assert.equal((await findingOf(file, keys))?.kind, 'bad');
});

test('a key that is not a point of the curve, or is of small order, verifies nothing', async () => {
  const key = new Ed25519Key();
  const number = key.id;
  for (const point of [Buffer.alloc(32, 0xff), Buffer.alloc(32), Buffer.from([1, ...Array(31).fill(0)])]) {
    const line = Buffer.concat([Buffer.from('Ed'), number, point]).toString('base64');
    const keys = await trust(Buffer.from(line));
    // With A the neutral element, S = 0 and R the neutral element would be a signature of anything.
    const forged = Buffer.concat([Buffer.from('Ed'), number, Buffer.from([1]), Buffer.alloc(63)]).toString('base64');
    const file = Buffer.from(`untrusted comment: forged\n${forged}\n`);
    assert.equal((await findingOf(file, keys))?.kind, 'bad');
    assert.equal((await findingOf(key.signify(content), keys))?.kind, 'bad');
  }
});

describe('a message embedded in a signature of signify', () => {
  test('is the payload, and bad when it was changed', async () => {
    const key = new Ed25519Key();
    const keys = await trust(key.publicFile('publisher public key'));
    const file = Buffer.concat([key.signify(content), content]);
    assert.equal(isInlineSigned(file), true);
    const examined = await examineInline(file, keys, now);
    assert.deepEqual(examined?.payload, content);
    assert.equal(examined?.findings[0]?.kind, 'good');
    const changed = await examineInline(Buffer.from(file.toString().replace('image', 'imagf')), keys, now);
    assert.equal(changed?.findings[0]?.kind, 'bad');
  });

  test('a detached signature carries none, nor does a text that only begins like one', () => {
    const key = new Ed25519Key();
    const none = [
      key.signify(content),
      key.minisign(content, 'image.raw'),
      key.minisign(content, 'image.raw', false),
      Buffer.from('untrusted comment: x\n'),
      Buffer.from('untrusted comment: x\nnot base64\nrest\n'),
      Buffer.from(`untrusted comment: x\n${key.publicLine}\nrest\n`),
    ];
    for (const file of none) assert.equal(isInlineSigned(file), false, file.toString());
  });
});
