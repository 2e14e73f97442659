import { Failure } from '../../../common/failure.js';

/** How bytes are compressed, as far as Ferry can decode it. */
export type CompressionFormat = 'uncompressed' | 'gzip' | 'xz' | 'zstd' | 'bzip2';

export type CompressedFormat = Exclude<CompressionFormat, 'uncompressed'>;

/** How many bytes `sniff` wants to see, unless the data ends before. */
export const sniffLength = 18;

const allowedFormats = 'gzip, xz, zstd, bzip2, or no compression';

/** The magic numbers: RFC 1952, the .xz format 2.1.1.1, RFC 8878 3.1.1, bzip2's compress.c. */
const magics: Record<CompressedFormat, Buffer[]> = {
  gzip: [Buffer.of(0x1f, 0x8b)],
  xz: [Buffer.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)],
  zstd: [
    Buffer.of(0x28, 0xb5, 0x2f, 0xfd),
    // Skippable frames: pzstd and seekable files begin with one.
    ...Array.from({ length: 16 }, (_, index) => Buffer.of(0x50 + index, 0x2a, 0x4d, 0x18)),
  ],
  bzip2: Array.from({ length: 9 }, (_, index) => Buffer.from(`BZh${index + 1}`)),
};

const unsupported: { name: string; tool: string; matches(bytes: Buffer): boolean }[] = [
  { name: 'lz4', tool: 'lz4 -d', matches: (bytes) => startsWith(bytes, 0x04, 0x22, 0x4d, 0x18) },
  { name: 'lz4 (legacy frames)', tool: 'lz4 -d', matches: (bytes) => startsWith(bytes, 0x02, 0x21, 0x4c, 0x18) },
  { name: 'lzma', tool: 'xz --format=lzma -d', matches: isLzmaAlone },
  { name: 'zip', tool: 'unzip', matches: (bytes) => startsWith(bytes, 0x50, 0x4b, 0x03, 0x04) },
  { name: 'compress (.Z)', tool: 'gzip -d', matches: (bytes) => startsWith(bytes, 0x1f, 0x9d) },
];

function startsWith(bytes: Buffer, ...expected: number[]): boolean {
  return expected.every((value, index) => bytes[index] === value);
}

/**
 * The headers of xz's predecessor have no magic number: the usual properties byte, a dictionary of a size that encoders
 * use, and a content size that is either unknown or below 256 GiB, as file(1) and liblzma test it.
 */
function isLzmaAlone(bytes: Buffer): boolean {
  if (bytes.length < 13 || bytes[0] !== 0x5d) return false;
  const dictionary = bytes.readUInt32LE(1);
  const size = bytes.readBigUInt64LE(5);
  const usual = dictionary >= 0x1000 && Number.isInteger(Math.log2(dictionary));
  return usual && (size === 0xffffffffffffffffn || (size > 0n && size < 1n << 38n));
}

/** Whether these bytes begin a stream of the format; bytes that end within the magic number count when they fit so far. */
export function beginsStream(format: CompressedFormat, bytes: Buffer): boolean {
  return magics[format].some((magic) => {
    const length = Math.min(magic.length, bytes.length);
    return magic.compare(bytes, 0, length, 0, length) === 0;
  });
}

/**
 * The compression that data has by its first bytes (`SNIFF_LENGTH` of them, fewer only if it is shorter); names play
 * no part. Data that is shorter than a magic number is uncompressed.
 *
 * @throws Failure UnsupportedFormat for the compressions that people use but Ferry does not read: to store those bytes as if
 * they were an image would be a lie
 */
export function sniff(firstBytes: Buffer, subject = 'The data'): CompressionFormat {
  for (const format of ['gzip', 'xz', 'zstd', 'bzip2'] as const) {
    const shortest = magics[format][0]?.length ?? 0;
    if (firstBytes.length >= shortest && beginsStream(format, firstBytes)) return format;
  }
  const other = unsupported.find(({ matches }) => matches(firstBytes));
  if (!other) return 'uncompressed';
  const message = `${subject} is compressed with ${other.name}, but Ferry reads ${allowedFormats}: unpack it first (${other.tool})`;
  throw new Failure('UnsupportedFormat', message, { needed: other.name, allowed: allowedFormats });
}
