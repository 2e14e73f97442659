import assert from 'node:assert/strict';
import fs, { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import { firstPullFileDescriptor } from '../../../../../service/processes/ipc/channel.js';
import { openSourceFiles } from '../../../../../service/transfers/kinds/source-files.js';
import { run } from '../../../../support/command.js';
import { needs } from '../../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';
import { inputOutputError, noSuchFile } from '../../../../support/texts/common.js';
import { isFailure } from '../samples.js';

function directoryWith(t: TestContext, names: readonly string[]): TemporaryDirectory {
  const directory = temporaryDirectory(t);
  for (const name of names) writeFileSync(directory.file(name), name);
  return directory;
}

/** The names that are handed over, each with what its descriptor gives. */
function opened(url: string, checksumFile?: string, ofEntry: string[] = []): Record<string, string> {
  const trust = { name: 'x', path: '/x.conf', fingerprints: [], requireSigners: 1, checksumFiles: ofEntry };
  const { descriptors, byName } = openSourceFiles({ url, checksumFile, trust });
  using owned = descriptors;
  const contents = Object.entries(byName ?? {}).map(([name, number]) => {
    const descriptor = owned.numbers[number - firstPullFileDescriptor];
    return [name, descriptor === undefined ? 'none' : readFileSync(descriptor, 'utf8')];
  });
  return Object.fromEntries(contents);
}

test('other URLs need no files', () => {
  const { descriptors, byName } = openSourceFiles({ url: 'https://example.org/a.raw' });
  assert.deepEqual([descriptors.numbers, byName], [[], undefined]);
});

test('an image comes with what may belong to it, and with nothing else', (t) => {
  const wanted = ['a.raw.xz', 'a.raw.xz.sha256', 'a.nspawn', 'a.roothash', 'a.verity', 'SHA256SUMS', 'SHA256SUMS.gpg'];
  const others = ['b.raw.xz', 'secret', 'a', 'ab.nspawn', 'id_rsa', 'shadow'];
  const directory = directoryWith(t, [...wanted, ...others]);
  const expected = Object.fromEntries(wanted.map((name) => [name, name]));
  assert.deepEqual(opened(`file://${directory.path}/a.raw.xz`), expected);
});

test('a checksum file that the caller names comes with its signatures, from beside the image or from elsewhere', (t) => {
  const directory = directoryWith(t, ['a.raw', 'b.raw', 'the list', 'the list.sig', 'the listed']);
  const url = `file://${directory.path}/a.raw`;
  const beside = `file://${directory.path}/the%20list`;
  const found = { 'a.raw': 'a.raw', [beside]: 'the list', [`${beside}.sig`]: 'the list.sig' };
  assert.deepEqual(opened(url, 'the%20list'), found);
  const other = directoryWith(t, ['my list', 'my list.asc', 'SHA256SUMS', 'my']);
  const list = `file://${other.path}/my%20list`;
  assert.deepEqual(opened(url, list), { 'a.raw': 'a.raw', [list]: 'my list', [`${list}.asc`]: 'my list.asc' });
  assert.deepEqual(opened(url, 'file:///nonexistent/LIST'), { 'a.raw': 'a.raw' });
});

test('checksum files that a trust entry names come with their signatures, from beside the image, below it and from elsewhere', (t) => {
  const directory = directoryWith(t, ['a.raw', 'LIST', 'LIST.asc', 'LISTED', 'other']);
  const url = `file://${directory.path}/a.raw`;
  const other = directoryWith(t, ['a.raw.list', 'a.raw.list.sig', 'b.raw.list']);
  mkdirSync(directory.file('sums'));
  writeFileSync(directory.file('sums', 'a.raw'), 'below');
  const [beside, below, elsewhere] = [
    `file://${directory.path}/LIST`,
    `file://${directory.path}/sums/a.raw`,
    `file://${other.path}/a.raw.list`,
  ];
  const found = {
    'a.raw': 'a.raw',
    [beside]: 'LIST',
    [`${beside}.asc`]: 'LIST.asc',
    [below]: 'below',
    [elsewhere]: 'a.raw.list',
    [`${elsewhere}.sig`]: 'a.raw.list.sig',
  };
  assert.deepEqual(opened(url, undefined, ['LIST', 'sums/%f', `file://${other.path}/%f.list`]), found);
  // The one that the caller names is the only one.
  assert.deepEqual(opened(url, 'other', ['LIST']), { 'a.raw': 'a.raw', [`file://${directory.path}/other`]: 'other' });
});

test('percent escapes in the path are undone', (t) => {
  const directory = directoryWith(t, ['a b.raw']);
  assert.deepEqual(opened(`file://${directory.path}/a%20b.raw`), { 'a%20b.raw': 'a b.raw' });
});

test('only regular files are opened: no symbolic link, directory, fifo or device', (t) => {
  const directory = directoryWith(t, ['target']);
  symlinkSync('target', directory.file('link.raw'));
  mkdirSync(directory.file('directory.raw'));
  run('mkfifo', [directory.file('fifo.raw')]);
  for (const [name, reason] of [
    ['link.raw', 'it is a symbolic link; give the URL of what it leads to'],
    ['directory.raw', 'it is a directory; use import-fs'],
    ['fifo.raw', 'it is not a regular file; use import-tar or import-raw'],
    ['missing.raw', noSuchFile],
    ['target/below.raw', 'not a directory'],
  ] as const) {
    const path = directory.file(name);
    assert.throws(() => opened(`file://${path}`), {
      kind: 'DownloadFailed',
      message: `Cannot read ${path}: ${reason}`,
    });
  }
  assert.throws(() => opened('file:///dev/null'), isFailure('DownloadFailed'));
});

test('companions that are links or fifos are left out', (t) => {
  const directory = directoryWith(t, ['a.raw', 'secret']);
  symlinkSync('secret', directory.file('a.nspawn'));
  run('mkfifo', [directory.file('a.roothash')]);
  assert.deepEqual(opened(`file://${directory.path}/a.raw`), { 'a.raw': 'a.raw' });
});

test('a directory full of companions does not use up the descriptors', (t) => {
  const directory = directoryWith(t, ['a.raw', ...Array.from({ length: 100 }, (_, index) => `a.raw.${index}`)]);
  assert.equal(Object.keys(opened(`file://${directory.path}/a.raw`)).length, 64);
});

test('an image in a directory that may be entered but not listed comes alone', (t) => {
  if (!needs(t, { root: true })) return;
  const directory = directoryWith(t, ['a.raw', 'a.nspawn']);
  chmodSync(directory.path, 0o711);
  const openAs = (user: number) => {
    process.seteuid?.(user);
    try {
      return opened(`file://${directory.path}/a.raw`);
    } finally {
      process.seteuid?.(0);
    }
  };
  assert.deepEqual(openAs(65534), { 'a.raw': 'a.raw' });
  assert.deepEqual(openAs(0), { 'a.raw': 'a.raw', 'a.nspawn': 'a.nspawn' });
});

test('a path that names nothing, whatever the reason, is not a file that can be read', (t) => {
  if (!needs(t, { programs: ['python3'] })) return;
  const directory = directoryWith(t, ['a.raw']);
  run('python3', [
    '-c',
    'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
    directory.file('a.raw.s'),
  ]);
  for (const name of ['a.raw.s', `${'n'.repeat(300)}.raw`])
    assert.throws(() => opened(`file://${directory.path}/${name}`), isFailure('DownloadFailed'), name);
  assert.deepEqual(opened(`file://${directory.path}/a.raw`), { 'a.raw': 'a.raw' });
});

/** Does something while nothing can be opened or listed below a path. */
function withFault(path: string, action: () => void): void {
  const { openSync, readdirSync } = fs;
  const failing = <Call>(call: Call): Call => {
    const wrapped = (...words: unknown[]) => {
      if (words[0] === path) throw Object.assign(new Error(`EIO: ${path}`), { code: 'EIO', syscall: 'open' });
      return Reflect.apply(call as () => unknown, fs, words);
    };
    return wrapped as Call;
  };
  Object.assign(fs, { openSync: failing(openSync), readdirSync: failing(readdirSync) });
  syncBuiltinESMExports();
  try {
    action();
  } finally {
    Object.assign(fs, { openSync, readdirSync });
    syncBuiltinESMExports();
  }
}

test('a fault of the disk is told with the path of what cannot be opened', (t) => {
  const directory = directoryWith(t, ['a.raw', 'a.raw.sha256']);
  for (const path of [directory.file('a.raw'), directory.file('a.raw.sha256'), directory.path])
    withFault(path, () =>
      assert.throws(() => opened(`file://${directory.path}/a.raw`), {
        kind: 'FileSystemError',
        message: `${path}: ${inputOutputError} (open: EIO)`,
      }),
    );
});
