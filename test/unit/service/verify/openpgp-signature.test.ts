import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  createMessage,
  enums,
  generateKey,
  type Key,
  PacketList,
  type PrivateKey,
  SignaturePacket,
  sign as signMessage,
} from 'openpgp';
import { ContentHashes, type DetachedSignature, judgeContent } from '../../../../service/verify/detached.js';
import { readSignature } from '../../../../service/verify/scheme.js';
import { readTrustedKeys, type TrustedKeys } from '../../../../service/verify/trusted-keys.js';
import { hashNotSupported } from '../../../support/texts/verification.js';

// Detached OpenPGP signatures of content that never is in memory as a whole.

const made = new Date('2026-01-02T00:00:00Z');
const now = new Date('2026-01-03T00:00:00Z');
const content = Buffer.from('first line\nsecond line\r\nthird\r\r\nlast without end');

const kinds = [
  ['version 4, EdDSA', { type: 'ecc', curve: 'ed25519Legacy' }],
  ['version 4, RSA', { type: 'rsa', rsaBits: 2048 }],
  ['version 4, ECDSA on P-256', { type: 'ecc', curve: 'nistP256' }],
  ['version 4, ECDSA on P-521', { type: 'ecc', curve: 'nistP521' }],
  ['version 6, Ed25519', { type: 'curve25519', config: { v6Keys: true } }],
  ['version 6, Ed448', { type: 'curve448', config: { v6Keys: true } }],
] as const;

async function makeKey(options: (typeof kinds)[number][1]): Promise<PrivateKey> {
  const { privateKey } = await generateKey({
    ...options,
    userIDs: [{ name: 'Signer', email: 'signer@example.com' }],
    date: made,
    format: 'object',
  });
  return privateKey;
}

async function detached(key: PrivateKey, bytes: Buffer, version6 = false): Promise<Buffer> {
  const message = await createMessage({ binary: new Uint8Array(bytes) });
  const options = { message, signingKeys: key, detached: true, format: 'binary', date: now } as const;
  return Buffer.from(await signMessage(version6 ? { ...options, config: { v6Keys: true } } : options));
}

/** What OpenPGP.js has and does not declare. */
interface Signing {
  sign(key: unknown, data: unknown, date: Date, detached: boolean, config: object): Promise<void>;
}

/** A signature of a type, by a digest, that OpenPGP.js does not make by itself. */
async function special(key: Key, bytes: Buffer, changes: object): Promise<Buffer> {
  const packet = new SignaturePacket();
  const publicKeyAlgorithm = key.keyPacket.algorithm;
  const usual = { signatureType: enums.signature.binary, hashAlgorithm: enums.hash.sha512, publicKeyAlgorithm };
  Object.assign(packet, usual, changes);
  const data = { text: null, getBytes: () => bytes };
  await (packet as unknown as Signing).sign(key.keyPacket, data, now, true, {});
  const list = new PacketList<SignaturePacket>();
  list.push(packet);
  return Buffer.from(list.write() as Uint8Array);
}

async function trust(...keys: readonly Key[]): Promise<TrustedKeys> {
  const bytes = Buffer.concat(keys.map((key) => key.toPublic().write()));
  return readTrustedKeys([{ path: 'ring', bytes }]);
}

async function read(file: Buffer, keys: TrustedKeys): Promise<DetachedSignature> {
  const signature = await readSignature(file, keys);
  assert.ok(signature);
  return signature;
}

/** Hashes the content as a download does, in pieces of `size` bytes. */
function hashInPieces(signature: DetachedSignature, bytes: Buffer, size: number): Buffer[] {
  const hashes = new ContentHashes(signature.wanted);
  for (let at = 0; at < bytes.length; at += size) hashes.update(bytes.subarray(at, at + size));
  return hashes.digests();
}

describe('OpenPGP signatures of streamed content', () => {
  for (const [what, options] of kinds) {
    test(`${what}: good in pieces of any size, bad with a flipped bit`, async () => {
      const key = await makeKey(options);
      const keys = await trust(key);
      const file = await detached(key, content, 'config' in options);
      for (const size of [1, 7, 1000]) {
        const signature = await read(file, keys);
        assert.equal(signature.scheme, 'openpgp');
        assert.equal(signature.wanted.length, 1);
        const [finding, ...rest] = await signature.judge(hashInPieces(signature, content, size), now);
        assert.deepEqual(rest, []);
        assert.ok(finding?.kind === 'good', JSON.stringify(finding));
        assert.equal(finding.signer.fingerprint, key.getFingerprint().toUpperCase());
        assert.equal(finding.signer.scheme, 'openpgp');
      }
      for (const at of [0, content.length - 1]) {
        const changed = Buffer.from(content);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const signature = await read(file, keys);
        const findings = await signature.judge(hashInPieces(signature, changed, 7), now);
        assert.deepEqual(
          findings.map(({ kind }) => kind),
          ['bad'],
        );
      }
    });
  }

  describe('by one key', () => {
    let key: PrivateKey;
    let keys: TrustedKeys;
    before(async () => {
      key = await makeKey(kinds[0][1]);
      keys = await trust(key);
    });

    test('of text: line ends are hashed as CR LF, wherever the pieces part them', async () => {
      const file = await special(key, Buffer.from(content.toString().replaceAll(/\r?\n/g, '\r\n')), {
        signatureType: enums.signature.text,
      });
      for (const size of [1, 2, 3, 1000]) {
        const signature = await read(file, keys);
        const [finding] = await signature.judge(hashInPieces(signature, content, size), now);
        assert.equal(finding?.kind, 'good', `pieces of ${size}`);
      }
      const other = Buffer.from(content.toString().replace('third\r', 'third'));
      assert.equal((await judgeContent(await read(file, keys), other, now))[0]?.kind, 'bad');
    });

    test('signatures over the same digest share one hash, and an unknown key needs none', async () => {
      const stranger = await makeKey(kinds[0][1]);
      const [first, second] = [await detached(key, content), await detached(key, content)];
      const file = Buffer.concat([first, await detached(stranger, content), second]);
      const signature = await read(file, keys);
      assert.deepEqual(
        signature.wanted.map(({ algorithm, isText }) => [algorithm, isText]),
        [
          ['sha512', false],
          ['sha512', false],
        ],
      );
      const findings = await signature.judge(hashInPieces(signature, content, 7), now);
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        ['good', 'unknown', 'good'],
      );
      const unknown = await read(await detached(stranger, content), keys);
      assert.deepEqual(unknown.wanted, []);
      assert.deepEqual(await unknown.judge([], now), [
        { kind: 'unknown', keyId: stranger.getKeyID().toHex().toUpperCase() },
      ]);
    });

    test('of a file of many signatures only the first ones are judged', async () => {
      const one = await detached(key, content);
      const findings = await judgeContent(await read(Buffer.concat(Array(100).fill(one)), keys), content, now);
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        Array(64).fill('good'),
      );
    });

    test('an empty file can be signed', async () => {
      const signature = await read(await detached(key, Buffer.alloc(0)), keys);
      assert.equal((await signature.judge(hashInPieces(signature, Buffer.alloc(0), 1), now))[0]?.kind, 'good');
    });

    test('a hash that nobody knows is told as such', async () => {
      const file = await detached(key, content);
      // After the packet's header of two bytes come version, type and two algorithms.
      file[5] = 77;
      const signature = await read(file, keys);
      const [finding] = await signature.judge([], now);
      assert.ok(finding?.kind === 'unreliable');
      assert.equal(finding.reason, hashNotSupported);
    });
  });

  describe('version 6', () => {
    test('a salt of the wrong length is rejected, and of a file with many salts 16 are hashed', async () => {
      const key = await makeKey(kinds[4][1]);
      const keys = await trust(key);
      const one = await detached(key, content, true);
      const many: Buffer[] = [];
      for (let count = 0; count < 18; count++) many.push(await detached(key, content, true));
      const signature = await read(Buffer.concat(many), keys);
      assert.equal(signature.wanted.length, 16);
      const findings = await signature.judge(hashInPieces(signature, content, 1000), now);
      const reasons = findings.map((finding) => (finding.kind === 'unreliable' ? finding.reason : finding.kind));
      assert.deepEqual(reasons.slice(0, 16), Array(16).fill('good'));
      assert.deepEqual(reasons.slice(16), Array(2).fill('but its file has more than 16 different signatures'));
      // A hash of SHA-512 wants 32 bytes of salt; another digest wants others.
      const header = one[1] !== undefined && one[1] < 192 ? 2 : 3;
      one[header + 3] = enums.hash.sha256;
      const [finding] = await (await read(one, keys)).judge([], now);
      assert.ok(finding?.kind === 'unreliable');
      assert.equal(finding.reason, 'but with a salt of the wrong length');
    });
  });
});
