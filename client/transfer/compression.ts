import type { Compression } from '../values.js';

const suffixes: readonly [string, Compression][] = [
  ['.gz', 'gzip'],
  ['.tgz', 'gzip'],
  ['.xz', 'xz'],
  ['.txz', 'xz'],
  ['.zst', 'zstd'],
  ['.zstd', 'zstd'],
  ['.tzst', 'zstd'],
  ['.bz2', 'bzip2'],
  ['.tbz2', 'bzip2'],
  ['.tbz', 'bzip2'],
];

/** The compression that a file name promises; undefined for none. */
export function compressionOf(file: string): Compression | undefined {
  return suffixes.find(([suffix]) => file.endsWith(suffix))?.[1];
}
