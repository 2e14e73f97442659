import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { enums, generateKey, type PrivateKey, SignaturePacket } from 'openpgp';
import { judgeContent } from '../../../../service/verify/detached.js';
import { readSignature } from '../../../../service/verify/scheme.js';
import { verifyDetached, verifyInline } from '../../../../service/verify/signature.js';
import { readTrustedKeys } from '../../../../service/verify/trusted-keys.js';
import { attempt } from '../../../support/command.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { beforeKeyWasMade, hashCanBeForged, isNotOfFile } from '../../../support/texts/verification.js';

// Signatures of version 3, which the build service of openSUSE writes. OpenPGP.js neither makes nor reads them.

const made = new Date('2026-01-02T00:00:00Z');
const now = new Date('2026-01-03T00:00:00Z');
const content = Buffer.from(`${'0'.repeat(64)}  image.raw\n`);

/** What OpenPGP.js has and does not declare. */
interface Signing {
  toHash(): Uint8Array;
  sign(key: unknown, data: unknown, date: Date, detached: boolean, config: object): Promise<void>;
  writeParams(): Promise<Uint8Array> | Uint8Array;
}

interface Options {
  readonly type?: number;
  readonly created?: Date;
  readonly hashAlgorithm?: enums.hash;
}

async function sign3(key: PrivateKey, signed: Buffer, options: Options = {}): Promise<Buffer> {
  const { type = enums.signature.binary, created = now, hashAlgorithm = enums.hash.sha512 } = options;
  const time = Buffer.alloc(4);
  time.writeUInt32BE(created.getTime() / 1000);
  const hashed = Buffer.concat([Buffer.of(type), time]);
  const packet = new SignaturePacket();
  const { algorithm } = key.keyPacket;
  Object.assign(packet, { signatureType: type, hashAlgorithm, publicKeyAlgorithm: algorithm });
  const signing = packet as unknown as Signing;
  signing.toHash = () => Buffer.concat([signed, hashed]);
  await signing.sign(key.keyPacket, {}, created, true, {});
  const [digest = Buffer.alloc(0), numbers] = [packet.signedHashValue ?? undefined, await signing.writeParams()];
  const keyId = Buffer.from(key.getKeyID().toHex(), 'hex');
  const body = Buffer.concat([Buffer.of(3, 5), hashed, keyId, Buffer.of(algorithm, hashAlgorithm), digest, numbers]);
  const header = Buffer.of(0x89, 0, 0);
  header.writeUInt16BE(body.length, 1);
  return Buffer.concat([header, body]);
}

describe('OpenPGP signatures of version 3', () => {
  let key: PrivateKey;
  let keyring: { path: string; bytes: Buffer };

  before(async () => {
    const { privateKey } = await generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'Signer' }],
      date: made,
      format: 'object',
    });
    key = privateKey;
    keyring = { path: 'ring', bytes: Buffer.from(key.toPublic().write()) };
  });

  async function verdict(signature: Buffer, payload = content, at = now): Promise<object | undefined> {
    return await verifyDetached(payload, signature, [keyring], at);
  }

  test('are good, as gpgv says', async (t) => {
    const signature = await sign3(key, content);
    const found = await readSignature(signature, await readTrustedKeys([keyring]));
    const [finding] = found ? await judgeContent(found, content, now) : [];
    assert.ok(finding?.kind === 'good', JSON.stringify(finding));
    assert.equal(finding.signer.fingerprint, key.getFingerprint().toUpperCase());
    assert.deepEqual(finding.signer.created, now);
    if (!needs(t, { programs: ['gpgv'] })) return;
    const place = temporaryDirectory(t);
    const files = { ring: keyring.bytes, signature, content };
    for (const [name, bytes] of Object.entries(files)) writeFileSync(place.file(name), bytes);
    const outcome = attempt('gpgv', [
      '--homedir',
      place.path,
      '--keyring',
      place.file('ring'),
      place.file('signature'),
      place.file('content'),
    ]);
    assert.equal(outcome.status, 0, outcome.stderr);
  });

  test('of text are over lines that end in CR LF', async () => {
    const text = Buffer.from(content.toString().replaceAll('\n', '\r\n'));
    assert.equal(
      ((await verdict(await sign3(key, text, { type: enums.signature.text }))) as { kind: string }).kind,
      'good',
    );
  });

  test('are bad with a flipped bit in the content, the digest, the time or the number', async () => {
    const signature = await sign3(key, content);
    const changed = Buffer.from(content);
    changed[0] = (changed[0] ?? 0) ^ 1;
    assert.deepEqual(await verdict(signature, changed), { kind: 'bad', by: by() });
    for (const at of [3 + 6, 3 + 17, signature.length - 1]) {
      const spoilt = Buffer.from(signature);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      assert.deepEqual(await verdict(spoilt), { kind: 'bad', by: by() }, `byte ${at}`);
    }
  });

  function by(): string {
    return `key ${key.getKeyID().toHex().toUpperCase()} (Signer)`;
  }

  test('are judged by the same rules as newer ones: hash, time, kind, key', async () => {
    const weak = await verdict(await sign3(key, content, { hashAlgorithm: enums.hash.sha1 }));
    assert.deepEqual(weak, { kind: 'unreliable', by: by(), reason: hashCanBeForged('SHA1') });
    const early = await verdict(await sign3(key, content, { created: new Date('2026-01-01T00:00:00Z') }));
    assert.deepEqual(early, { kind: 'unreliable', by: by(), reason: beforeKeyWasMade });
    const ofKey = await verdict(await sign3(key, content, { type: enums.signature.certGeneric }));
    assert.deepEqual(ofKey, { kind: 'unreliable', by: by(), reason: isNotOfFile });
    const { privateKey } = await generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'Other' }],
      format: 'object',
    });
    const keyId = privateKey.getKeyID().toHex().toUpperCase();
    assert.deepEqual(await verdict(await sign3(privateKey, content)), { kind: 'unknown', keyIds: [keyId] });
  });

  test('that are cut short or too long hold no signature', async () => {
    const signature = await sign3(key, content);
    for (const length of [1, 3, 10, 3 + 18, 3 + 19, signature.length - 1]) {
      const cut = Buffer.from(signature.subarray(0, length));
      if (length >= 3) cut.writeUInt16BE(length - 3, 1);
      assert.equal(await verdict(cut), undefined, `${length} bytes`);
    }
    const odd = Buffer.from(signature);
    odd[4] = 6;
    assert.equal(await verdict(odd), undefined);
  });

  test('count in a clear-signed text, too', async () => {
    const text = content.toString().replace(/\n$/, '');
    const signature = await sign3(key, Buffer.from(text), { type: enums.signature.text });
    const armored = `-----BEGIN PGP SIGNATURE-----\n\n${signature.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END PGP SIGNATURE-----\n`;
    const file = Buffer.from(`-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}\n${armored}`);
    const found = await verifyInline(file, [keyring], now);
    assert.equal(found?.kind, 'good');
    assert.equal(found.payload.toString(), text);
  });
});
