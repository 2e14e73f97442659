import { like } from '../../../../support/like.js';
import { dataBeginsWithinCluster, moreThanBytesOfData } from '../../../../support/texts/formats.js';
import { dataOffset, type Hostile, l1Offset, l2, number } from './hostile-image.js';
import { mib } from './qemu-images.js';

export const hostileTables: readonly Hostile[] = [
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
    message: like`: ${dataBeginsWithinCluster} \(at byte \d+ of the file\)$`,
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
