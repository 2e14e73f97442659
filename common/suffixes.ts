/** The formats that a file may be compressed with, by the names of the interface. */
export type SuffixedFormat = 'xz' | 'gzip' | 'bzip2' | 'zstd';

/** In the order in which systemd tries them; `.zstd`, which it does not know, comes last. */
const compressedBy: readonly [suffix: string, format: SuffixedFormat][] = [
  ['.xz', 'xz'],
  ['.gz', 'gzip'],
  ['.bz2', 'bzip2'],
  ['.zst', 'zstd'],
  ['.zstd', 'zstd'],
];

/** Of compressions that are read, but not written. */
const readOnlySuffixes: readonly string[] = ['.lz4', '.lzma'];

/** One suffix for an archive and its compression. */
const archivedBy: readonly [suffix: string, format: SuffixedFormat][] = [
  ['.tgz', 'gzip'],
  ['.txz', 'xz'],
  ['.tbz2', 'bzip2'],
  ['.tbz', 'bzip2'],
  ['.tzst', 'zstd'],
];

export const compressionSuffixes: readonly string[] = compressedBy.map(([suffix]) => suffix);

/** What is appended to the name of a file that is written in that format. */
export function suffixOf(format: SuffixedFormat): string {
  return compressedBy.find(([, other]) => other === format)?.[0] ?? '';
}

/** What the name of a tar archive may end in: cpio archives are taken for one too. */
export const tarSuffixes: readonly string[] = [
  ...['.tar', '.cpio'].flatMap((archive) =>
    ['', ...compressionSuffixes, ...readOnlySuffixes].map((suffix) => `${archive}${suffix}`),
  ),
  ...archivedBy.map(([suffix]) => suffix),
  '.tlz4',
];

/** What the name of a disk image may end in, in the order in which systemd tries them. */
export const rawSuffixes: readonly string[] = [
  ...compressionSuffixes,
  ...readOnlySuffixes,
  '.sysext.raw',
  '.confext.raw',
  '.raw',
  '.qcow2',
  '.img',
  '.bin',
];

/** Whether a file name says that it is an archive or a disk, in either case. */
export function hasImageSuffix(name: string): boolean {
  const lower = name.toLowerCase();
  return [...tarSuffixes, ...rawSuffixes, '.iso'].some((suffix) => lower.endsWith(suffix) && lower !== suffix);
}

/** Takes one suffix of tar archives off a file name, and those of compressions behind it: `a.tar.gz.xz` becomes `a`; may leave nothing. */
export function stripTarSuffix(name: string): string {
  const suffix = tarSuffixes.find((candidate) => name.endsWith(candidate));
  if (suffix !== undefined) return name.slice(0, -suffix.length);
  const outer = [...compressionSuffixes, ...readOnlySuffixes].find((candidate) => name.endsWith(candidate));
  if (outer === undefined) return name;
  const inner = name.slice(0, -outer.length);
  const stripped = stripTarSuffix(inner);
  return stripped === inner ? name : stripped;
}

/** Takes all suffixes of disk images and of compression off a file name: `a.raw.gz.xz.img.bin` becomes `a`; may leave nothing. */
export function stripRawSuffixes(name: string): string {
  let rest = name;
  let before: string;
  do {
    before = rest;
    for (const suffix of rawSuffixes) if (rest.endsWith(suffix)) rest = rest.slice(0, -suffix.length);
  } while (rest !== before);
  return rest;
}

/** Takes the suffixes of a format off a file name; may leave nothing. */
export function stripSuffixes(name: string, format: 'tar' | 'raw'): string {
  return format === 'tar' ? stripTarSuffix(name) : stripRawSuffixes(name);
}

/** The compression that a file name promises, in upper case too; undefined for none. */
export function compressionOf(file: string): SuffixedFormat | undefined {
  const name = file.toLowerCase();
  return [...compressedBy, ...archivedBy].find(([suffix]) => name.endsWith(suffix))?.[1];
}
