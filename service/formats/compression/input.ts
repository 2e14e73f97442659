import type { ByteSource } from '../bytes.js';

/** The compressed bytes that have been read but not used yet, and where in the data they are. */
export class InputWindow {
  readonly buffer: Buffer;
  /** The unused bytes are `buffer[start, end)`. */
  start = 0;
  end = 0;
  /** Whether the source has ended: there is nothing after `end`. */
  atEnd = false;
  readonly #source: ByteSource;
  #consumed = 0;

  constructor(source: ByteSource, capacity = 256 * 1024) {
    this.#source = source;
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Bytes used up so far. */
  get consumed(): number {
    return this.#consumed;
  }

  get length(): number {
    return this.end - this.start;
  }

  consume(length: number): void {
    this.start += length;
    this.#consumed += length;
  }

  /** Reads once from the source (blocking), behind the bytes that are there. */
  fill(): void {
    if (this.atEnd) return;
    if (this.start > 0) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    const length = this.#source.read(this.buffer, this.end, this.buffer.length - this.end);
    if (length === 0) this.atEnd = true;
    this.end += length;
  }

  /** Makes `length` bytes available in one piece; there are fewer only where the source ends. */
  ensure(length: number): void {
    while (this.length < length && !this.atEnd) this.fill();
  }

  /** A view, valid until the next read, of at most `length` unused bytes. */
  peek(length: number): Buffer {
    this.ensure(length);
    return this.buffer.subarray(this.start, Math.min(this.end, this.start + length));
  }

  /** Uses up zero bytes and gives back how many there were; stops at the first other byte or the end. */
  skipZeros(): number {
    const before = this.#consumed;
    for (;;) {
      let zeros = 0;
      while (this.start + zeros < this.end && this.buffer[this.start + zeros] === 0) zeros++;
      this.consume(zeros);
      if (this.length > 0 || this.atEnd) return this.#consumed - before;
      this.fill();
    }
  }
}
