import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, shell } from '../support/command.js';
import { seededRandom } from '../support/random.js';
import { KeyRoom } from '../support/servers/keys.js';
import { makeRelease } from '../support/servers/release.js';

// node material.js DIRECTORY: writes what hosts.test.ts pulls and imports, with programs that minimal roots lack.
const [directory = ''] = process.argv.slice(2);
if (directory === '') throw new Error('material.js needs a directory');

makeTree();
makeDisks();
sign();

/** A tree, to compare with, and an archive of it in each compression. */
function makeTree(): void {
  const release = makeRelease(directory);
  const large = join(release.tree, 'usr', 'large');
  writeFileSync(large, generate(1 << 20));
  const tar = join(release.path, 'tiny.tar');
  run('tar', ['--create', '--format=posix', '--sort=name', '--numeric-owner', '-C', release.tree, '-f', tar, '.']);
  shell('cd "$1"; gzip -kf tiny.tar; xz -kf -T2 --block-size=1MiB tiny.tar; zstd -qkf tiny.tar; bzip2 -kf tiny.tar', [
    release.path,
  ]);
}

/** A disk as qcow2 with clusters of each compression. */
function makeDisks(): void {
  const served = join(directory, 'served');
  const raw = join(directory, 'disk.raw');
  mkdirSync(served, { recursive: true });
  const content = generate(1 << 18);
  writeFileSync(raw, Buffer.concat([content, Buffer.alloc(5 << 20), content]));
  for (const kind of ['zlib', 'zstd']) {
    const options = ['-c', '-o', `compression_type=${kind}`, '-f', 'raw', '-O', 'qcow2'];
    run('qemu-img', ['convert', ...options, raw, join(served, `${kind}.qcow2`)]);
  }
}

/** Bytes that compress by half, and never repeat. */
function generate(length: number): Buffer {
  const random = seededRandom(length);
  return Buffer.from(Array.from({ length }, () => random(16) + 0x40));
}

function sign(): void {
  using room = new KeyRoom();
  const key = room.createKey('Publisher <publisher@example.org>');
  const served = join(directory, 'served');
  const sums = shell('cd "$1"; sha256sum *.tar* *.qcow2 | tee SHA256SUMS', [served]);
  writeFileSync(join(served, 'SHA256SUMS.gpg'), room.sign(key, sums));
  writeFileSync(join(directory, 'keyring.gpg'), room.export([key]));
}
