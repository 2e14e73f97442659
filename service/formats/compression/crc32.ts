import { crc32 } from 'node:zlib';

/** Zeros are looked for in pieces of so many bytes. */
const pieceLength = 16 * 1024;
const zeros = Buffer.alloc(pieceLength);

/**
 * What a piece of zeros makes of a checksum, by each of its four bytes. Without the two inversions around it, CRC-32 is linear:
 * what becomes of a value is the sum (exclusive or) of what becomes of its bits.
 */
let zeroTables: Uint32Array[] | undefined;

function makeZeroTables(): Uint32Array[] {
  return [0, 8, 16, 24].map((shift) => {
    const table = new Uint32Array(256);
    for (let bit = 0; bit < 8; bit += 1) {
      const before = (1 << (shift + bit)) >>> 0;
      const after = ~crc32(zeros, ~before >>> 0) >>> 0;
      for (let value = 0; value < 256; value += 1) if (value & (1 << bit)) table[value] = (table[value] ?? 0) ^ after;
    }
    return table;
  });
}

function afterZeros(value: number): number {
  zeroTables ??= makeZeroTables();
  const before = ~value;
  let after = 0;
  for (const [index, table] of zeroTables.entries()) after ^= table[(before >>> (8 * index)) & 255] ?? 0;
  return ~after >>> 0;
}

function isZeroPiece(buffer: Buffer, start: number): boolean {
  return buffer[start] === 0 && buffer.compare(zeros, 0, pieceLength, start, start + pieceLength) === 0;
}

/** CRC-32 of gzip (RFC 1952, section 8) of bytes that may be zeros for the most part, as disks are: those cost next to nothing. */
export class Crc32 {
  /** Of all bytes so far, from 0 to 2³² - 1. */
  value = 0;

  update(buffer: Buffer, start: number, end: number): void {
    let from = start;
    for (let position = start; position + pieceLength <= end; position += pieceLength) {
      if (!isZeroPiece(buffer, position)) continue;
      this.#addData(buffer, from, position);
      this.value = afterZeros(this.value);
      from = position + pieceLength;
    }
    this.#addData(buffer, from, end);
  }

  #addData(buffer: Buffer, from: number, end: number): void {
    if (from < end) this.value = crc32(buffer.subarray(from, end), this.value);
  }
}
