import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  createMessage,
  generateKey,
  type Key,
  readPrivateKey,
  revokeKey,
  type SecretKeyPacket,
  sign as signMessage,
} from 'openpgp';
import { type SignatureVerdict, verifyDetached, verifyInline } from '../../../../service/verify/signature.js';
import { lacking, needs } from '../../../support/needs.js';
import { KeyRoom, type TestKey } from '../../../support/servers/keys.js';

// Signatures that carry the key that made them (gpg --include-key-block), for keyrings older than their subkey.

const payload = 'ed2d1c1f  image.raw\n';
const now = new Date(Date.now() + 60_000);
const needed = { programs: ['gpg', 'gpgv', 'gpgconf'] };

describe('a signature with its key inside', () => {
  let room: KeyRoom;
  before(() => {
    if (lacking(needed) === undefined) room = new KeyRoom();
  });
  after(() => {
    if (lacking(needed) === undefined) room[Symbol.dispose]();
  });

  /** A key, the keyring as it was before, and its signing subkey. */
  function publisher(name: string, expires = 'never', at?: string): { key: TestKey; ring: Buffer; subkey: string } {
    const key = room.createKey(`${name} <${name}@example.com>`, 'ed25519', expires, at);
    const ring = room.export([key]);
    return { key, ring, subkey: room.addSubkey(key) };
  }

  function sign(fingerprint: string, options: readonly string[] = [], command = '--detach-sign'): Buffer {
    return room.gpg(
      ['--include-key-block', '--local-user', `${fingerprint}!`, ...options, command],
      Buffer.from(payload),
    );
  }

  /** Without the key inside. */
  function signPlainly(fingerprint: string): Buffer {
    return room.gpg(['--local-user', `${fingerprint}!`, '--detach-sign'], Buffer.from(payload));
  }

  function judge(ring: Buffer, signature: Buffer, text = payload): Promise<SignatureVerdict | undefined> {
    return verifyDetached(Buffer.from(text), signature, [{ path: 'ring', bytes: ring }], now);
  }

  /** What gpg says with the ring alone, taking keys from signatures: its exit code. */
  function gpgSays(ring: Buffer, signature: Buffer, text = payload): number {
    using other = new KeyRoom();
    other.gpg(['--import'], ring);
    return other.verify(signature, text, ['--auto-key-import']);
  }

  test('by a subkey that the keyring lacks: good, as gpg says', async (t) => {
    if (!needs(t, needed)) return;
    const { key, ring, subkey } = publisher('subkey');
    const signature = sign(subkey);
    assert.equal((await judge(ring, room.sign(key, payload)))?.kind, 'unknown', 'without the key inside');
    const verdict = await judge(ring, signature);
    assert.ok(verdict?.kind === 'good', JSON.stringify(verdict));
    assert.equal(verdict.signer.fingerprint, key.fingerprint);
    assert.equal(verdict.signer.keyId, subkey.slice(-16));
    assert.equal(gpgSays(ring, signature), 0);
    assert.equal((await judge(ring, signature, 'changed\n'))?.kind, 'bad');
    assert.equal(gpgSays(ring, signature, 'changed\n'), 1);
  });

  test('clear-signed: good, as gpg says', async (t) => {
    if (!needs(t, needed)) return;
    const { ring, subkey } = publisher('clear');
    const file = sign(subkey, [], '--clear-sign');
    const verdict = await verifyInline(file, [{ path: 'ring', bytes: ring }], now);
    assert.equal(verdict?.kind, 'good');
    assert.equal(verdict?.payload.toString().trim(), payload.trim());
  });

  test('of a key that is in no keyring: unknown', async (t) => {
    if (!needs(t, needed)) return;
    const [{ subkey }, { ring }] = [publisher('stranger'), publisher('trusted')];
    const verdict = await judge(ring, sign(subkey));
    assert.deepEqual(verdict, { kind: 'unknown', keyIds: [subkey.slice(-16)] });
  });

  test('of a key that the keyring knows as revoked, or as expired: refused', async (t) => {
    if (!needs(t, needed)) return;
    const revoked = publisher('revoked');
    const signature = sign(revoked.subkey);
    room.revoke(revoked.key);
    const verdict = await judge(room.export([revoked.key]), signature);
    assert.ok(verdict?.kind === 'unreliable');
    assert.match(verdict.reason, /^which was revoked on /);

    const expired = publisher('expired', '20200201T000000', '20200101T000000');
    // Prolonged since, of which the keyring knows nothing.
    room.gpg(['--quick-set-expire', expired.key.fingerprint, '20980101T000000']);
    const late = await judge(expired.ring, sign(expired.subkey));
    assert.ok(late?.kind === 'unreliable', JSON.stringify(late));
    assert.equal(late.reason, 'which expired on 2020-02-01');
  });

  test('by a subkey that has expired, or that was revoked since: refused', async (t) => {
    if (!needs(t, needed)) return;
    const key = room.createKey('Old <old@example.com>', 'ed25519', 'never', '20200101T000000');
    const ring = room.export([key]);
    const subkey = room.addSubkey(key, 'ed25519', '20200201T000000', '20200101T000000');
    const verdict = await judge(ring, sign(subkey, ['--faked-system-time', '20200115T000000']));
    assert.ok(verdict?.kind === 'unreliable', JSON.stringify(verdict));
    assert.equal(verdict.reason, 'which expired on 2020-02-01');
  });

  test('by a subkey that the keyring knows as expired, prolonged since: good, as gpg says', async (t) => {
    if (!needs(t, needed)) return;
    const key = room.createKey('Prolonged <prolonged@example.com>', 'ed25519', 'never', '20200101T000000');
    const subkey = room.addSubkey(key, 'ed25519', '20200201T000000', '20200101T000000');
    const ring = room.export([key]);
    room.gpg(['--quick-set-expire', key.fingerprint, '20980101T000000', subkey]);
    const verdict = await judge(ring, sign(subkey));
    assert.equal(verdict?.kind, 'good', JSON.stringify(verdict));
    assert.equal(gpgSays(ring, sign(subkey)), 0);
  });

  test('by a subkey, or with a key, that was revoked in the keyring or in what is carried: refused', async (t) => {
    if (!needs(t, needed)) return;
    const { privateKey } = await generateKey({
      type: 'ecc',
      curve: 'ed25519Legacy',
      userIDs: [{ name: 'Signer' }],
      subkeys: [{ sign: true }],
      format: 'object',
    });
    const whole = privateKey.toPublic();
    const [subkey] = privateKey.subkeys;
    assert.ok(subkey);
    const message = await createMessage({ binary: new Uint8Array(Buffer.from(payload)) });
    const detached = { message, signingKeys: privateKey, detached: true, format: 'binary' } as const;
    const signature = Buffer.from(await signMessage(detached));
    const withRevokedSubkey = await readPrivateKey({ binaryKey: privateKey.write() });
    withRevokedSubkey.subkeys = [await subkey.revoke(privateKey.keyPacket as SecretKeyPacket)];
    const { publicKey: revoked } = await revokeKey({ key: privateKey, format: 'object' });
    const carry = (key: Key) => withKeyBlock(signature, Buffer.from(key.write()));
    const without = privateKey.toPublic();
    without.subkeys = [];
    const bytesOf = (key: Key) => Buffer.from(key.toPublic().write());
    assert.equal((await judge(bytesOf(without), carry(whole)))?.kind, 'good');
    for (const [ring, carried] of [
      [withRevokedSubkey, whole],
      [without, withRevokedSubkey.toPublic()],
      [revoked, whole],
      [without, revoked],
    ] as const) {
      const verdict = await judge(bytesOf(ring), carry(carried));
      assert.ok(verdict?.kind === 'unreliable', JSON.stringify(verdict));
      assert.match(verdict.reason, /^which was revoked on /);
    }
  });

  test('with a subkey of another key put under a trusted one: refused', async (t) => {
    if (!needs(t, needed)) return;
    const [trusted, stranger] = [publisher('victim'), publisher('attacker')];
    // The trusted primary key and user ID, with the stranger's subkey and its binding.
    const signature = signPlainly(stranger.subkey);
    const theirs = packetsOf(room.export([stranger.key]));
    const at = theirs.findIndex(({ tag }) => tag === 14);
    const subkeyPackets = theirs.slice(at).map(({ bytes }) => bytes);
    const block = Buffer.concat([trusted.ring, ...subkeyPackets]);
    const verdict = await judge(trusted.ring, withKeyBlock(signature, block));
    assert.ok(verdict?.kind === 'unreliable', JSON.stringify(verdict));
    assert.match(verdict.reason, /^which cannot be used /);
  });

  test('a damaged key inside is ignored: the signer is unknown', async (t) => {
    if (!needs(t, needed)) return;
    const { key, ring, subkey } = publisher('damaged');
    const signature = signPlainly(subkey);
    for (const block of [Buffer.alloc(0), Buffer.from('rubbish'), ring.subarray(0, 20), Buffer.alloc(60_000, 0x99)]) {
      assert.equal((await judge(ring, withKeyBlock(signature, block)))?.kind, 'unknown');
    }
    assert.equal((await judge(ring, withKeyBlock(signature, room.export([key]))))?.kind, 'good');
  });

  test('no flipped byte of the key inside makes another signer of it', async (t) => {
    if (!needs(t, needed)) return;
    const { key, ring, subkey } = publisher('flips');
    const signature = sign(subkey);
    for (let index = 0; index < signature.length; index++) {
      const changed = Buffer.from(signature);
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      const verdict = await judge(ring, changed);
      if (verdict?.kind === 'good') assert.equal(verdict.signer.fingerprint, key.fingerprint);
      const other = await judge(ring, changed, 'changed\n');
      assert.notEqual(other?.kind, 'good');
    }
  });
});

interface Packet {
  readonly tag: number;
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** The packets in the forms that gpg and OpenPGP.js write (RFC 9580 §4.2). */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const isNew = (first & 0x40) !== 0;
    const second = bytes[at + 1] ?? 0;
    assert.ok(!isNew || second < 224);
    const size = isNew ? (second < 192 ? 1 : 2) : ([1, 2, 4][first & 3] ?? 0);
    const length = bytes.readUIntBE(at + 1, size) - (isNew && size === 2 ? 0xc000 - 192 : 0);
    const start = at + 1 + size;
    const end = start + length;
    packets.push({
      tag: isNew ? first & 63 : (first >> 2) & 15,
      bytes: bytes.subarray(at, end),
      body: bytes.subarray(start, end),
    });
    at = end;
  }
  return packets;
}

/** A signature packet of version 4 with other unhashed subpackets: the issuer's key ID, and a key block. */
function withKeyBlock(signature: Buffer, block: Buffer): Buffer {
  const body = packetsOf(signature)[0]?.body ?? Buffer.alloc(0);
  const unhashed = 6 + body.readUInt16BE(4);
  const rest = body.subarray(unhashed + 2 + body.readUInt16BE(unhashed));
  const subpacket = Buffer.concat([Buffer.from([255, 0, 0, 0, 0, 38, 0]), block]);
  subpacket.writeUInt32BE(block.length + 2, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(subpacket.length);
  const changed = Buffer.concat([body.subarray(0, unhashed), length, subpacket, rest]);
  const header = Buffer.from([0x8a, 0, 0, 0, 0]);
  header.writeUInt32BE(changed.length, 1);
  return Buffer.concat([header, changed]);
}
