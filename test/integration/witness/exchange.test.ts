import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openDecoder } from '../../../service/formats/compression/decoder.js';
import { openEncoder } from '../../../service/formats/compression/encoder.js';
import { packTree } from '../../../service/formats/tar/pack/pack.js';
import { extractTree } from '../../../service/formats/tar/unpack/extract.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { temporaryDirectory } from '../../support/temporary.js';

const folder = projectFile('test', 'witness');

/** The packages of test/witness, installed when they are first needed. Throws what npm says when that fails. */
function witnesses(): NodeJS.Require {
  const require = createRequire(join(folder, 'package.json'));
  try {
    require.resolve('compressjs');
  } catch {
    // --force: simple-zstd asks for a newer Node than it needs.
    const npm = spawnSync('npm', ['ci', '--force', '--silent'], { cwd: folder, encoding: 'utf8' });
    assert.equal(npm.status, 0, npm.stderr);
  }
  return require;
}

function readAll(bytes: Buffer): Buffer {
  let position = 0;
  const source = {
    read(buffer: Buffer, offset: number, length: number): number {
      const count = bytes.copy(buffer, offset, position, position + length);
      position += count;
      return count;
    },
  };
  using decoder = openDecoder(source);
  const parts: Buffer[] = [];
  const block = Buffer.alloc(1 << 16);
  for (let count = decoder.read(block, 0, block.length); count > 0; count = decoder.read(block, 0, block.length)) {
    parts.push(Buffer.from(block.subarray(0, count)));
  }
  return Buffer.concat(parts);
}

function encode(format: 'zstd' | 'bzip2', data: Buffer): Buffer {
  const parts: Buffer[] = [];
  const sink = {
    write: (buffer: Buffer, offset: number, length: number): void => {
      parts.push(Buffer.from(buffer.subarray(offset, offset + length)));
    },
  };
  using encoder = openEncoder(format, sink);
  encoder.write(data, 0, data.length);
  encoder.finish();
  return Buffer.concat(parts);
}

const samples: readonly [name: string, data: Buffer][] = [
  ['a line', Buffer.from('disk images on and off a host\n')],
  ['random bytes', randomBytes(300_000)],
  ['text that repeats', Buffer.from('abcdefghij'.repeat(60_000))],
];

for (const [name, data] of samples) {
  test(`bzip2 and compressjs read each other's files: ${name}`, (t) => {
    if (!needs(t, { programs: ['npm'] })) return;
    const { Bzip2 } = witnesses()('compressjs');
    assert.ok(readAll(Buffer.from(Bzip2.compressFile(data))).equals(data));
    assert.ok(Buffer.from(Bzip2.decompressFile(encode('bzip2', data))).equals(data));
  });

  test(`zstd and simple-zstd read each other's files: ${name}`, async (t) => {
    if (!needs(t, { programs: ['npm', 'zstd'] })) return;
    const path = witnesses().resolve('simple-zstd');
    const { compressBuffer, decompressBuffer } = await import(pathToFileURL(path).href);
    assert.ok(readAll(await compressBuffer(data, 3)).equals(data));
    assert.ok((await decompressBuffer(encode('zstd', data))).equals(data));
  });
}

/** A tree of what tar-fs supports: files, directories, symbolic links, modes. */
function makeTree(root: string): void {
  mkdirSync(join(root, 'etc/deep/deeper'), { recursive: true });
  writeFileSync(join(root, 'etc/os-release'), 'ID=witness\n', { mode: 0o640 });
  writeFileSync(join(root, `etc/${'long'.repeat(40)}`), randomBytes(70_000));
  writeFileSync(join(root, 'etc/deep/deeper/empty'), '');
  symlinkSync('../etc/os-release', join(root, 'etc/link'));
}

function listing(root: string): string {
  const found = spawnSync('find', ['.', '-printf', '%P %y %m %s %l\n'], { cwd: root, encoding: 'utf8' });
  // Sizes of directories belong to the file system.
  const lines = found.stdout.split('\n').map((line) => line.replace(/^(.* d \d+) \d+ $/, '$1'));
  return lines.sort().join('\n');
}

test('tar-fs unpacks what Ferry packs', async (t) => {
  if (!needs(t, { programs: ['npm'] })) return;
  await using directory = temporaryDirectory(t);
  const { extract } = witnesses()('tar-fs');
  const source = join(directory.path, 'source');
  makeTree(source);
  const parts: Buffer[] = [];
  const descriptor = openSync(source, 'r');
  packTree(descriptor, {
    write: (buffer, offset, length) => void parts.push(Buffer.from(buffer.subarray(offset, offset + length))),
  });
  closeSync(descriptor);
  const target = join(directory.path, 'target');
  await pipeline(Readable.from(parts), extract(target, { validateSymlinks: false }));
  assert.equal(listing(target), listing(source));
  assert.equal(readFileSync(join(target, 'etc/link'), 'utf8'), 'ID=witness\n');
});

test('Ferry unpacks what tar-fs packs', async (t) => {
  if (!needs(t, { programs: ['npm'] })) return;
  await using directory = temporaryDirectory(t);
  const { pack } = witnesses()('tar-fs');
  const source = join(directory.path, 'source');
  const target = join(directory.path, 'target');
  makeTree(source);
  mkdirSync(target);
  const parts: Buffer[] = [];
  for await (const part of pack(source)) parts.push(part);
  const bytes = Buffer.concat(parts);
  let position = 0;
  const descriptor = openSync(target, 'r');
  extractTree(
    {
      read(buffer, offset, length) {
        const count = bytes.copy(buffer, offset, position, position + length);
        position += count;
        return count;
      },
    },
    descriptor,
  );
  closeSync(descriptor);
  assert.equal(listing(target), listing(source));
});
