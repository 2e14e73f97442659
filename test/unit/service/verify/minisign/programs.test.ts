import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { verifyDetached, verifyInline } from '../../../../../service/verify/signature.js';
import { Ed25519Key } from '../../../../support/catalogues/ed25519.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

// The programs and Ferry decide on the same bytes.

const content = Buffer.from('ed2d1c1f  image.raw\n');
const now = new Date('2026-01-03T00:00:00Z');

/** A directory with files, in which programs run. */
class Room {
  readonly directory: string;

  constructor(t: TestContext) {
    this.directory = temporaryDirectory(t).path;
  }

  write(name: string, bytes: Buffer): void {
    writeFileSync(join(this.directory, name), bytes);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.directory, name));
  }

  run(program: string, ...parameters: readonly string[]): void {
    execFileSync(program, parameters, { cwd: this.directory, stdio: 'pipe' });
  }

  /** Whether the program takes a signature for one of the content. */
  accepts(scheme: Scheme, key: Buffer, bytes: Buffer, signature: Buffer): boolean {
    this.write('content', bytes);
    this.write('key.pub', key);
    this.write('signature', signature);
    const [program, ...parameters] = schemes[scheme].verify;
    return spawnSync(program, parameters, { cwd: this.directory, stdio: 'ignore' }).status === 0;
  }
}

type Scheme = 'minisign' | 'minisign, legacy' | 'signify';

interface Commands {
  readonly verify: readonly [program: string, ...string[]];
  readonly sign: readonly string[];
  readonly make: readonly string[];
}

const verifyMinisign = ['minisign', '-V', '-q', '-m', 'content', '-p', 'key.pub', '-x', 'signature'] as const;
const signMinisign = ['-S', '-s', 'key.sec', '-m', 'content', '-x', 'signature', '-t', 'for the test'];
const schemes: Readonly<Record<Scheme, Commands>> = {
  minisign: { verify: verifyMinisign, sign: signMinisign, make: ['-G', '-W', '-p', 'key.pub', '-s', 'key.sec'] },
  'minisign, legacy': {
    verify: verifyMinisign,
    sign: [...signMinisign, '-l'],
    make: ['-G', '-W', '-p', 'key.pub', '-s', 'key.sec'],
  },
  signify: {
    verify: ['signify-openbsd', '-V', '-q', '-m', 'content', '-p', 'key.pub', '-x', 'signature'],
    sign: ['-S', '-s', 'key.sec', '-m', 'content', '-x', 'signature'],
    make: ['-G', '-n', '-p', 'key.pub', '-s', 'key.sec'],
  },
};

async function weAccept(key: Buffer, bytes: Buffer, signature: Buffer): Promise<boolean> {
  const verdict = await verifyDetached(bytes, signature, [{ path: '/key', bytes: key }], now);
  return verdict?.kind === 'good';
}

function flipped(bytes: Buffer, index: number, mask: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ mask;
  return changed;
}

/** Bytes spoilt in many ways: what becomes of each is decided by both. */
function spoilt(bytes: Buffer): Buffer[] {
  const flips = Array.from(bytes.keys()).flatMap((index) => [flipped(bytes, index, 1), flipped(bytes, index, 0x20)]);
  const cuts = [1, 2, 30, 60, 90].map((count) => bytes.subarray(0, Math.max(0, bytes.length - count)));
  return [...flips, ...cuts, Buffer.alloc(0), Buffer.concat([bytes, Buffer.from('more\n')])];
}

for (const [scheme, { verify, sign, make }] of Object.entries(schemes)) {
  const [program] = verify;
  describe(`${scheme}, decided by us and by ${program}`, () => {
    const name = scheme as Scheme;

    test('a signature by the program, and what is spoilt of it', async (t) => {
      if (!needs(t, { programs: [program] })) return;
      const room = new Room(t);
      room.run(program, ...make);
      const key = room.read('key.pub');
      for (const bytes of [content, Buffer.alloc(0), Buffer.alloc(3_000_000, 5)]) {
        room.write('content', bytes);
        room.run(program, ...sign);
        assert.equal(await weAccept(key, bytes, room.read('signature')), true);
      }
      room.write('content', content);
      room.run(program, ...sign);
      const signature = room.read('signature');
      assert.equal(await weAccept(key, flipped(content, 3, 1), signature), false);
      assert.equal(room.accepts(name, key, flipped(content, 3, 1), signature), false);
      let accepted = 0;
      for (const changed of spoilt(signature)) {
        const [ours, theirs] = [await weAccept(key, content, changed), room.accepts(name, key, content, changed)];
        // What the program refuses, Ferry never takes.
        if (ours) accepted++;
        assert.ok(theirs || !ours, JSON.stringify(changed.toString('latin1')));
      }
      // Flips in the unsigned comment.
      assert.ok(accepted > 0);
    });

    test('a signature by the tests themselves', async (t) => {
      if (!needs(t, { programs: [program] })) return;
      const room = new Room(t);
      const [one, other] = [new Ed25519Key(), new Ed25519Key()];
      const make = (key: Ed25519Key) =>
        name === 'signify' ? key.signify(content) : key.minisign(content, 'content', name === 'minisign');
      const key = one.publicFile(name === 'signify' ? 'test public key' : undefined);
      assert.equal(room.accepts(name, key, content, make(one)), true);
      assert.equal(await weAccept(key, content, make(one)), true);
      assert.equal(room.accepts(name, key, content, make(other)), false);
      assert.equal(await weAccept(key, content, make(other)), false);
      // Of several signatures in a file the first counts. To Ferry, what follows one of signify is a message embedded in it.
      const both = [Buffer.concat([make(one), make(other)]), Buffer.concat([make(other), make(one)])] as const;
      assert.deepEqual(
        [room.accepts(name, key, content, both[0]), room.accepts(name, key, content, both[1])],
        [true, false],
      );
      assert.deepEqual(
        [await weAccept(key, content, both[0]), await weAccept(key, content, both[1])],
        [name !== 'signify', false],
      );
    });
  });
}

test('signify -S -e: the message that signify takes out is the payload', async (t) => {
  if (!needs(t, { programs: ['signify-openbsd'] })) return;
  const room = new Room(t);
  room.run('signify-openbsd', ...schemes.signify.make);
  room.write('content', content);
  room.run('signify-openbsd', ...schemes.signify.sign, '-e');
  const keyrings = [{ path: '/key', bytes: room.read('key.pub') }];
  const file = room.read('signature');
  const verdict = await verifyInline(file, keyrings, now);
  assert.equal(verdict?.kind, 'good');
  assert.deepEqual(verdict?.payload, content);
  room.run('signify-openbsd', '-V', '-e', '-q', '-p', 'key.pub', '-x', 'signature', '-m', 'out');
  assert.deepEqual(room.read('out'), content);
  for (let index = 0; index < file.length; index++) {
    const changed = flipped(file, index, 1);
    const ours = (await verifyInline(changed, keyrings, now))?.kind === 'good';
    room.write('signature', changed);
    const { status } = spawnSync(
      'signify-openbsd',
      ['-V', '-e', '-q', '-p', 'key.pub', '-x', 'signature', '-m', 'out'],
      {
        cwd: room.directory,
        stdio: 'ignore',
      },
    );
    assert.ok(status === 0 || !ours, `byte ${index}`);
  }
});
