/** Builds lz4 frames byte by byte (the lz4 frame format 1.6), also such as no program would write. */

const multiply = (a: number, b: number) => Math.imul(a, b) >>> 0;
const rotate = (value: number, bits: number) => ((value << bits) | (value >>> (32 - bits))) >>> 0;
const [prime1, prime2, prime3, prime4, prime5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;

/** The hash of all checksums: xxHash of 32 bits, with seed 0, of less than 16 bytes. */
function shortHash(bytes: Buffer): number {
  let hash = (prime5 + bytes.length) >>> 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4)
    hash = multiply(rotate((hash + multiply(bytes.readUInt32LE(at), prime3)) >>> 0, 17), prime4);
  for (; at < bytes.length; at++) hash = multiply(rotate((hash + multiply(bytes[at] ?? 0, prime5)) >>> 0, 11), prime1);
  hash = multiply(hash ^ (hash >>> 15), prime2);
  hash = multiply(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

export const magic = word(0x184d2204);
export const endMark = word(0);

interface Frame {
  /** Version 1, independent blocks, no checksums, unless given. */
  flags?: number;
  /** Blocks of 64 KiB unless given. */
  descriptor?: number;
  /** What follows both. */
  fields?: Buffer;
  /** Instead of the right one. */
  headerSum?: number;
  blocks?: readonly Buffer[];
  end?: Buffer;
}

/** A frame, with what is in its blocks. */
export function frame({
  flags = 0x60,
  descriptor = 0x40,
  fields = Buffer.alloc(0),
  headerSum,
  blocks = [],
  end = endMark,
}: Frame): Buffer {
  const header = Buffer.concat([Buffer.of(flags, descriptor), fields]);
  const sum = headerSum ?? (shortHash(header) >>> 8) & 0xff;
  return Buffer.concat([magic, header, Buffer.of(sum), ...blocks, end]);
}

/** A block of compressed bytes, or with bytes that are not compressed. */
export const block = (bytes: Buffer): Buffer => Buffer.concat([word(bytes.length), bytes]);
export const plainBlock = (bytes: Buffer): Buffer => Buffer.concat([word(bytes.length | 0x80000000), bytes]);
export const checkedBlock = (bytes: Buffer, sum = shortHash(bytes)): Buffer =>
  Buffer.concat([plainBlock(bytes), word(sum)]);

/** A compressed block that gives so many zeros, at least 32: one literal, a match of the rest but five, and five literals. */
export function zeros(count: number): Buffer {
  const extra = count - 6 - 4 - 15;
  const lengths = Buffer.concat([Buffer.alloc(Math.floor(extra / 255), 255), Buffer.of(extra % 255)]);
  return block(Buffer.concat([Buffer.of(0x1f, 0, 1, 0), lengths, Buffer.of(0x50, 0, 0, 0, 0, 0)]));
}

const size = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

const text = plainBlock(Buffer.from('text'));
const skippable = (length: number, data: Buffer) => Buffer.concat([word(0x184d2a50), word(length), data]);
const good = frame({ blocks: [text, zeros(1000)] });

/** Hostile and odd frames. What comes of each is in outcomes.txt. */
export const frames: Readonly<Record<string, Buffer>> = {
  'a good frame': good,
  'two frames': Buffer.concat([good, good]),
  'an empty frame': frame({}),
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `a frame of ${good.length} bytes, cut after ${index + 4}`,
      good.subarray(0, index + 4),
    ]),
  ),
  ...Object.fromEntries(
    [0x00, 0x20, 0x61, 0x62, 0x64, 0x68, 0x70, 0xa0, 0xe0].map((flags) => [
      `flags ${flags.toString(16)}`,
      frame({ flags, blocks: [text] }),
    ]),
  ),
  ...Object.fromEntries(
    [0x00, 0x10, 0x30, 0x50, 0x60, 0x70, 0x80, 0xc0, 0x41, 0x4f].map((descriptor) => [
      `a descriptor ${descriptor.toString(16)}`,
      frame({ descriptor, blocks: [text] }),
    ]),
  ),
  'a wrong sum of the header': frame({ headerSum: 0, blocks: [text] }),
  'a size that is right': frame({ flags: 0x68, fields: size(4n), blocks: [text] }),
  'a size that is too small': frame({ flags: 0x68, fields: size(3n), blocks: [text] }),
  'a size that is too large': frame({ flags: 0x68, fields: size(5n), blocks: [text] }),
  'a size of 2^64 - 1': frame({ flags: 0x68, fields: size(2n ** 64n - 1n), blocks: [text] }),
  'a dictionary': frame({ flags: 0x61, fields: word(7), blocks: [text] }),
  'a sum of a block': frame({ flags: 0x70, blocks: [checkedBlock(Buffer.from('text'))] }),
  'a wrong sum of a block': frame({ flags: 0x70, blocks: [checkedBlock(Buffer.from('text'), 1)] }),
  'a sum of all': frame({
    flags: 0x64,
    blocks: [text],
    end: Buffer.concat([endMark, word(shortHash(Buffer.from('text')))]),
  }),
  'a wrong sum of all': frame({ flags: 0x64, blocks: [text], end: Buffer.concat([endMark, word(1)]) }),
  'a block larger than may be': frame({ blocks: [plainBlock(Buffer.alloc(65_537))] }),
  'a block that gives more than may be': frame({ blocks: [zeros(65_537)] }),
  'a block of 2 GiB': frame({ blocks: [Buffer.concat([word(0x7fffffff), Buffer.alloc(100)])] }),
  'an empty block': frame({ blocks: [plainBlock(Buffer.alloc(0)), text] }),
  'a match before the beginning': frame({ blocks: [block(Buffer.of(0x10, 65, 9, 0, 0x50, 1, 2, 3, 4, 5))] }),
  'literals behind the end': frame({ blocks: [block(Buffer.of(0xf0, 255, 255, 255, 0))] }),
  'a match in the block before, independent': frame({
    blocks: [text, block(Buffer.of(0x10, 65, 4, 0, 0x50, 1, 2, 3, 4, 5))],
  }),
  'a match in the block before, linked': frame({
    flags: 0x40,
    blocks: [text, block(Buffer.of(0x10, 65, 4, 0, 0x50, 1, 2, 3, 4, 5))],
  }),
  'no end': frame({ blocks: [text], end: Buffer.alloc(0) }),
  'a skippable frame before': Buffer.concat([skippable(4, Buffer.from('skip')), good]),
  'a skippable frame of 4 GiB behind': Buffer.concat([good, skippable(0xffffffff, Buffer.alloc(100))]),
  'bytes behind': Buffer.concat([good, Buffer.from('behind')]),
  'a legacy frame behind': Buffer.concat([good, word(0x184c2102), block(Buffer.from('x'))]),
  'a legacy frame': Buffer.concat([word(0x184c2102), block(Buffer.from('x'))]),
};
