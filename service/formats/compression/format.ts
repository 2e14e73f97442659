import { Failure } from '../../../common/failure.js';
import type { SuffixedFormat } from '../../../common/suffixes.js';
import { type ContentKind, factsOf } from '../content/kinds.js';
import { signatures } from '../content/signatures.js';
import { compressionKind, isLzmaAlone } from '../content/sniff.js';

/** Those that are written too. */
export type EncodedFormat = SuffixedFormat;

const compressedFormats = ['gzip', 'xz', 'zstd', 'bzip2', 'lz4', 'lzma'] as const satisfies readonly ContentKind[];

export type CompressedFormat = (typeof compressedFormats)[number];

/** How bytes are compressed, as far as Ferry can decode it. */
export type CompressionFormat = 'uncompressed' | CompressedFormat;

/** How many bytes `sniff` wants to see, unless the data ends before. */
export const sniffLength = 18;

const allowedFormats = `${compressedFormats.join(', ')}, or no compression`;

/** Whether these bytes begin a stream of the format; bytes that end within the magic number count when they fit so far. */
export function beginsStream(format: CompressedFormat, bytes: Buffer): boolean {
  if (format === 'lzma') return isLzmaAlone(bytes);
  const own = format === 'lz4' ? [...signatures.compressions, ...signatures.skippable] : signatures.compressions;
  return own.some((signature) => {
    if (signature.kind !== format) return false;
    const magic = Buffer.from(signature.bytes, 'latin1');
    const length = Math.min(magic.length, bytes.length);
    return magic.compare(bytes, 0, length, 0, length) === 0;
  });
}

/**
 * The compression that data has by its first bytes (at least `sniffLength` of them, fewer only if it is shorter); names play
 * no part. Data that is shorter than a magic number is uncompressed. `subject`: how messages call it, at the beginning of a sentence.
 *
 * @throws Failure UnsupportedFormat for the compressions that people use but Ferry does not read: to store those bytes as if
 * they were an image would be a lie
 */
export function sniff(firstBytes: Buffer, subject = 'The data'): CompressionFormat {
  const kind = compressionKind(firstBytes);
  if (kind === undefined) return 'uncompressed';
  const format = compressedFormats.find((known) => known === kind);
  if (format !== undefined) return format;
  throw unreadable(kind, subject);
}

/** What is not what Ferry decodes. */
export function unreadable(kind: ContentKind, subject: string): Failure {
  const { name, wayOut } = factsOf(kind);
  const message = `Cannot read ${subject.replace(/^The /, 'the ')}: it is ${name}, but Ferry reads ${allowedFormats}; ${wayOut}`;
  return new Failure('UnsupportedFormat', message, { needed: name, allowed: allowedFormats });
}
