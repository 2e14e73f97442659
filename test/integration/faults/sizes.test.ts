import assert from 'node:assert/strict';
import { linkSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { archive, file } from '../../corpus/tar.js';
import { attempt, run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { clientProgram, type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { tally } from '../../support/tally.js';
import { itsHeadersAndPadding, moreThanBytesOfData } from '../../support/texts/formats.js';
import { hasMoreThanBytes } from '../../support/texts/transfers.js';

/*
 * What is larger than --size-max= allows is refused. Zeros take no room on a disk and hardly any on a network: what is made of
 * nothing else has to come to an end all the same.
 */

const mebibyte = 1024 * 1024;
const allowed = ['--size-max=1M'];
/** The least that is too much. */
const tooMuch = 64 * mebibyte + 1;
const raise = 'the limit: raise it with --size-max= if the image is meant to be that large';
const advice = '64 times the limit on data: raise that with --size-max= if the image is meant to be that large';
const disk = `The image ${hasMoreThanBytes(64 * mebibyte)} with its zeros, ${advice}`;
const tree = `The archive ${hasMoreThanBytes(64 * mebibyte)} with ${itsHeadersAndPadding}, ${advice}`;
const known = `The image has ${tooMuch} bytes with its zeros, and ${64 * mebibyte} are allowed, ${advice}`;

interface Row {
  what: string;
  verb: 'pull-raw' | 'pull-tar' | 'import-raw' | 'import-tar' | 'import-fs';
  /** What is pulled or imported: a file that is made below a directory, or a shell line that writes it to a pipe. */
  source: { make: (path: string) => void } | { pipe: string };
  says: string;
}

const zeros = Buffer.alloc(tooMuch);
const bomb = (program: string) => ({
  make: (path: string) => run('sh', ['-c', `head -c ${tooMuch} /dev/zero | ${program} >"$1"`, 'sh', path]),
});
const makeTree = (path: string, sizes: number[]) => {
  mkdirSync(path);
  for (const [index, size] of sizes.entries()) writeFileSync(join(path, `file${index}`), Buffer.alloc(size, 1));
  linkSync(join(path, 'file0'), join(path, 'link'));
};
const sparse = (path: string) => {
  writeFileSync(path, '');
  truncateSync(path, tooMuch);
};
const endlessTree = {
  make: (path: string) => writeFileSync(path, gzipSync(Buffer.concat([archive(file('a', 'x')), zeros]))),
};

const rows: Row[] = [
  { what: 'gzip', verb: 'pull-raw', source: bomb('gzip -1'), says: disk },
  { what: 'xz', verb: 'pull-raw', source: bomb('xz -0'), says: disk },
  { what: 'zstd', verb: 'pull-raw', source: bomb('zstd -1'), says: disk },
  { what: 'bzip2', verb: 'pull-raw', source: bomb('bzip2 -1'), says: disk },
  { what: 'zstd', verb: 'import-raw', source: bomb('zstd -1'), says: disk },
  { what: 'a pipe', verb: 'import-raw', source: { pipe: 'cat /dev/zero' }, says: disk },
  { what: 'a sparse file', verb: 'import-raw', source: { make: sparse }, says: known },
  { what: 'a sparse file', verb: 'pull-raw', source: { make: sparse }, says: known },
  {
    what: 'a qcow2 image',
    verb: 'import-raw',
    source: { make: (path) => run('qemu-img', ['create', '-q', '-f', 'qcow2', path, '100M']) },
    says: `The image has ${100 * mebibyte} bytes with its zeros, and ${64 * mebibyte} are allowed, ${advice}`,
  },
  { what: 'what follows an archive', verb: 'pull-tar', source: endlessTree, says: tree },
  { what: 'what follows an archive', verb: 'import-tar', source: endlessTree, says: tree },
  { what: 'a pipe', verb: 'import-tar', source: { pipe: 'cat /dev/zero' }, says: tree },
  {
    what: 'two files, one of them with two names',
    verb: 'import-fs',
    source: { make: (path) => makeTree(path, [512 * 1024, 512 * 1024 + 1]) },
    says: `The image holds ${moreThanBytesOfData(mebibyte)}, ${raise}`,
  },
  {
    what: 'data in a file',
    verb: 'import-raw',
    source: { make: (path) => writeFileSync(path, Buffer.alloc(mebibyte + 4096, 1)) },
    says: `The image holds ${moreThanBytesOfData(mebibyte)}, ${raise}`,
  },
];

/** Runs ferryctl on what a row is about. */
async function attemptRow(host: FerryHost, { verb, source }: Row, path: string) {
  const parameters = [verb, '--quiet', ...allowed];
  if ('pipe' in source) {
    const client = [clientProgram, `--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`];
    const script = `${source.pipe} | "$@"`;
    return attempt('sh', ['-c', script, 'sh', process.execPath, ...client, ...parameters, '-', 'x']);
  }
  source.make(path);
  if (verb.startsWith('import')) return await host.ferryctl([...parameters, path, 'x']);
  return await host.ferryctl([...parameters, '--verify=no', `file://${path}`, 'x']);
}

test('what is too large is refused, zeros without end too', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['qemu-img', 'xz', 'zstd', 'bzip2', 'gzip'] })) return;
  const host = await ferryHost(t);
  for (const [index, row] of rows.entries())
    await t.test(`${row.verb}: ${row.what}`, async () => {
      const { status, stderr } = await attemptRow(host, row, join(host.home, `source${index}`));
      const [prefix = ''] = /^Failed to (pull the image|import image 'x'): /.exec(stderr) ?? [];
      assert.equal(stderr, `${prefix}${row.says}.\n`);
      assert.notEqual(prefix, '');
      assert.equal(status, 11);
      assert.deepEqual(host.images(), []);
      tally('hostile inputs');
    });
});

test('what is as large as is allowed is taken', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const [path, disk] = [join(host.home, 'tree'), join(host.home, 'disk')];
  makeTree(path, [512 * 1024, 512 * 1024]);
  sparse(disk);
  truncateSync(disk, tooMuch - 1);
  for (const parameters of [
    ['import-fs', path, 'x'],
    ['import-raw', disk, 'y'],
    ['pull-raw', '--verify=no', '-N', `file://${disk}`, 'z'],
  ]) {
    const { status, stderr } = await host.ferryctl([...parameters, ...allowed]);
    assert.equal(status, 0, stderr);
  }
  assert.deepEqual(host.images(), ['x', 'y.raw', 'z.raw']);
});
