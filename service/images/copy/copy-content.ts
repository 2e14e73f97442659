import { fstatSync, readSync, writeSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import type { FileStatus } from '../../../linux/status.js';
import { cloneOrCopy, copySparse } from '../../formats/disk/copy.js';
import { writeFailure } from '../../formats/disk/sparse.js';
import { changed } from '../../formats/unchanged.js';

/** A file without holes up to this many bytes is read and written: asking for its holes takes longer than copying it. */
const smallFile = 1024 * 1024;
/** What stays in the processor's cache between a read and a write. */
const bufferSize = 128 * 1024;

/** Copies the contents of the files of one tree. */
export class ContentCopier {
  readonly #buffer = Buffer.allocUnsafeSlow(bufferSize);
  /** Once two files could not share blocks, the others cannot either. */
  #sharing = true;

  /**
   * From an open file of that status to a new, empty one.
   *
   * @throws Failure Corrupt when the source changes meanwhile or says wrongly that it is empty, InsufficientSpace,
   * UnsupportedFormat when the file system cannot have files of that size, SystemError or Error of node
   */
  copy(source: number, target: number, { size, allocated }: FileStatus): void {
    if (size === 0) refuseHidden(source, this.#buffer);
    else this.#copy(source, target, size, allocated);
    const now = fstatSync(source).size;
    if (now !== size) throw changed('the image', undefined, now < size ? 'became shorter' : 'became longer');
  }

  #copy(source: number, target: number, size: number, allocated: number): void {
    if (this.#sharing) this.#sharing = cloneOrCopy(source, target).cloned;
    else if (size > smallFile || allocated < size) copySparse(source, target);
    else this.#copySmall(source, target, size);
  }

  #copySmall(source: number, target: number, size: number): void {
    for (let done = 0; done < size; ) {
      const count = readSync(source, this.#buffer, 0, bufferSize, null);
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

/**
 * Files of /proc and /sys say that they are empty, and are not: a copy by their size would have nothing of them.
 *
 * @throws Failure Corrupt when there is something in it, Error of node when it cannot be read
 */
function refuseHidden(source: number, buffer: Buffer): void {
  if (readSync(source, buffer, 0, 1, 0) === 0) return;
  const message = 'Cannot copy the tree: a file in it has content, but says that it is empty, as files of /proc do';
  throw new Failure('Corrupt', message, { what: 'the image' });
}
