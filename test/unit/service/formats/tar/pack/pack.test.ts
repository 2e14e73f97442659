import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { changeFileFlags, FileFlag, getFileFlags } from '../../../../../../linux/attributes.js';
import { AT_FDCWD, close, openat } from '../../../../../../linux/files.js';
import type { ByteSink } from '../../../../../../service/formats/bytes.js';
import { formatRecord, formatTime } from '../../../../../../service/formats/tar/pack/encode.js';
import { type PackSummary, packTree } from '../../../../../../service/formats/tar/pack/pack.js';
import { paxRecord } from '../../../../../corpus/tar.js';
import { attempt, run, shell } from '../../../../../support/command.js';
import { compareTrees } from '../../../../../support/images/compare-trees.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../../support/images/filesystems.js';
import { debianTree } from '../../../../../support/images/fixtures.js';
import { needs } from '../../../../../support/needs.js';
import { projectFile } from '../../../../../support/project.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../../support/temporary.js';
import { changedWhileRead, rootOfImage } from '../../../../../support/texts/formats.js';
import { wasRemovedOrReplaced } from '../../../../../support/texts/images.js';
import { unpackFile } from '../unpacking.js';

function packTo(sink: ByteSink, path: string): PackSummary {
  const root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return packTree(root, sink);
  } finally {
    closeSync(root);
  }
}

function packFile(path: string, archive: string): PackSummary {
  const descriptor = openSync(archive, 'wx');
  try {
    return packTo({ write: (buffer, offset, length) => void writeSync(descriptor, buffer, offset, length) }, path);
  } finally {
    closeSync(descriptor);
  }
}

function digest(path: string): string {
  const hash = createHash('sha256');
  packTo({ write: (buffer, offset, length) => hash.update(buffer.subarray(offset, offset + length)) }, path);
  return hash.digest('hex');
}

const everything = ['--acls', '--xattrs', '--xattrs-include=*', '--numeric-owner', '--warning=no-timestamp'];

function extractWithTar(archive: string, path: string): void {
  mkdirSync(path);
  const { status, stderr } = attempt('tar', [
    '--extract',
    '--preserve-permissions',
    ...everything,
    `--file=${archive}`,
    `--directory=${path}`,
  ]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
}

function check(source: string, place: TemporaryDirectory): PackSummary {
  const archive = place.file('archive.tar');
  const summary = packFile(source, archive);
  const { bytes, entries, dataBytes } = unpackFile(archive, place.file('ferry'));
  assert.deepEqual(
    { bytes, entries, dataBytes },
    { bytes: summary.bytes, entries: summary.entries, dataBytes: summary.dataBytes },
  );
  assert.deepEqual(compareTrees(source, place.file('ferry'), { holes: true }), []);
  extractWithTar(archive, place.file('gnu'));
  assert.deepEqual(compareTrees(source, place.file('gnu'), { holes: true }), []);
  assert.equal(digest(place.file('ferry')), digest(source), 'packed again, it is the same archive');
  return summary;
}

function completeTree(t: TestContext): TemporaryDirectory {
  const place = temporaryDirectory(t);
  mkdirSync(place.file('source'));
  shell('bash "$1" "$2"', [projectFile('test/corpus/complete-tree.sh'), place.file('source')]);
  return place;
}

function replace(path: string): void {
  rmSync(path);
  symlinkSync('a', path);
}

describe('what is packed', () => {
  const needed = { root: true, programs: ['tar', 'setfacl', 'setfattr', 'setcap'] };

  test('comes out as it was, by us and by GNU tar', (t) => {
    if (!needs(t, needed)) return;
    const place = completeTree(t);
    assert.equal(check(place.file('source'), place).sockets, 0);
  });

  test('of a Debian tree too', (t) => {
    const tree = debianTree(t);
    if (tree !== undefined) check(tree, temporaryDirectory(t));
  });

  test('leads through directories of any depth', (t) => {
    const place = temporaryDirectory(t);
    const path = place.file('source', ...Array.from({ length: 200 }, (_, index) => `d${index}`));
    mkdirSync(path, { recursive: true });
    writeFileSync(`${path}/file`, 'deep');
    packFile(place.file('source'), place.file('archive.tar'));
    unpackFile(place.file('archive.tar'), place.file('image'));
    assert.deepEqual(compareTrees(place.file('source'), place.file('image')), []);
  });

  test('is sorted by the bytes of names, and begins with the root', (t) => {
    const place = temporaryDirectory(t);
    for (const name of ['b', 'a', 'a-', 'Z', 'é']) {
      mkdirSync(place.file('source', name), { recursive: true });
      writeFileSync(place.file('source', name, 'x'), '');
    }
    packFile(place.file('source'), place.file('archive.tar'));
    const names = run('tar', ['--list', '--quoting-style=literal', `--file=${place.file('archive.tar')}`])
      .trim()
      .split('\n');
    assert.deepEqual(names, ['./', ...['Z', 'a', 'a-', 'b', 'é'].flatMap((name) => [`./${name}/`, `./${name}/x`])]);
  });

  test('keeps inode flags', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    const place = temporaryDirectory(t);
    mkdirSync(`${filesystem.path}/source`);
    writeFileSync(`${filesystem.path}/source/a`, 'x');
    const change = (set: number, clear: number) => {
      const descriptor = openat(AT_FDCWD, `${filesystem.path}/source/a`, 0);
      changeFileFlags(descriptor, set, clear);
      close(descriptor);
    };
    change(FileFlag.noDump | FileFlag.immutable, 0);
    packFile(`${filesystem.path}/source`, place.file('archive.tar'));
    change(0, FileFlag.immutable);
    unpackFile(place.file('archive.tar'), `${filesystem.path}/image`);
    const descriptor = openat(AT_FDCWD, `${filesystem.path}/image/a`, 0);
    assert.equal(getFileFlags(descriptor) & (FileFlag.noDump | FileFlag.immutable), FileFlag.noDump);
    close(descriptor);
  });

  test('leaves sockets out, and counts them', async (t) => {
    const place = temporaryDirectory(t);
    mkdirSync(place.file('source'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place.file('source', 'socket'), resolve));
    const summary = packFile(place.file('source'), place.file('archive.tar'));
    server.close();
    assert.equal(summary.sockets, 1);
    assert.equal(summary.entries, 1);
  });

  // The sink gets 1 MiB at a time: what it does, it does in the middle of the first file.
  const changes: readonly [what: string, change: (source: string) => void, where: string, how: string][] = [
    ['a file becomes shorter', (source) => truncateSync(`${source}/a/file`, 1), "'a/file'", 'became shorter'],
    ['a file goes', (source) => rmSync(`${source}/b`), "'b'", wasRemovedOrReplaced],
    ['a file becomes a link', (source) => replace(`${source}/b`), rootOfImage, 'changed'],
    ['a directory goes', (source) => rmSync(`${source}/c`, { recursive: true }), "'c'", wasRemovedOrReplaced],
    ['a file comes too late', (source) => writeFileSync(`${source}/a/before`, ''), "'a'", 'changed'],
    [
      'a file moves to where nobody looks any more',
      (source) => renameSync(`${source}/b`, `${source}/a/b`),
      "'a'",
      'changed',
    ],
  ];

  for (const [what, change, where, how] of changes) {
    test(`is never a part of a tree that changes: ${what}`, (t) => {
      const place = temporaryDirectory(t);
      const source = place.file('source');
      mkdirSync(join(source, 'a'), { recursive: true });
      mkdirSync(join(source, 'c'));
      writeFileSync(join(source, 'a', 'file'), Buffer.alloc(3_000_000, 'x'));
      writeFileSync(join(source, 'b'), 'b');
      // As an image that was not made this moment: file systems count time in steps.
      run('sh', ['-c', 'find "$1" -exec touch -d 2020-01-01 {} +', 'sh', source]);
      let done = false;
      const write = (): void => {
        if (!done) change(source);
        done = true;
      };
      const message = changedWhileRead(where, how);
      assert.throws(() => packTo({ write }, source), { kind: 'Corrupt', message });
      assert.ok(done);
    });
  }

  const writes: readonly [what: string, change: (path: string) => void, content: RegExp][] = [
    ['longer', (path) => appendFileSync(path, 'yyy'), /^x+$/],
    ['other content', (path) => writeFileSync(path, Buffer.alloc(3_000_000, 'y')), /^x+y+$/],
    ['longer, with other content', (path) => writeFileSync(path, Buffer.alloc(4_000_000, 'y')), /^x+y+$/],
  ];
  for (const [what, change, content] of writes) {
    test(`has a file that is written to meanwhile in the size that it had, and counts it: ${what}`, (t) => {
      const place = temporaryDirectory(t);
      const source = place.file('source');
      const archive = place.file('archive.tar');
      mkdirSync(source);
      for (const name of ['a', 'b']) writeFileSync(join(source, name), Buffer.alloc(3_000_000, 'x'));
      run('sh', ['-c', 'find "$1" -exec touch -d 2020-01-01 {} +', 'sh', source]);
      const descriptor = openSync(archive, 'wx');
      let done = false;
      const write = (buffer: Buffer, offset: number, length: number): void => {
        if (!done) change(join(source, 'a'));
        done = true;
        writeSync(descriptor, buffer, offset, length);
      };
      assert.equal(packTo({ write }, source).changedFiles, 1);
      closeSync(descriptor);
      mkdirSync(place.file('out'));
      run('tar', ['-C', place.file('out'), '-xf', archive]);
      const unpacked = readFileSync(place.file('out', 'a'), 'latin1');
      assert.equal(unpacked.length, 3_000_000);
      assert.match(unpacked, content);
      assert.equal(readFileSync(place.file('out', 'b'), 'latin1'), 'x'.repeat(3_000_000));
    });
  }

  test('never has a file that became shorter, where its end would be taken for a hole', (t) => {
    const place = temporaryDirectory(t);
    const source = place.file('source');
    mkdirSync(source);
    writeFileSync(join(source, 'a'), '');
    truncateSync(join(source, 'a'), 8_000_000);
    const file = openSync(join(source, 'a'), 'r+');
    writeSync(file, Buffer.alloc(2_000_000, 'x'), 0, 2_000_000, 1_000_000);
    closeSync(file);
    const write = (): void => truncateSync(join(source, 'a'), 4_000_000);
    const message = changedWhileRead("'a'", 'became shorter');
    assert.throws(() => packTo({ write }, source), { kind: 'Corrupt', message });
  });

  test("passes the sink's own errors on unchanged", (t) => {
    const place = temporaryDirectory(t);
    mkdirSync(place.file('source'));
    writeFileSync(place.file('source', 'file'), Buffer.alloc(1_000_000));
    const error = Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    const write = () => {
      throw error;
    };
    assert.throws(
      () => packTo({ write }, place.file('source')),
      (thrown) => thrown === error,
    );
  });
});

test('records and times of extended headers', () => {
  for (let length = 0; length < 1100; length++)
    assert.equal(formatRecord(['k', 'v'.repeat(length)]), paxRecord('k', 'v'.repeat(length)));
  assert.equal(formatTime({ seconds: 1, nanoseconds: 50_000_000 }), '1.05');
  assert.equal(formatTime({ seconds: -2, nanoseconds: 750_000_000 }), '-1.25');
  assert.equal(formatTime({ seconds: -1, nanoseconds: 999_999_999 }), '-0.000000001');
  assert.equal(formatTime({ seconds: -5, nanoseconds: 0 }), '-5');
});
