import { like } from '../../../../support/like.js';
import { dataBeginsWithinCluster } from '../../../../support/texts/formats.js';
import { dataOffset, type Hostile, l1Offset, l2, number } from './hostile-image.js';

export const hostileHeaders: readonly Hostile[] = [
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
    message: like`^The image is not a sound qcow2 image: it is marked as corrupt, and ${dataBeginsWithinCluster}; repair it with 'qemu-img check -r all' \(at byte \d+ of the file\)$`,
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
];
