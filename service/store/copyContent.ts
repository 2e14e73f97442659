import { readSync, writeSync } from 'node:fs';
import { cloneOrCopy, copySparse } from '../stages/disk/copy.js';
import { writeFailure } from '../stages/disk/sparse.js';
import { changed } from '../stages/unchanged.js';
import type { FileStatus } from '../system/status.js';

/** A file without holes up to this many bytes is read and written: asking for its holes takes longer than copying it. */
const SMALL = 1024 * 1024;
/** What stays in the processor's cache between a read and a write. */
const BUFFER_SIZE = 128 * 1024;

/** Copies the contents of the files of one tree. */
export class ContentCopier {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  /** Once two files could not share blocks, the others cannot either. */
  #sharing = true;

  /** From an open file of that status to a new, empty one. Throws Failure InsufficientSpace, SystemError. */
  copy(source: number, target: number, { size, allocated }: FileStatus): void {
    if (size === 0) return;
    if (this.#sharing) this.#sharing = cloneOrCopy(source, target).cloned;
    else if (size > SMALL || allocated < size) copySparse(source, target);
    else this.#copySmall(source, target, size);
  }

  #copySmall(source: number, target: number, size: number): void {
    for (let done = 0; done < size; ) {
      const count = readSync(source, this.#buffer, 0, BUFFER_SIZE, null);
      if (count === 0) throw changed('the image', done, 'became shorter');
      this.#write(target, count);
      done += count;
    }
  }

  #write(target: number, count: number): void {
    try {
      for (let written = 0; written < count; )
        written += writeSync(target, this.#buffer, written, count - written, null);
    } catch (error) {
      throw writeFailure(error, target, 'The image');
    }
  }
}
