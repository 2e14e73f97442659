import { strict as assert } from 'node:assert';
import { fstatSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { convertQcow2 } from '../../../service/formats/qcow2/convert.js';
import {
  clusterBytes,
  compressedEntry,
  compressedFlag,
  copied,
  deflated,
  entry,
  qcow2 as image,
  place,
  zstdRun,
} from '../../corpus/qcow2.js';
import type { Random } from '../../support/random.js';
import type { Target } from '../target.js';

/** Files without a name, where memory is the disk. */
const [source, converted] = ['source', 'converted'].map(openNameless) as [number, number];

function openNameless(name: string): number {
  const directory = mkdtempSync('/dev/shm/ferry-fuzz-');
  const descriptor = openSync(join(directory, name), 'wx+');
  rmSync(directory, { recursive: true });
  return descriptor;
}

const sizeMax = 1024 * 1024;
const interesting = [
  0n,
  1n,
  copied,
  compressedFlag,
  1n << 61n,
  1n << 56n,
  1n << 55n,
  (1n << 53n) - 1n,
  -1n,
  -512n,
] as const;
/** Offsets of what a header says in 4 bytes. */
const words = [4, 16, 20, 32, 36, 56, 60, 96, 100] as const;

function mutate(input: Buffer, random: Random): Buffer {
  if (input.length < 128) return input;
  if (random(4) === 0) {
    const at = words[random(words.length)] ?? 4;
    input.writeUInt32BE(random(2) ? random(32) : random(2 ** 31), at);
    return input;
  }
  const at = random(3) === 0 ? [8, 24, 40, 72][random(4)] : 8 * random(Math.floor(input.length / 8));
  const cluster = BigInt(clusterBytes * random(24));
  const value = random(3) === 0 ? (interesting[random(interesting.length)] ?? 0n) : cluster;
  entry(value | (random(4) === 0 ? compressedFlag : 0n) | (random(8) === 0 ? BigInt(random(512)) : 0n)).copy(input, at);
  return input;
}

/** The disk in an image of plain clusters, read as simply as can be; null where it has others, or is large. */
function simplyRead(input: Buffer): Buffer | null {
  const [size, clusterSize] = [Number(input.readBigUInt64BE(24)), 2 ** input.readUInt32BE(20)];
  const features = input.readUInt32BE(4) === 3 ? input.readBigUInt64BE(72) : 0n;
  if (size > 1 << 18 || (features & 16n) !== 0n) return null;
  const disk = Buffer.alloc(size);
  for (let guest = 0; guest < size; guest += clusterSize) {
    const index = guest / clusterSize;
    const table = offsetAt(input, Number(input.readBigUInt64BE(40)) + 8 * Math.floor(index / (clusterSize / 8)));
    if (table === 0) continue;
    const at = table + 8 * (index % (clusterSize / 8));
    if ((wordAt(input, at) & compressedFlag) !== 0n) return null;
    const host = offsetAt(input, at);
    if (host === 0 || (wordAt(input, at) & 1n) === 1n) continue;
    assert.ok(host < input.length, 'a cluster that the file does not have was taken');
    input.copy(disk, guest, host, host + clusterSize);
  }
  return disk;
}

/** Behind the end there are zeros. */
const wordAt = (input: Buffer, at: number) =>
  Buffer.concat([input.subarray(at, at + 8), Buffer.alloc(8)]).readBigUInt64BE();
const offsetAt = (input: Buffer, at: number) => Number(wordAt(input, at) & 0x00fffffffffffe00n);

export const qcow2: Target = {
  name: 'qcow2',
  lengthMax: 8192,
  dictionary: ['QFI\xfb\0\0\0\x02', 'QFI\xfb\0\0\0\x03', '\x80\0\0\0\0\0\x02\0', '\0'.repeat(64), '\xff'.repeat(8)],
  seeds: () => [
    image(),
    image({ version: 2 }),
    image({ backing: 'base.img' }),
    image({ l2: [place.data, 0, 1, place.data + clusterBytes], data: Buffer.alloc(2 * clusterBytes, 7) }),
    image({ l1: [place.l2, 0, place.data], size: 192 * clusterBytes, data: Buffer.alloc(clusterBytes) }),
    image({ l2: [compressedEntry(place.data, 20), compressedEntry(place.data, 600)], data: deflated(0x61) }),
    image({ l2: [compressedEntry(place.data, 20)], data: zstdRun(0x62), incompatible: 8, compression: 1 }),
    image({ clusterBits: 14, incompatible: 16, size: 1 << 20 }),
    image({ size: 0, l1: [] }),
    image({ incompatible: 2 }),
    image({ length: place.data + 100 }),
  ],
  run: (input) => {
    ftruncateSync(source, 0);
    ftruncateSync(converted, 0);
    writeSync(source, input, 0, input.length, 0);
    try {
      const { size, allocated } = convertQcow2(source, converted, { sizeMax });
      assert.equal(fstatSync(converted).size, size);
      assert.ok(allocated <= sizeMax);
      const expected = simplyRead(input);
      if (!expected) return;
      const disk = Buffer.alloc(size);
      readSync(converted, disk, 0, size, 0);
      assert.ok(disk.equals(expected), 'the disk is another one');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      assert.ok(error.kind === 'Corrupt' || error.kind === 'UnsupportedFormat', error.kind);
      assert.doesNotMatch(error.message, /[\x00-\x1f\x7f]/);
    }
  },
  mutate,
};
