import { type Bits, readBits, sliceBits } from './bits.js';

/*
 * Finds the blocks of a bzip2 stream, which begin at any bit with a magic number of 48 bits (pi), and its end, another
 * one (the square root of pi) before the stream's checksum. Either may occur within a block by chance or malice: who
 * decodes the blocks finds out.
 */

const blockMagic = [0x314159, 0x265359] as const;
const endMagic = [0x177245, 0x385090] as const;
const magicBits = 48;
const checksumBits = 32;
const streamHeaderBits = 32;

/**
 * No block is longer, in bits: 900,050 symbols of at most 20 bits, and the tables before them.
 */
export const blockBitsMax = 900_050 * 20 + 2 ** 19;

export type Found =
  | { type: 'block'; block: Bits }
  /** `block` is the last one, undefined in an empty stream. `excess`: bytes that were added but lie behind the stream. */
  | { type: 'end'; block: Bits | undefined; checksum: number; excess: number }
  | { type: 'damaged' }
  | { type: 'wanting' };

/**
 * For two bytes that occur in a magic number as the second and third, or the third and fourth, at some shift: how many
 * bits before them it begins, 0 for all others. So it is enough to look at every other pair; no two cases are alike.
 */
const leads = new Uint8Array(65536);
for (const [high, low] of [blockMagic, endMagic]) {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(high, 0, 3);
  bytes.writeUIntBE(low, 3, 3);
  for (let lead = 1; lead <= 16; lead++) leads[readBits(bytes, lead, 16)] = lead;
}

export class Bzip2Scanner {
  #bytes = Buffer.allocUnsafeSlow(1 << 20);
  #length = 0;
  /** Where the current block begins, in bits; the stream's header first. */
  #start = 0;
  /** The first of the next two bytes to look at. */
  #next = 2;
  #inHeader = true;

  /** Adds bytes of the stream. */
  add(input: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * needed);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#length += input.copy(this.#bytes, this.#length, start, end);
  }

  /** What comes next in the bytes there are. After an end the scan can go on behind its magic, if that was none. */
  find(): Found {
    for (;;) {
      const position = this.#search();
      if (position === undefined) {
        const tooLong = this.#length * 8 - this.#start > blockBitsMax || (this.#inHeader && this.#length > 64);
        return { type: tooLong ? 'damaged' : 'wanting' };
      }
      if (this.#inHeader && position !== streamHeaderBits) return { type: 'damaged' };
      const found = this.#matches(position, blockMagic) ? this.#foundBlock(position) : this.#foundEnd(position);
      if (found) return found;
    }
  }

  /** The bit at which the next magic number begins. */
  #search(): number | undefined {
    const bytes = this.#bytes;
    // Behind the bytes looked at there must be the rest of a magic number; behind the last one there is a checksum.
    const end = this.#length - 5;
    for (let index = this.#next; index < end; index += 2) {
      const pair = ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
      const lead = leads[pair] ?? 0;
      if (lead === 0 || !this.#isBoundary(index * 8 - lead)) continue;
      this.#next = index;
      return index * 8 - lead;
    }
    this.#next += Math.max(0, Math.ceil((end - this.#next) / 2) * 2);
    return undefined;
  }

  #isBoundary(position: number): boolean {
    if (position <= this.#start && !this.#inHeader) return false;
    return this.#matches(position, blockMagic) || this.#matches(position, endMagic);
  }

  #matches(position: number, [high, low]: readonly [number, number]): boolean {
    return readBits(this.#bytes, position, 24) === high && readBits(this.#bytes, position + 24, 24) === low;
  }

  /** Undefined for the first block, which ends none. */
  #foundBlock(position: number): Found | undefined {
    const block = this.#inHeader ? undefined : sliceBits(this.#bytes, this.#start, position);
    this.#restartAt(position);
    return block && { type: 'block', block };
  }

  #foundEnd(position: number): Found {
    const end = Math.ceil((position + magicBits + checksumBits) / 8);
    if (this.#length < end) return { type: 'wanting' };
    const block = this.#inHeader ? undefined : sliceBits(this.#bytes, this.#start, position);
    const checksum = readBits(this.#bytes, position + magicBits, checksumBits);
    const excess = this.#length - end;
    this.#length = end;
    this.#restartAt(position);
    return { type: 'end', block, checksum, excess };
  }

  /** Forgets what is before a magic number, and looks behind it. */
  #restartAt(position: number): void {
    const first = position >> 3;
    this.#bytes.copyWithin(0, first, this.#length);
    this.#length -= first;
    this.#start = position & 7;
    this.#next = 2;
    this.#inHeader = false;
  }
}
