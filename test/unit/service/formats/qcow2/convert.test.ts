import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { run } from '../../../../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

import { compareWithQemu, convert, create, edit, kib, mib, patch, qemu } from './qemu-images.js';

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

for (const options of ['', 'compat=0.10', 'cluster_size=512', 'cluster_size=2M', 'extended_l2=on']) {
  test(`an image made with "${options}" whose last cluster is not whole becomes the same disk as with qemu-img`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, options, '3M');
    edit(image, 'write -P 5 0 4k', 'write -P 6 1M 64k');
    const { size } = statSync(image);
    const clusterSize = readFileSync(image).readUInt32BE(20);
    for (const cut of [1, 255, 2 ** clusterSize - 1]) {
      truncateSync(image, size - cut);
      const warnings: string[] = [];
      compareWithQemu(directory, image, { onWarning: (message) => warnings.push(message) });
      assert.deepEqual(
        warnings.map((message) => message.replace(/\d+/, 'N')),
        ['The image ends within its last cluster; the N bytes that it lacks are taken for zeros'],
      );
    }
  });
}

test('compressed clusters at the end of a file, and an L2 table there, need not be whole', async (t) => {
  if (!needs(t, qemu)) return;
  await using directory = temporaryDirectory(t);
  const image = create(directory, '', '1M');
  edit(image, 'write -P 5 0 4k');
  const content = readFileSync(image);
  const [l1, l2] = [3 * 64 * kib, content.length];
  content.writeBigUInt64BE(BigInt(l2), l1);
  writeFileSync(image, Buffer.concat([content, content.subarray(4 * 64 * kib, 4 * 64 * kib + 8)]));
  const warnings: string[] = [];
  compareWithQemu(directory, image, { onWarning: (message) => warnings.push(message) });
  assert.deepEqual(warnings, [
    'The image ends within its last cluster; the 65528 bytes that it lacks are taken for zeros',
  ]);
  const raw = directory.file('disk.raw');
  writeFileSync(raw, Buffer.alloc(256 * kib, 'some words to compress'));
  run('qemu-img', ['convert', '-c', '-O', 'qcow2', raw, image]);
  truncateSync(image, statSync(image).size - 100);
  compareWithQemu(directory, image, { onWarning: (message) => assert.fail(message) });
});

for (const options of ['', 'extended_l2=on', 'cluster_size=512', 'compression_type=zstd', 'refcount_bits=1']) {
  test(`an image made with "${options}" that is marked as corrupt is converted with a warning if its tables are sound`, async (t) => {
    if (!needs(t, qemu)) return;
    await using directory = temporaryDirectory(t);
    const image = create(directory, options, '3100k');
    edit(image, ...writes, 'write -c -P 9 2M 64k', 'write -c -P 8 2112k 64k');
    const [features = 0] = readFileSync(image).subarray(79);
    patch(image, 79, Buffer.of(features | 2));
    const warnings: string[] = [];
    compareWithQemu(directory, image, { onWarning: (message) => warnings.push(message) });
    assert.deepEqual(warnings, [
      'The image is marked as corrupt, but all its tables are sound; its data is taken as it is',
    ]);
  });
}

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
