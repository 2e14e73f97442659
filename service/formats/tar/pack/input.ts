import type { ByteSource } from '../../bytes.js';
import type { ByteString } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';

/** Few reads, yet small enough that what was read is still in the processor's cache when it is written: 512 KiB cost a third more. */
const inputBufferSize = 128 * 1024;

/** An archive's bytes, buffered, with a count of where they are. */
export class ArchiveInput {
  readonly buffer: Buffer;
  /** What was read and not yet used: `buffer` from `start` up to `end`. */
  start = 0;
  end = 0;
  /** Bytes of the archive before `start`. */
  offset = 0;
  /** The sum of the bytes that were used up since it was set; undefined where it is not needed. */
  sum: number | undefined;
  /** What the source threw, to tell its errors from those of the file system written to. */
  failure: unknown;
  readonly #source: ByteSource;

  constructor(source: ByteSource, bufferSize = inputBufferSize) {
    this.#source = source;
    this.buffer = Buffer.allocUnsafe(bufferSize);
  }

  /** Bytes at hand. */
  get available(): number {
    return this.end - this.start;
  }

  /** Reads some more; false at the end of the archive. What is still unused moves to the front. */
  fill(): boolean {
    if (this.start > 0) {
      if (this.end > this.start) this.buffer.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    try {
      const count = this.#source.read(this.buffer, this.end, this.buffer.length - this.end);
      this.end += count;
      return count > 0;
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  /** Whether `length` bytes are at hand, in one piece, after reading as many as it takes. */
  ensure(length: number): boolean {
    while (this.end - this.start < length) if (!this.fill()) return false;
    return true;
  }

  /** Marks bytes as used. */
  consume(length: number): void {
    if (this.sum !== undefined) this.sum += this.#sumOf(length);
    this.start += length;
    this.offset += length;
  }

  #sumOf(length: number): number {
    let sum = 0;
    for (let index = this.start; index < this.start + length; index++) sum += this.buffer[index] ?? 0;
    return sum;
  }

  /**
   * Uses up `length` bytes.
   *
   * @throws Failure Corrupt when the archive ends before; what the source throws
   */
  skip(length: number): void {
    if (this.skipUpTo(length) < length) throw truncatedArchive(this.offset);
  }

  /** Uses up `length` bytes, or all that are left. Gives back how many there were; throws what the source throws. */
  skipUpTo(length: number): number {
    let left = length;
    while (left > 0 && (this.available > 0 || this.fill())) {
      const count = Math.min(left, this.available);
      this.consume(count);
      left -= count;
    }
    return length - left;
  }

  /**
   * Takes the next `length` bytes out.
   *
   * @throws Failure Corrupt when the archive ends before; what the source throws
   */
  take(length: number): ByteString {
    const parts: ByteString[] = [];
    let left = length;
    do {
      if (left > 0 && this.available === 0 && !this.fill()) throw truncatedArchive(this.offset);
      const count = Math.min(left, this.available);
      parts.push(this.buffer.toString('latin1', this.start, this.start + count));
      this.consume(count);
      left -= count;
    } while (left > 0);
    return parts.join('');
  }

  /** Reads up to the end of the source, so that its writer never meets a closed pipe. Gives back how many bytes were not 0. */
  drain(): number {
    let nonZero = 0;
    do {
      for (let index = this.start; index < this.end; index++) if (this.buffer[index] !== 0) nonZero++;
      this.consume(this.available);
    } while (this.fill());
    return nonZero;
  }
}

/** The archive ends where more has to come. */
export function truncatedArchive(offset: number, path?: ByteString): Error {
  return corruptArchive('is truncated: the data ends in the middle of it', offset, path);
}
