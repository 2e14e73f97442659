import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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

  test('a damaged key inside counts for nothing, and is told as unknown', async (t) => {
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

/** The packets in the forms that gpg writes (RFC 9580 §4.2). */
function packetsOf(bytes: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    assert.equal(first & 0xc0, 0x80, 'an old header');
    const size = [1, 2, 4][first & 3] ?? 0;
    const start = at + 1 + size;
    const end = start + bytes.readUIntBE(at + 1, size);
    packets.push({ tag: (first >> 2) & 15, bytes: bytes.subarray(at, end), body: bytes.subarray(start, end) });
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
