import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { cloneOrCopy, copySparse, dataExtents } from '../../../../../service/formats/disk/copy.js';
import { writeSparse } from '../../../../../service/formats/disk/sparse.js';
import { memorySource } from '../../../../support/formats/memory-source.js';
import { filesystemNeeds, mountedFilesystem, mountMemory } from '../../../../support/images/filesystems.js';
import { like } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { hasTooMuch, moreThanBytesOfData } from '../../../../support/texts/formats.js';

const kib = 1024;
const mib = 1024 * kib;

/** An image of the given size with bytes at the given places. */
function image(size: number, ...marks: [position: number, length: number][]): Buffer {
  const data = Buffer.alloc(size);
  for (const [position, length] of marks) data.fill(0x5a, position, position + length);
  return data;
}

const table: { name: string; data: Buffer; allocated: number }[] = [
  { name: 'nothing', data: image(0), allocated: 0 },
  { name: 'one byte', data: image(1, [0, 1]), allocated: 1 },
  { name: 'three bytes', data: image(3, [0, 3]), allocated: 3 },
  { name: 'one zero', data: image(1), allocated: 0 },
  { name: 'zeros of an odd size', data: image(3 * mib + 5), allocated: 0 },
  { name: 'data at the very end', data: image(2 * mib + 5, [2 * mib + 4, 1]), allocated: 5 },
  { name: 'data before zeros at the end', data: image(2 * mib, [0, 4096]), allocated: 4096 },
  { name: 'a byte in each of two grains', data: image(64 * kib, [4095, 2]), allocated: 8192 },
  { name: 'data over the border of blocks', data: image(3 * mib, [mib - 4096, 8192]), allocated: 8192 },
  { name: 'data everywhere', data: image(2 * mib + 1, [0, 2 * mib + 1]), allocated: 2 * mib + 1 },
  { name: 'zero at the start of a grain', data: image(8 * kib, [1, 1]), allocated: 4096 },
];

for (const { name, data, allocated } of table) {
  test(`an image with ${name} is written without its zeros`, async (t) => {
    await using directory = temporaryDirectory(t);
    for (const step of [mib, 1000]) {
      const path = directory.file(`image-${step}`);
      const descriptor = openSync(path, 'w+');
      const progress: number[] = [];
      const written = writeSparse(memorySource(data, step), descriptor, {
        onProgress: (bytes) => progress.push(bytes),
      });
      assert.deepEqual(written, { size: data.length, allocated });
      assert.ok(readFileSync(path).equals(data));
      assert.ok(fstatSync(descriptor).blocks * 512 <= Math.ceil(allocated / 4096) * 4096 + 4096);
      assert.equal(progress.at(-1), data.length);
      closeSync(descriptor);
    }
  });
}

test('more data than the limit is refused, holes do not count', async (t) => {
  await using directory = temporaryDirectory(t);
  const data = image(4 * mib, [0, 64 * kib], [3 * mib, 64 * kib]);
  const write = (sizeMax: number) =>
    writeSparse(memorySource(data), openSync(directory.file(`${sizeMax}`), 'w'), { sizeMax, subject: 'disk.raw' });
  assert.deepEqual(write(128 * kib), { size: 4 * mib, allocated: 128 * kib });
  assert.throws(
    () => write(128 * kib - 1),
    (error) => {
      assert.ok(error instanceof Failure && error.kind === 'UnsupportedFormat');
      assert.match(error.message, like`^disk\.raw holds ${moreThanBytesOfData(131071)}, .*--size-max=`);
      return true;
    },
  );
});

for (const [what, skipZeros] of [
  ['that are read', () => 0],
  ['that are skipped', () => mib],
] as const)
  test(`zeros without end ${what} come to an end`, async (t) => {
    await using directory = temporaryDirectory(t);
    const path = directory.file('image');
    let given = 0;
    const give = (count: number) => {
      given += count;
      return count;
    };
    const source = {
      read: (buffer: Buffer, from: number, length: number) => give(buffer.fill(0, from, from + length) && length),
      skipZeros: () => give(skipZeros()),
    };
    assert.throws(() => writeSparse(source, openSync(path, 'w'), { sizeMax: mib }), {
      message: `The image ${hasTooMuch('more than 67108864 bytes', 'its zeros', '', 64)}`,
    });
    assert.equal(statSync(path).blocks, 0);
    assert.ok(given <= 66 * mib, `it was given ${given} bytes`);
  });

test('a full file system is InsufficientSpace', async (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  const mount = mountMemory(directory, kib);
  const descriptor = openSync(`${mount}/image`, 'w+');
  const source = openSync(directory.file('source'), 'w+');
  writeSync(source, image(2 * mib, [0, 2 * mib]));
  for (const action of [
    () => writeSparse(memorySource(image(2 * mib, [0, 2 * mib])), descriptor),
    () => copySparse(source, descriptor),
    () => cloneOrCopy(source, descriptor),
  ]) {
    assert.throws(action, (error) => {
      assert.ok(error instanceof Failure && error.kind === 'InsufficientSpace', String(error));
      assert.match(error.message, /file system is full \(\d+ bytes available\)|there is room for 0/);
      return true;
    });
  }
  closeSync(descriptor);
  closeSync(source);
});

/** Writes the data extents of the table's images in a file with holes. */
function holed(path: string, data: Buffer): number {
  const descriptor = openSync(path, 'w+');
  writeSparse(memorySource(data), descriptor);
  return descriptor;
}

for (const { name, data } of table) {
  test(`a copy of an image with ${name} keeps its holes`, async (t) => {
    await using directory = temporaryDirectory(t);
    const source = holed(directory.file('source'), data);
    for (const copy of [copySparse, cloneOrCopy]) {
      const path = directory.file(copy.name);
      const target = openSync(path, 'w+');
      const copied = copy(source, target);
      assert.equal(copied.size, data.length);
      assert.ok(readFileSync(path).equals(data));
      assert.deepEqual([...dataExtents(target, 0, data.length)], [...dataExtents(source, 0, data.length)]);
      closeSync(target);
    }
    closeSync(source);
  });
}

test('a copy to another file system keeps holes and content', async (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  const mount = mountMemory(directory, 64 * kib);
  const data = image(40 * mib, [5, 10], [20 * mib, 3 * mib], [40 * mib - 1, 1]);
  const source = holed(directory.file('source'), data);
  const target = openSync(`${mount}/target`, 'w+');
  assert.equal(cloneOrCopy(source, target).cloned, false);
  assert.ok(readFileSync(`${mount}/target`).equals(data));
  assert.ok(fstatSync(target).blocks * 512 < 4 * mib);
  closeSync(target);
  closeSync(source);
});

test('btrfs shares the blocks of a copy', async (t) => {
  if (!needs(t, filesystemNeeds('btrfs'))) return;
  await using filesystem = mountedFilesystem(t, 'btrfs', 128);
  const mount = filesystem.path;
  const data = image(8 * mib, [mib, 2 * mib]);
  const source = holed(`${mount}/source`, data);
  const target = openSync(`${mount}/target`, 'w+');
  assert.deepEqual(cloneOrCopy(source, target), { size: 8 * mib, allocated: 2 * mib, cloned: true });
  assert.ok(readFileSync(`${mount}/target`).equals(data));
  closeSync(target);
  closeSync(source);
});
