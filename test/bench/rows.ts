/** One download to be measured. */
export interface Row {
  /** What people call it. */
  readonly name: string;
  readonly verb: 'tar' | 'raw';
  /** The file in the served directory. */
  readonly file: string;
  /** Whether --quick has it. */
  readonly quick: boolean;
}

export const rows: readonly Row[] = [
  { name: 'tar plain', verb: 'tar', file: 'debian.tar', quick: true },
  { name: 'tar gz', verb: 'tar', file: 'debian.tar.gz', quick: false },
  { name: 'tar xz, many blocks', verb: 'tar', file: 'debian.tar.xz', quick: true },
  { name: 'tar xz, one block', verb: 'tar', file: 'debian-one-block.tar.xz', quick: false },
  { name: 'tar zst', verb: 'tar', file: 'debian.tar.zst', quick: true },
  { name: 'tar bz2', verb: 'tar', file: 'debian.tar.bz2', quick: false },
  { name: 'raw plain', verb: 'raw', file: 'disk.raw', quick: false },
  { name: 'raw gz', verb: 'raw', file: 'disk.raw.gz', quick: false },
  { name: 'raw xz', verb: 'raw', file: 'disk.raw.xz', quick: false },
  { name: 'raw zst', verb: 'raw', file: 'disk.raw.zst', quick: true },
  { name: 'raw qcow2', verb: 'raw', file: 'disk.qcow2', quick: true },
];
