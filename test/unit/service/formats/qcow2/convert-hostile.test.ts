import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { like } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../../support/temporary.js';
import { changedWhileRead, moreThanBytesOfData } from '../../../../support/texts/formats.js';

import { convert, create, edit, kib, mib, patch, qemu } from './qemu-images.js';

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
    name: 'the corrupt bit, and a table of no sense',
    kind: 'Corrupt',
    message:
      /^The image is not a sound qcow2 image: it is marked as corrupt, and data begins within a cluster; repair it with 'qemu-img check -r all' \(at byte \d+ of the file\)$/,
    changes: [
      [72, number(2, 8)],
      [l2, number(dataOffset + 512, 8)],
    ],
  },
  {
    name: 'the corrupt bit, and a file of 2^27 clusters and one',
    kind: 'Corrupt',
    message: /it is marked as corrupt, and it has too many clusters to be checked; repair it/,
    options: 'cluster_size=512',
    changes: [[72, number(2, 8)]],
    length: 2 ** 36 + 512,
  },
  {
    name: 'the corrupt bit, and data where a table is',
    kind: 'Corrupt',
    message: /it is marked as corrupt, and a cluster is used twice; repair it/,
    changes: [
      [72, number(2, 8)],
      [l2, number(l2, 8)],
    ],
  },
  {
    name: 'the corrupt bit, and one cluster twice',
    kind: 'Corrupt',
    message: /it is marked as corrupt, and a cluster is used twice; repair it/,
    changes: [
      [72, number(2, 8)],
      [l2, number(dataOffset + 65536, 8)],
    ],
  },
  {
    name: 'the corrupt bit, and a refcount table within a cluster',
    kind: 'Corrupt',
    message: /it is marked as corrupt, and its refcount table is damaged; repair it/,
    changes: [
      [72, number(2, 8)],
      [48, number(65536 + 8, 8)],
    ],
  },
  {
    name: 'the corrupt bit, and a refcount block behind the end',
    kind: 'Corrupt',
    message: /it is marked as corrupt, and its refcount table is damaged; repair it/,
    changes: [
      [72, number(2, 8)],
      [65536, number(1n << 40n, 8)],
    ],
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
    name: 'a file cut between its clusters',
    kind: 'Corrupt',
    message: /data lies behind.*truncated/,
    changes: [],
    length: dataOffset + 3 * 65536,
  },
  {
    name: 'a file cut before its L2 table',
    kind: 'Corrupt',
    message: /L2 table lies behind.*truncated/,
    changes: [],
    length: l2,
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
    message: like`${moreThanBytesOfData(1048576)}`,
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
    message: like`${moreThanBytesOfData(1048576)}`,
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
      message: changedWhileRead('the image', 'became shorter'),
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
