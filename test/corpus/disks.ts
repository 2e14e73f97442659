import {
  clusterBytes,
  compressedEntry,
  compressedFlag,
  copied,
  deflated,
  entry,
  place,
  type Qcow2Fields,
  qcow2,
  zstdRun,
} from './qcow2.js';

/** Hostile and odd qcow2 images. What comes of each is in outcomes.txt. */

const far = [
  0,
  1,
  511,
  2 ** 20,
  2 ** 32,
  2n ** 48n,
  2n ** 55n - 512n,
  2n ** 56n - 512n,
  2n ** 63n,
  2n ** 64n - 512n,
  2n ** 64n - 1n,
];

const headers: Readonly<Record<string, Qcow2Fields>> = {
  ...table('version', [0, 1, 4, 0xffffffff], (version) => ({ version })),
  ...table('clusters of 2^', [0, 8, 22, 31, 32, 63, 64, 0xffffffff], (clusterBits) => ({ clusterBits })),
  ...table('a disk of', [...far, 1, 511, 2 ** 31], (size) => ({ size })),
  ...table('encryption', [1, 2, 3, 0xffffffff], (encryption) => ({ encryption })),
  ...table('an L1 table at', far, (l1Offset) => ({ l1Offset })),
  ...table('entries of L1:', [0, 2, 100, 0x7fffffff, 0xffffffff], (l1Entries) => ({ l1Entries })),
  ...table('features', [1, 2, 4, 8, 16, 32, 2n ** 63n, 2n ** 64n - 1n], (incompatible) => ({ incompatible })),
  ...table('a header of', [0, 72, 103, 104, 105, 2 ** 16, 0xfffffff8], (headerLength) => ({ headerLength })),
  ...table('compression', [1, 2, 255], (compression) => ({ compression })),
  ...table('snapshots:', [1, 65537, 0xffffffff], (snapshots) => ({ snapshots })),
  ...table('bits of a refcount: 2^', [0, 6, 7, 0xffffffff], (refcountOrder) => ({ refcountOrder })),
  ...table(
    'cut after',
    [0, 3, 4, 8, 71, 72, 103, 104, 512, 1535, 1536, 1543, 2047, 2048, 2559, 2560, 3071],
    (length) => ({ length }),
  ),
  ...table(
    'the backing file',
    ['base.img', '/etc/shadow', 'json:{"driver":"nbd"}', 'nbd://host', '\x1b[2J\n', 'x'.repeat(300)],
    (backing) => ({ backing }),
  ),
  'a backing file with a name of 4 GiB': { backing: 'x', patches: [{ at: 16, bytes: Buffer.alloc(4, 0xff) }] },
  'a backing file whose name is at the end of all': {
    backing: 'x',
    patches: [{ at: 8, bytes: Buffer.alloc(8, 0xff) }],
  },
  'a refcount table that is noise': { patches: [{ at: clusterBytes, bytes: Buffer.alloc(2 * clusterBytes, 0xa5) }] },
};

const entries = [
  ...far,
  place.l1,
  place.l2,
  0,
  place.data + 512,
  place.data + 8,
  compressedFlag,
  compressedFlag | 511n,
  copied,
  copied | compressedFlag,
];

const tables: Readonly<Record<string, Qcow2Fields>> = {
  ...table('an L2 table at', entries, (value) => ({ l1: [value] })),
  ...table('a cluster at', entries, (value) => ({ l2: [value] })),
  ...table('a compressed cluster at', entries, (value) => ({ l2: [compressedFlag | BigInt(value)] })),
  ...table('a zero cluster at', entries, (value) => ({ l2: [BigInt(value) | 1n] })),
  ...table('in version 2, a zero cluster at', [0, place.data], (value) => ({ version: 2, l2: [BigInt(value) | 1n] })),
  'marked as corrupt, and sound': { incompatible: 2 },
  'marked as corrupt, an L2 table that names itself as data': { incompatible: 2, l2: [place.l2] },
  'marked as corrupt, one cluster for the whole disk': {
    incompatible: 2,
    l2: Array.from({ length: 64 }, () => place.data),
  },
  'marked as corrupt, data in a refcount block': { incompatible: 2, l2: [2 * clusterBytes] },
  'marked as corrupt, clusters that overlap compressed ones': {
    incompatible: 2,
    l2: [place.data, compressedEntry(place.data, 20)],
    data: deflated(2),
  },
  'marked as corrupt, a refcount table that is noise': {
    incompatible: 2,
    patches: [{ at: clusterBytes, bytes: Buffer.alloc(clusterBytes, 0xa5) }],
  },
  'marked as corrupt, a refcount table of 4 GiB clusters': {
    incompatible: 2,
    patches: [{ at: 56, bytes: Buffer.alloc(4, 0xff) }],
  },
  'marked as corrupt, cut in its last cluster': { incompatible: 2, length: place.data + 1 },
  'an L2 table twice': { l1: [place.l2, place.l2], size: 128 * clusterBytes },
  'the L1 table as an L2 table': { l1: [place.l1] },
  'the header as an L2 table': { l1: [0, copied], size: 128 * clusterBytes },
  'an L2 table that names itself as data': { l2: [place.l2] },
  'an L2 table that names the L1 table as data': { l2: [place.l1] },
  'one cluster for the whole disk': { l2: Array.from({ length: 64 }, () => place.data) },
  'one compressed cluster for the whole disk': {
    l2: Array.from({ length: 64 }, () => compressedEntry(place.data, 20)),
    data: deflated(1),
  },
  'clusters that overlap compressed ones': { l2: [place.data, compressedEntry(place.data, 20)], data: deflated(2) },
  'a compressed cluster of noise': { l2: [compressedEntry(place.data, 512)], data: Buffer.alloc(clusterBytes, 0xa5) },
  'a compressed cluster of zeros': { l2: [compressedEntry(place.data, 512)], data: Buffer.alloc(clusterBytes) },
  'a compressed cluster that is too short': {
    l2: [compressedEntry(place.data, 512)],
    data: deflated(3).subarray(0, 3),
  },
  'a compressed cluster that says it has more sectors than the file': {
    l2: [compressedEntry(place.data, 512 * 3)],
    data: deflated(4),
  },
  'a zstd cluster': { incompatible: 8, compression: 1, l2: [compressedEntry(place.data, 20)], data: zstdRun(5) },
  'a zstd cluster of noise': { incompatible: 8, compression: 1, l2: [compressedEntry(place.data, 20)] },
  'deflate where zstd was said': {
    incompatible: 8,
    compression: 1,
    l2: [compressedEntry(place.data, 20)],
    data: deflated(6),
  },
  'zstd where deflate was said': { l2: [compressedEntry(place.data, 20)], data: zstdRun(7) },
  'a zstd cluster with a window of 2 GiB': {
    incompatible: 8,
    compression: 1,
    l2: [compressedEntry(place.data, 20)],
    data: Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8), Buffer.alloc(clusterBytes)]).subarray(
      0,
      clusterBytes,
    ),
  },
};

function table<Value>(
  name: string,
  values: readonly Value[],
  make: (value: Value) => Qcow2Fields,
): Record<string, Qcow2Fields> {
  const label = (value: Value) => (typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value));
  return Object.fromEntries(values.map((value) => [`${name} ${label(value)}`.replace('^ ', '^'), make(value)]));
}

/** With subclusters, whose clusters have 16 KiB at least: the header's patched fields and tables are laid out by hand. */
function extended(l2Entry: bigint, bitmap: bigint): Buffer {
  const cluster = 2 ** 14;
  const image = Buffer.alloc(6 * cluster);
  qcow2({ clusterBits: 14, incompatible: 16, size: 1 << 20, l1Offset: 3 * cluster }).copy(image, 0, 0, clusterBytes);
  entry(cluster).copy(image, 48);
  entry(4 * cluster).copy(image, 3 * cluster);
  entry(l2Entry).copy(image, 4 * cluster);
  entry(bitmap).copy(image, 4 * cluster + 8);
  image.fill(0x77, 5 * cluster);
  return image;
}

const data = 5n * 2n ** 14n;
const subclusters: Readonly<Record<string, Buffer>> = {
  'all subclusters allocated': extended(data, 0xffffffffn),
  'no subcluster allocated': extended(data, 0n),
  'all subclusters zero': extended(data, 0xffffffffn << 32n),
  'a subcluster both zero and allocated': extended(data, (1n << 32n) | 1n),
  'a subcluster allocated nowhere': extended(0n, 1n),
  'a subcluster beyond the end': extended(data + 2n ** 14n, 1n),
  'every other subcluster': extended(data, 0x55555555n),
  'a compressed cluster with a bitmap': extended(compressedFlag | data, 0xffffffffn),
};

/** All of them by name. */
export const disks: Readonly<Record<string, Buffer>> = {
  ...Object.fromEntries(Object.entries({ ...headers, ...tables }).map(([name, fields]) => [name, qcow2(fields)])),
  ...subclusters,
};
