import { createHash } from 'node:crypto';

/** How the lines of a checksum file look. */
export type ListStyle = 'gnu' | 'gnu binary' | 'gnu with paths' | 'bsd' | 'bsd with sizes' | 'bare' | 'headings';

export type ListAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha512' | 'blake2b512';

/** A file that is listed. */
export interface Entry {
  readonly name: string;
  readonly bytes: Buffer;
  /** Hexadecimal digests to be written in place of the right ones. */
  readonly digests?: Readonly<Partial<Record<ListAlgorithm, string>>>;
}

/** What Gentoo and Flatcar call the algorithms in their headings. */
const headings: Readonly<Record<ListAlgorithm, string>> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha256: 'SHA256',
  sha512: 'SHA512',
  blake2b512: 'BLAKE2B',
};

export function digestOf({ bytes, digests }: Entry, algorithm: ListAlgorithm): string {
  return digests?.[algorithm] ?? createHash(algorithm).update(bytes).digest('hex');
}

/** The text of a checksum file. */
export function writeList(style: ListStyle, algorithms: readonly ListAlgorithm[], entries: readonly Entry[]): string {
  return algorithms.map((algorithm) => writeLines(style, algorithm, entries)).join('');
}

function writeLines(style: ListStyle, algorithm: ListAlgorithm, entries: readonly Entry[]): string {
  const lines = entries.flatMap((entry) => writeEntry(style, algorithm, entry));
  const heading = style === 'headings' ? [`# ${headings[algorithm]} HASH`] : [];
  return [...heading, ...lines].map((line) => `${line}\n`).join('');
}

function writeEntry(style: ListStyle, algorithm: ListAlgorithm, entry: Entry): string[] {
  const digest = digestOf(entry, algorithm);
  switch (style) {
    case 'gnu':
    case 'headings':
      return [`${digest}  ${entry.name}`];
    case 'gnu binary':
      return [`${digest} *${entry.name}`];
    case 'gnu with paths':
      return [`${digest}  ./release/dist/${entry.name}`];
    case 'bsd':
      return [`${algorithm.toUpperCase()} (${entry.name}) = ${digest}`];
    case 'bsd with sizes':
      return [`# ${entry.name}: ${entry.bytes.length} bytes`, `${algorithm.toUpperCase()} (${entry.name}) = ${digest}`];
    case 'bare':
      return [digest];
  }
}
