import { type Coder, decoders, encoders, type Source } from './sources.js';

/** What is measured; both sides do the same. */
export type Work =
  | { readonly kind: 'pull' | 'import'; readonly format: 'tar' | 'raw'; readonly file: string }
  /** A second instance of what was pulled and kept. */
  | { readonly kind: 'again'; readonly format: 'tar' | 'raw'; readonly file: string }
  | { readonly kind: 'import-fs'; readonly source: Source }
  /** From a registry on loopback. What the other side of a tree is, one of systemd's helpers cannot make: skopeo and umoci do. */
  | { readonly kind: 'pull-oci'; readonly layout: 'tree' | 'mstack' }
  | {
      readonly kind: 'export';
      readonly format: 'tar' | 'raw';
      readonly source: Source;
      /** As --format= wants it. */
      readonly compression: 'uncompressed' | 'xz' | 'zstd' | 'gzip' | 'bzip2';
      /** systemd's file is synced after it, as Ferry's always is. */
      readonly synced?: true;
    };

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly work: Work;
  /** The most that Ferry's wall time may be of systemd's. */
  readonly target: number | { readonly ext4: number; readonly btrfs: number };
  /** The codec by itself, with all cores. */
  readonly coder?: Coder;
  /** The most that Ferry's wall time may be of the coder's. */
  readonly coderTarget?: number;
  /** On btrfs blocks are shared, so there is nothing to write. */
  readonly shares?: true;
}

/** The most that Ferry's processor time may be of systemd's, in any row. */
export const processorTarget = 1.15;

const archives: readonly (readonly [name: string, file: string, target: number])[] = [
  ['xz, many blocks', 'debian.tar.xz', 0.75],
  ['xz, one block', 'debian-one-block.tar.xz', 1],
  ['gz', 'debian.tar.gz', 0.7],
  ['zst', 'debian.tar.zst', 0.85],
  ['bz2', 'debian.tar.bz2', 0.55],
  ['plain', 'debian.tar', 0.85],
];

const disks: readonly (readonly [name: string, file: string, target: number])[] = [
  ['xz', 'disk.raw.xz', 0.45],
  ['zst', 'disk.raw.zst', 0.5],
  ['gz', 'disk.raw.gz', 0.5],
  ['plain', 'disk.raw', 0.6],
];

function incoming(kind: 'pull' | 'import'): Row[] {
  const row = (format: 'tar' | 'raw') => {
    return ([name, file, target]: readonly [string, string, number]): Row => {
      return { name: `${kind}-${format} ${name}`, work: { kind, format, file }, target, ...decoders(file) };
    };
  };
  const work = { kind, format: 'raw', file: 'disk.qcow2' } as const;
  const qcow2: Row = { name: `${kind}-raw qcow2`, work, target: 0.7, ...decoders(work.file), coderTarget: 1.1 };
  return [...archives.map(row('tar')), ...disks.map(row('raw')), qcow2];
}

const again: readonly Row[] = (['tar', 'raw'] as const).map((format) => ({
  name: `second instance of a ${format}`,
  work: { kind: 'again', format, file: format === 'tar' ? 'debian.tar.zst' : 'disk.raw.zst' },
  target: { ext4: 0.8, btrfs: 1 },
  shares: true,
}));

const importDirectory: Row = {
  name: 'import-fs, 60,000 files',
  work: { kind: 'import-fs', source: 'many' },
  target: { ext4: 0.9, btrfs: 1 },
  shares: true,
};

const containers: readonly Row[] = [
  { name: 'pull-oci, a tree, beside skopeo and umoci', work: { kind: 'pull-oci', layout: 'tree' }, target: 0.6 },
  { name: 'pull-oci, a stack', work: { kind: 'pull-oci', layout: 'mstack' }, target: 0.85 },
];

function outgoing(
  format: 'tar' | 'raw',
  source: Source,
  compression: Extract<Work, { kind: 'export' }>['compression'],
  target: number,
): Row {
  const name = `export-${format} ${compression === 'uncompressed' ? 'plain' : compression}`;
  return { name, work: { kind: 'export', format, source, compression }, target, ...encoders(compression, source) };
}

/** An export without compression whose file is on the disk at the end on both sides. */
function synced({ work, name, ...row }: Row): Row {
  return { ...row, name: `${name}, both synced`, work: work.kind === 'export' ? { ...work, synced: true } : work };
}

const plainTree = outgoing('tar', 'tree', 'uncompressed', 0.8);
const plainDisk = outgoing('raw', 'disk', 'uncompressed', 0.3);

/** Every line of the table that is promised. What takes long to compress is smaller. */
export const rows: readonly Row[] = [
  ...incoming('pull'),
  ...again,
  ...containers,
  ...incoming('import'),
  importDirectory,
  outgoing('tar', 'perl', 'xz', 0.6),
  outgoing('tar', 'tree', 'zstd', 0.7),
  outgoing('tar', 'share', 'gzip', 0.6),
  outgoing('tar', 'share', 'bzip2', 0.6),
  plainTree,
  synced(plainTree),
  plainDisk,
  synced(plainDisk),
  outgoing('raw', 'smallDisk', 'xz', 0.6),
];
