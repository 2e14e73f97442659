import { fstatSync, writeSync } from 'node:fs';
import { Failure } from '../../../../common/failure.js';
import { ftruncate } from '../../../../linux/files.js';
import { cloneOrCopy } from '../../disk/copy.js';
import { display } from '../byte-string.js';
import type { Entry } from '../entry.js';
import { type ArchiveInput, truncatedArchive } from '../pack/input.js';
import type { SparseMap } from '../sparse.js';

/** Writes the contents of files, within a limit on all of them together. */
export class ContentWriter {
  /** Bytes of data written; holes do not count. */
  written = 0;
  readonly #input: ArchiveInput;
  readonly #sizeMax: number;
  readonly #onBytes: () => void;

  /** `onBytes` is called after each piece; pieces are as large as the input's buffer. */
  constructor(input: ArchiveInput, sizeMax: number, onBytes: () => void) {
    this.#input = input;
    this.#sizeMax = sizeMax;
    this.#onBytes = onBytes;
  }

  /**
   * Copies the entry's content from the archive to the new, empty file.
   *
   * @throws Failure UnsupportedFormat beyond the limit, Corrupt when the archive ends before, SystemError or Error of node
   * when it cannot be written; what the source throws
   */
  write(descriptor: number, entry: Entry): void {
    if (this.written + entry.stored > this.#sizeMax) throw this.#tooLarge(entry);
    this.written += entry.stored;
    if (entry.sparse !== undefined) this.#sparse(descriptor, entry, entry.sparse);
    else if (entry.stored > 0) this.#copy(descriptor, entry, entry.stored, undefined);
  }

  /**
   * Copies what another file holds to a new, empty file.
   *
   * @throws Failure UnsupportedFormat beyond the limit, InsufficientSpace, SystemError or Error of node when it cannot be copied
   */
  copy(source: number, descriptor: number, entry: Entry): void {
    const { size, blocks } = fstatSync(source);
    const stored = Math.min(size, blocks * 512);
    if (this.written + stored > this.#sizeMax) throw this.#tooLarge({ ...entry, stored });
    this.written += cloneOrCopy(source, descriptor).allocated;
    this.#onBytes();
  }

  #sparse(descriptor: number, entry: Entry, { size, extents }: SparseMap): void {
    let end = 0;
    for (let index = 0; index < extents.length; index += 2) {
      const start = extents[index] ?? 0;
      const length = extents[index + 1] ?? 0;
      this.#copy(descriptor, entry, length, start);
      if (length > 0) end = start + length;
    }
    if (end < size) ftruncate(descriptor, size);
  }

  /** `position` undefined: at the file's offset. */
  #copy(descriptor: number, entry: Entry, length: number, position: number | undefined): void {
    const input = this.#input;
    let left = length;
    let target = position;
    while (left > 0) {
      if (input.available === 0 && !input.fill()) throw truncatedArchive(input.offset, entry.path);
      const count = writeSync(descriptor, input.buffer, input.start, Math.min(left, input.available), target);
      input.consume(count);
      left -= count;
      if (target !== undefined) target += count;
      this.#onBytes();
    }
  }

  #tooLarge(entry: Entry): Failure {
    const needed = `${this.written + entry.stored} bytes`;
    const message =
      `The files in the archive hold more than ${this.#sizeMax} bytes of data (reached at '${display(entry.path)}'); ` +
      'raise the limit with --size-max';
    return new Failure('UnsupportedFormat', message, { needed, allowed: `${this.#sizeMax} bytes (--size-max)` });
  }
}
