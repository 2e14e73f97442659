import type { ByteSink } from '../../bytes.js';
import { padding, tarBlockSize } from '../header.js';

const bufferSize = 256 * 1024;

/** Collects an archive's bytes and hands them on in large pieces. */
export class ArchiveOutput {
  readonly buffer = Buffer.allocUnsafe(bufferSize);
  /** How much of `buffer` is used. */
  end = 0;
  /** What the sink threw, to tell its errors from those of the file system read from. */
  failure: unknown;
  #flushed = 0;
  readonly #sink: ByteSink;
  readonly #onFlush: () => void;

  constructor(sink: ByteSink, onFlush: () => void) {
    this.#sink = sink;
    this.#onFlush = onFlush;
  }

  /** Bytes put in so far. */
  get offset(): number {
    return this.#flushed + this.end;
  }

  /** Free bytes at `end`, at least `least`, which is at most the buffer's size. */
  room(least = 1): number {
    if (this.buffer.length - this.end < least) this.flush();
    return this.buffer.length - this.end;
  }

  /** A zeroed header block at the end, to be filled in by the caller: where it begins in `buffer`. */
  block(): number {
    this.room(tarBlockSize);
    const at = this.end;
    this.buffer.fill(0, at, at + tarBlockSize);
    this.end += tarBlockSize;
    return at;
  }

  write(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) {
      const count = Math.min(this.room(), bytes.length - done);
      bytes.copy(this.buffer, this.end, done, done + count);
      this.end += count;
      done += count;
    }
  }

  zeros(length: number): void {
    for (let left = length; left > 0; ) {
      const count = Math.min(this.room(), left);
      this.buffer.fill(0, this.end, this.end + count);
      this.end += count;
      left -= count;
    }
  }

  /** Fills up the block after `size` bytes of content. */
  pad(size: number): void {
    this.zeros(padding(size));
  }

  flush(): void {
    try {
      if (this.end > 0) this.#sink.write(this.buffer, 0, this.end);
    } catch (error) {
      this.failure = error;
      throw error;
    }
    this.#flushed += this.end;
    this.end = 0;
    this.#onFlush();
  }
}
