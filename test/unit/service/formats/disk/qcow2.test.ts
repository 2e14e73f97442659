import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import type { Written } from '../../../../../service/formats/disk/sparse.js';
import { type ConvertOptions, convertQcow2 } from '../../../../../service/formats/qcow2/convert.js';
import { isQcow2 } from '../../../../../service/formats/qcow2/header.js';
import { run } from '../../../../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';

const kib = 1024;
const mib = 1024 * kib;
const qemu = { programs: ['qemu-img', 'qemu-io'] };

function convert(source: string, target: string, options: ConvertOptions = {}): Written {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'w+')];
  try {
    return convertQcow2(from, to, options);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

/** Converts with Ferry and with qemu-img, and compares bit for bit. */
function compareWithQemu(directory: TemporaryDirectory, image: string, options: ConvertOptions = {}): Written {
  const [ours, theirs] = [directory.file('ours.raw'), directory.file('theirs.raw')];
  const written = convert(image, ours, options);
  run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, theirs]);
  assert.equal(statSync(ours).size, written.size);
  // qemu-img rounds the size up to its sectors.
  const [own, their] = [readFileSync(ours), readFileSync(theirs)];
  assert.ok(own.equals(their.subarray(0, own.length)), image);
  assert.equal(Math.ceil(own.length / 512) * 512, their.length);
  return written;
}

/** Runs qemu-io's commands on an image. */
function edit(image: string, ...commands: string[]): void {
  run('qemu-io', ['-f', 'qcow2', ...commands.flatMap((command) => ['-c', command]), image]);
}

function create(directory: TemporaryDirectory, options: string, size: string): string {
  const image = directory.file('image.qcow2');
  run('qemu-img', ['create', '-q', '-f', 'qcow2', ...(options ? ['-o', options] : []), image, size]);
  return image;
}

const writes = [
  'write -P 1 0 64k',
  'write -P 2 100k 3k',
  'write -P 3 1M 300k',
  'write -P 0 1100k 100k',
  'write -z 1200k 50k',
  'discard 64k 30k',
  'write -P 4 3000k 24k',
  'write -P 5 64k 1k',
];

const clusterSizes = Array.from({ length: 13 }, (_, index) => 2 ** (9 + index));
const creations = [
  '',
  'compat=0.10',
  'lazy_refcounts=on',
  'preallocation=metadata',
  'preallocation=falloc',
  'preallocation=full',
  'extended_l2=on,cluster_size=16k',
  'extended_l2=on',
  'extended_l2=on,cluster_size=2M',
  'refcount_bits=1',
  'refcount_bits=64',
  ...clusterSizes.map((size) => `cluster_size=${size}`),
  'compat=0.10,cluster_size=512',
];

for (const options of creations) {
  test(`an image made with "${options}" becomes the same disk as with qemu-img`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, options, '3100k');
    assert.equal(compareWithQemu(directory, image).size, 3100 * kib);
    edit(image, ...(options.includes('0.10') ? writes.filter((command) => !command.includes('-z')) : writes));
    const { allocated } = compareWithQemu(directory, image);
    assert.ok(allocated >= 240 * kib && allocated < 3 * mib, `${allocated} allocated`);
  });
}

const compressions = clusterSizes.flatMap((size) => [
  `cluster_size=${size}`,
  `cluster_size=${size},compression_type=zstd`,
]);
for (const options of [...compressions, 'compat=0.10', 'extended_l2=on', 'extended_l2=on,compression_type=zstd']) {
  test(`a compressed image made with "${options}" becomes the same disk as with qemu-img`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const raw = directory.file('disk.raw');
    writeFileSync(raw, mixedData(5 * mib + 512));
    const image = directory.file('image.qcow2');
    run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', options, raw, image]);
    compareWithQemu(directory, image);
    assert.ok(readFileSync(directory.file('ours.raw')).equals(readFileSync(raw)));
    // Compressed and plain clusters side by side.
    edit(image, 'write -P 7 64k 5k', 'write -P 8 2M 1M');
    compareWithQemu(directory, image);
  });
}

/** Text, noise and zeros in turn, which do not keep to clusters. */
function mixedData(size: number): Buffer {
  const data = Buffer.alloc(size);
  let state = 1;
  for (let position = 0; position < size; position++) {
    const kind = Math.floor(position / 150_000) % 3;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (kind < 2) data[position] = kind === 0 ? state >>> 24 : 0x61 + ((position >> 3) % 20);
  }
  return data;
}

const sizes = ['0', '512', '1536', '65536', '66048', '1000448', '2147483648', '1099511627776'];
for (const size of sizes) {
  test(`a disk of ${size} bytes keeps its size`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, '', size);
    const last = Number(size) - 512;
    if (last >= 0) edit(image, `write -P 9 ${last} 512`);
    const written = convert(image, directory.file('ours.raw'));
    assert.equal(written.size, Number(size));
    assert.equal(statSync(directory.file('ours.raw')).size, Number(size));
    if (Number(size) < 4 * mib) compareWithQemu(directory, image);
  });
}

test('snapshots within the image are left out, the current state counts', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, '', '2M');
  edit(image, 'write -P 1 0 1M');
  run('qemu-img', ['snapshot', '-c', 'before', image]);
  edit(image, 'write -P 2 512k 100k');
  compareWithQemu(directory, image);
});

test('a conversion that is cancelled ends', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, '', '2M');
  edit(image, 'write -P 1 0 1M');
  assert.throws(() => convert(image, directory.file('ours.raw'), { signal: AbortSignal.abort() }), {
    kind: 'Cancelled',
    message: 'The conversion was cancelled',
  });
});

test('an image that was resized keeps what is within', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, 'cluster_size=512', '1M');
  edit(image, 'write -P 1 0 1M');
  run('qemu-img', ['resize', '-q', image, '+3M']);
  compareWithQemu(directory, image);
  run('qemu-img', ['resize', '-q', '--shrink', image, '300k']);
  compareWithQemu(directory, image);
});

test('a dirty image is converted with a warning', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, 'lazy_refcounts=on', '1M');
  edit(image, 'write -P 1 0 100k');
  patch(image, 79, Buffer.of(1));
  const warnings: string[] = [];
  convert(image, directory.file('ours.raw'), { subject: 'a.qcow2', onWarning: (message) => warnings.push(message) });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^a\.qcow2 was not closed properly/);
  assert.equal(readFileSync(directory.file('ours.raw')).readUInt8(100 * kib - 1), 1);
});

test('zeros in data become holes, and progress ends at the size', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, '', '64M');
  edit(image, 'write -P 0 0 16M', 'write -P 1 20M 4k');
  const progress: number[] = [];
  const written = convert(image, directory.file('ours.raw'), { onProgress: (bytes) => progress.push(bytes) });
  assert.deepEqual(written, { size: 64 * mib, allocated: 4096 });
  assert.ok(statSync(directory.file('ours.raw')).blocks * 512 <= 8192);
  assert.equal(progress.at(-1), 64 * mib);
  assert.deepEqual(
    progress,
    [...progress].sort((one, other) => one - other),
  );
});

test('btrfs shares the clusters', async (t) => {
  if (
    !needs(t, {
      ...filesystemNeeds('btrfs'),
      programs: [...filesystemNeeds('btrfs').programs, ...qemu.programs, 'btrfs'],
    })
  )
    return;
  await using filesystem = mountedFilesystem(t, 'btrfs', 256);
  await using directory = temporaryDirectory(t);
  for (const options of ['cluster_size=64k', 'cluster_size=4k', 'cluster_size=512']) {
    const image = create(directory, options, '16M');
    edit(image, 'write -P 1 0 3M', 'write -P 2 8M 1M', 'write -P 3 15M 1M');
    const moved = `${filesystem.path}/image.qcow2`;
    writeFileSync(moved, readFileSync(image));
    const target = `${filesystem.path}/${options}.raw`;
    assert.deepEqual(convert(moved, target), { size: 16 * mib, allocated: 5 * mib });
    run('qemu-img', ['convert', '-O', 'raw', image, directory.file('theirs.raw')]);
    assert.ok(readFileSync(target).equals(readFileSync(directory.file('theirs.raw'))));
    run('sync', ['-f', target]);
    if (options === 'cluster_size=512') continue;
    const [total, exclusive] =
      run('btrfs', ['filesystem', 'du', '--raw', target]).split('\n').at(-2)?.trim().split(/\s+/) ?? [];
    assert.deepEqual([total, exclusive], [`${5 * mib}`, '0'], options);
  }
});

test('a cancelled conversion stops', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, '', '4M');
  edit(image, 'write -P 1 0 4M');
  const signal = AbortSignal.abort();
  assert.throws(
    () => convert(image, directory.file('ours.raw'), { signal }),
    (error) => error instanceof Failure && error.kind === 'Cancelled',
  );
});

test('only the magic number makes a qcow2 image; what is too short for it is raw', async (t) => {
  await using directory = temporaryDirectory(t);
  const table: [string, boolean][] = [
    ['', false],
    ['Q', false],
    ['QFI', false],
    ['QFI\xfb', true],
    ['QFI\xfb\0\0\0\x03', true],
    ['QFI\xfa\0\0\0\x03', false],
  ];
  for (const [content, expected] of table) {
    const path = directory.file('file');
    writeFileSync(path, Buffer.from(content, 'latin1'));
    const descriptor = openSync(path, 'r');
    assert.equal(isQcow2(descriptor), expected, JSON.stringify(content));
    closeSync(descriptor);
  }
});

function patch(path: string, offset: number, bytes: Buffer): void {
  const content = readFileSync(path);
  bytes.copy(content, offset);
  writeFileSync(path, content);
}

function number(value: number | bigint, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 4) buffer.writeUInt32BE(Number(value));
  else buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
}

const l1Offset = 0x30000;
const l2 = 0x40000;
const dataOffset = 0x50000;

interface Hostile {
  name: string;
  kind: 'Corrupt' | 'UnsupportedFormat';
  message: RegExp;
  /** Options of qemu-img create. */
  options?: string;
  changes: [offset: number, bytes: Buffer][];
  length?: number;
  sizeMax?: number;
}

/** Changes to an image of 4 MiB with its first 256 KiB written: header, refcounts, L1, L2 and data take a cluster each. */
const hostile: Hostile[] = [
  { name: 'version 1', kind: 'UnsupportedFormat', message: /needs qcow version 1/, changes: [[4, number(1, 4)]] },
  { name: 'version 4', kind: 'UnsupportedFormat', message: /needs qcow version 4/, changes: [[4, number(4, 4)]] },
  { name: 'a file of 71 bytes', kind: 'Corrupt', message: /ends within its header/, changes: [], length: 71 },
  { name: 'a file of 103 bytes', kind: 'Corrupt', message: /ends within its header/, changes: [], length: 103 },
  { name: 'AES', kind: 'UnsupportedFormat', message: /encryption \(AES\)/, changes: [[32, number(1, 4)]] },
  { name: 'LUKS', kind: 'UnsupportedFormat', message: /encryption \(LUKS\)/, changes: [[32, number(2, 4)]] },
  { name: 'another cipher', kind: 'UnsupportedFormat', message: /method 77/, changes: [[32, number(77, 4)]] },
  { name: 'clusters of 2^8', kind: 'Corrupt', message: /2\^8/, changes: [[20, number(8, 4)]] },
  { name: 'clusters of 2^22', kind: 'Corrupt', message: /2\^22/, changes: [[20, number(22, 4)]] },
  {
    name: 'clusters of 2^4294967295',
    kind: 'Corrupt',
    message: /2\^4294967295/,
    changes: [[20, number(0xffffffff, 4)]],
  },
  {
    name: 'subclusters in small clusters',
    kind: 'Corrupt',
    message: /2\^13/,
    changes: [
      [20, number(13, 4)],
      [72, number(16, 8)],
    ],
  },
  {
    name: 'the corrupt bit',
    kind: 'Corrupt',
    message: /marked as corrupt.*qemu-img check/,
    changes: [[72, number(2, 8)]],
  },
  { name: 'external data', kind: 'UnsupportedFormat', message: /an external data file/, changes: [[72, number(4, 8)]] },
  { name: 'feature 5', kind: 'UnsupportedFormat', message: /features 0x20/, changes: [[72, number(32, 8)]] },
  {
    name: 'feature 63',
    kind: 'UnsupportedFormat',
    message: /features 0x8000000000000000/,
    changes: [[72, number(1n << 63n, 8)]],
  },
  { name: 'a header of 96 bytes', kind: 'Corrupt', message: /header length is 96/, changes: [[100, number(96, 4)]] },
  { name: 'a header of 105 bytes', kind: 'Corrupt', message: /header length is 105/, changes: [[100, number(105, 4)]] },
  { name: 'compression 2', kind: 'UnsupportedFormat', message: /compression type 2/, changes: [[104, Buffer.of(2)]] },
  {
    name: 'zstd without its bit',
    kind: 'Corrupt',
    message: /compression type contradicts/,
    changes: [[104, Buffer.of(1)]],
  },
  {
    name: 'the bit without zstd',
    kind: 'Corrupt',
    message: /compression type contradicts/,
    changes: [[72, number(8, 8)]],
  },
  {
    name: 'a backing file',
    kind: 'UnsupportedFormat',
    message: /needs the backing file 'base\\x1b\[31m\.img'/,
    changes: [
      [8, number(0x300, 8)],
      [16, number(13, 4)],
      [0x300, Buffer.from('base\x1b[31m.img')],
    ],
  },
  {
    name: 'a backing file beyond the end',
    kind: 'UnsupportedFormat',
    message: /needs the backing file ''/,
    changes: [
      [8, number(1n << 62n, 8)],
      [16, number(10, 4)],
    ],
  },
  {
    name: 'a backing file with an endless name',
    kind: 'Corrupt',
    message: /name of its backing file has 4294967295 bytes/,
    changes: [
      [8, number(0x300, 8)],
      [16, number(0xffffffff, 4)],
    ],
  },
  {
    name: 'an L1 table that is too small',
    kind: 'Corrupt',
    message: /L1 table has 0 entries/,
    changes: [[36, number(0, 4)]],
  },
  {
    name: 'a disk of 8 EiB',
    kind: 'UnsupportedFormat',
    message: /a disk of 9223372036854775807 bytes/,
    changes: [[24, number((1n << 63n) - 1n, 8)]],
  },
  {
    name: 'a disk of 2^64 - 1',
    kind: 'UnsupportedFormat',
    message: /a disk of 18446744073709551615 bytes/,
    changes: [[24, number((1n << 64n) - 1n, 8)]],
  },
  {
    name: 'a huge L1 table',
    kind: 'Corrupt',
    message: /L1 table lies behind the end/,
    changes: [
      [24, number(1n << 50n, 8)],
      [36, number(0xffffffff, 4)],
    ],
  },
  {
    name: 'an L1 table beyond the end',
    kind: 'Corrupt',
    message: /L1 table lies behind/,
    changes: [[40, number(0x10000000, 8)]],
  },
  {
    name: 'an L1 table at 2^64',
    kind: 'Corrupt',
    message: /L1 table/,
    changes: [[40, number((1n << 64n) - 65536n, 8)]],
  },
  {
    name: 'an L1 table within a cluster',
    kind: 'Corrupt',
    message: /L1 table begins within/,
    changes: [[40, number(l1Offset + 8, 8)]],
  },
  {
    name: 'an L2 table beyond the end',
    kind: 'Corrupt',
    message: /L2 table lies behind/,
    changes: [[l1Offset, number(0x10000000, 8)]],
  },
  {
    name: 'an L2 table at 2^56',
    kind: 'Corrupt',
    message: /L2 table lies behind/,
    changes: [[l1Offset, number(0x00ffffffffff0000n, 8)]],
  },
  {
    name: 'an L2 table within a cluster',
    kind: 'Corrupt',
    message: /: an L2 table begins within a cluster \(at byte \d+ of the file\)$/,
    changes: [[l1Offset, number(l2 + 512, 8)]],
  },
  {
    name: 'an L2 table used for all of the disk',
    kind: 'Corrupt',
    message: /L2 table is used twice/,
    changes: [
      [24, number(8192n * 65536n * 8192n, 8)],
      [36, number(8192, 4)],
      [l1Offset, Buffer.concat(Array.from({ length: 8192 }, () => number(l2, 8)))],
    ],
  },
  { name: 'data beyond the end', kind: 'Corrupt', message: /data lies behind/, changes: [[l2, number(0x10000000, 8)]] },
  {
    name: 'data within a cluster',
    kind: 'Corrupt',
    message: /: data begins within a cluster \(at byte \d+ of the file\)$/,
    changes: [[l2, number(dataOffset + 512, 8)]],
  },
  {
    name: 'a file cut within its data',
    kind: 'Corrupt',
    message: /data lies behind.*truncated/,
    changes: [],
    length: dataOffset + 4 * 65536 - 1,
  },
  {
    name: 'a file cut within its tables',
    kind: 'Corrupt',
    message: /L2 table lies behind.*truncated/,
    changes: [],
    length: l2 + 100,
  },
  {
    name: 'compressed data beyond the end',
    kind: 'Corrupt',
    message: /compressed data lies behind/,
    changes: [[l2, number((1n << 62n) | 0x10000000n, 8)]],
  },
  {
    name: 'compressed data that is none',
    kind: 'Corrupt',
    message: /compressed cluster is damaged/,
    changes: [[l2, number((1n << 62n) | BigInt(dataOffset), 8)]],
  },
  {
    name: 'a zero cluster in version 2',
    kind: 'Corrupt',
    message: /zero clusters/,
    options: 'compat=0.10',
    changes: [[l2, number(1, 8)]],
  },
  {
    name: 'a subcluster both zero and allocated',
    kind: 'Corrupt',
    message: /both zero and allocated/,
    options: 'extended_l2=on',
    changes: [[l2 + 8, number(0xffffffffffffffffn, 8)]],
  },
  {
    name: 'a subcluster in no cluster',
    kind: 'Corrupt',
    message: /allocated in no cluster/,
    options: 'extended_l2=on',
    changes: [[l2, number(0, 8)]],
  },
  {
    name: 'one cluster named again and again',
    kind: 'UnsupportedFormat',
    message: /more than 1048576 bytes of data/,
    sizeMax: mib,
    changes: [[l2, Buffer.concat(Array.from({ length: 64 }, () => number(dataOffset, 8)))]],
  },
  {
    name: 'a disk of 64 MiB, where one of data is allowed',
    kind: 'UnsupportedFormat',
    message:
      /^The image has 67108865 bytes with its zeros, and 67108864 are allowed, 64 times the limit on data: raise /,
    sizeMax: mib,
    changes: [[24, number(64 * mib + 1, 8)]],
  },
  {
    name: 'one cluster of zeros named again and again',
    kind: 'UnsupportedFormat',
    message: /more than 1048576 bytes of data/,
    sizeMax: mib,
    changes: [
      [l2, Buffer.concat(Array.from({ length: 64 }, () => number(dataOffset, 8)))],
      [dataOffset, Buffer.alloc(65536)],
    ],
  },
];

async function hostileImage(t: TestContext, { options = '', changes, length }: Hostile): Promise<TemporaryDirectory> {
  const directory = temporaryDirectory(t);
  const image = create(directory, options, '4M');
  edit(image, 'write -P 1 0 256k');
  for (const [offset, bytes] of changes) patch(image, offset, bytes);
  if (length !== undefined) truncateSync(image, length);
  return directory;
}

for (const entry of hostile) {
  test(`an image with ${entry.name} is refused`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = await hostileImage(t, entry);
    const before = process.memoryUsage.rss();
    const options = entry.sizeMax === undefined ? {} : { sizeMax: entry.sizeMax };
    assert.throws(
      () => convert(directory.file('image.qcow2'), directory.file('ours.raw'), options),
      (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.equal(error.kind, entry.kind, error.message);
        assert.match(error.message, entry.message);
        return true;
      },
    );
    assert.ok(process.memoryUsage.rss() - before < 128 * mib);
  });
}

test('tables in a hole and clusters in a hole cost nothing', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  // 4096 L2 tables of 2 MiB, all in the hole behind the real clusters: a walk over 8 GiB of entries, were it made.
  const image = create(directory, 'cluster_size=2M', '1T');
  const size = 2 ** 53 - 2 ** 39;
  const content = Buffer.concat([readFileSync(image), Buffer.alloc(2 * mib)]);
  content.writeBigUInt64BE(BigInt(size), 24);
  content.writeUInt32BE(16384, 36);
  const l1 = Number(content.readBigUInt64BE(40));
  for (let index = 0; index < 4096; index++) content.writeBigUInt64BE(BigInt((index + 10) * 2 * mib), l1 + index * 8);
  writeFileSync(image, content);
  truncateSync(image, 4200 * 2 * mib);
  try {
    assert.deepEqual(convert(image, directory.file('ours.raw')), { size, allocated: 0 });
  } catch (error) {
    // ext4 has no files of that size.
    assert.ok(error instanceof Failure && /more than a file on this file system can have/.test(error.message));
  }
  content.writeBigUInt64BE(2n ** 42n, 24);
  writeFileSync(image, content);
  truncateSync(image, 4200 * 2 * mib);
  assert.deepEqual(convert(image, directory.file('ours.raw')), { size: 2 ** 42, allocated: 0 });
});

for (const [when, look] of [
  ['before a piece of it', 3],
  ['within a piece of it', 4],
] as const) {
  test(`an image that becomes shorter ${when} is refused: nothing is made up for what is gone`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, '', '4M');
    edit(image, 'write -P 1 0 64k', 'write -P 2 2M 64k');
    const { size } = statSync(image);
    const { signal } = new AbortController();
    let looks = 0;
    // It is looked at before each piece and each of its blocks.
    const aborted = () => {
      looks += 1;
      if (looks === look) truncateSync(image, size - 64 * kib);
      return false;
    };
    Object.defineProperty(signal, 'aborted', { get: aborted });
    assert.throws(() => convert(image, directory.file('ours.raw'), { signal }), {
      kind: 'Corrupt',
      message:
        'Cannot read the image: it became shorter while it was read; stop what changes the image, or export a clone of it',
    });
  });
}

test('no change of a byte in header or tables makes it fail otherwise than with a Failure', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, 'cluster_size=512', '64k');
  edit(image, 'write -P 1 0 32k');
  const content = readFileSync(image);
  for (let position = 4; position < Math.min(content.length, 6144); position++) {
    for (const flip of [0x01, 0xff]) {
      const changed = Buffer.from(content);
      changed.writeUInt8(changed.readUInt8(position) ^ flip, position);
      writeFileSync(image, changed);
      try {
        convert(image, directory.file('ours.raw'), { sizeMax: 16 * mib });
      } catch (error) {
        assert.ok(error instanceof Failure, `byte ${position} ^ ${flip}: ${error}`);
      }
    }
  }
});
