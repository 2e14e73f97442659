import { fstatSync, readSync } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { cloneFile, cloneImpossible, copyRange, nextData, nextHole } from '../../../linux/space.js';
import { changed } from '../unchanged.js';
import { noRoom, roomLack } from './room.js';
import { blockSize, SparseWriter, setSize, type WriteOptions, type Written, writeFailure } from './sparse.js';

/** Most that one copy_file_range(2) is asked for, in bytes, so that progress can be told. */
const copyStride = 16 * 1024 * 1024;

/**
 * Makes `target`, a new, empty file, equal to the regular file `source`: by sharing its blocks where the file system
 * can do that, else by `copySparse`. Neither file offset counts.
 *
 * @throws Failure InsufficientSpace; where it has to copy, UnsupportedFormat beyond `sizeMax` or when the file system cannot
 * have files of that size, Corrupt when the source becomes shorter meanwhile; SystemError or Error of node; what
 * `onProgress` throws
 */
export function cloneOrCopy(source: number, target: number, options: WriteOptions = {}): Written & { cloned: boolean } {
  try {
    cloneFile(source, target);
    const { size, blocks } = fstatSync(source);
    return { size, allocated: Math.min(size, blocks * 512), cloned: true };
  } catch (error) {
    if (!cloneImpossible(error)) throw writeFailure(error, target, options.subject ?? 'The image');
  }
  ensureRoom(source, target, options.subject ?? 'The image');
  return { ...copySparse(source, target, options), cloned: false };
}

/** Files below this many bytes are not worth asking for: copying them is as quick as finding out. */
const smallFile = 1024 * 1024;
/**
 * Makes sure that there may be room for the data of `source` where `target` is.
 *
 * @throws Failure InsufficientSpace when there cannot be, SystemError or Error of node when it cannot be found out
 */
function ensureRoom(source: number, target: number, subject: string): void {
  const { size } = fstatSync(source);
  if (size < smallFile) return;
  let needed = 0;
  for (const { start, end } of dataExtents(source, 0, size)) needed += end - start;
  const lack = roomLack(needed, target);
  if (lack !== undefined) throw noRoom(subject, lack);
}

/**
 * Copies the regular file `source` to `target`, a new, empty file, within the kernel where possible; holes of `source`
 * stay holes.
 *
 * @throws Failure InsufficientSpace, UnsupportedFormat beyond `sizeMax` or when the file system cannot have files of that
 * size, Corrupt when the source becomes shorter meanwhile; SystemError or Error of node; what `onProgress` throws
 */
export function copySparse(source: number, target: number, options: WriteOptions = {}): Written {
  const { size } = fstatSync(source);
  const copier = new RangeCopier(source, target, options);
  try {
    for (const { start, end } of dataExtents(source, 0, size)) {
      for (let position = start; position < end; ) {
        const length = Math.min(copyStride, end - position);
        copier.copy(position, position, length);
        position += length;
        options.onProgress?.(position);
      }
    }
    setSize(target, size, options.subject);
    if (fstatSync(source).size < size) throw changed('the image', undefined, 'became shorter');
  } catch (error) {
    throw writeFailure(error, target, options.subject ?? 'The image');
  }
  options.onProgress?.(size);
  return { size, allocated: copier.allocated };
}

/** Where a range of a file has data, in order. A file system that cannot tell calls all of it data. */
export function* dataExtents(
  descriptor: number,
  rangeStart: number,
  rangeEnd: number,
): Generator<{ start: number; end: number }> {
  let position = rangeStart;
  while (position < rangeEnd) {
    const start = sought(() => nextData(descriptor, position), position);
    if (start === undefined || start >= rangeEnd) return;
    const end = Math.min(rangeEnd, sought(() => nextHole(descriptor, start), rangeEnd) ?? rangeEnd);
    yield { start, end };
    position = end;
  }
}

/** Whether a range has data rather than being one hole, as far as the file system can tell. */
export function hasData(descriptor: number, start: number, end: number): boolean {
  const data = sought(() => nextData(descriptor, start), start);
  return data !== undefined && data < end;
}

/** What a seek gives back, or `unknown` where the file system does not offer it. */
function sought(seek: () => number | undefined, unknown: number): number | undefined {
  try {
    return seek();
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'EOPNOTSUPP')) return unknown;
    throw error;
  }
}

/** Copies ranges between two files: within the kernel as long as that works, then through a buffer, leaving out zeros. */
export class RangeCopier {
  readonly #source: number;
  readonly #target: number;
  readonly #writer: SparseWriter;
  #inKernel = true;
  #buffer: Buffer | undefined;

  constructor(source: number, target: number, options: Pick<WriteOptions, 'sizeMax' | 'subject'>) {
    this.#source = source;
    this.#target = target;
    this.#writer = new SparseWriter(target, options);
  }

  /** Bytes written so far. */
  get allocated(): number {
    return this.#writer.allocated;
  }

  /** Counts bytes that came into the target by other means, as `SparseWriter.count`. */
  count(length: number): void {
    this.#writer.count(length);
  }

  /** Copies a range; where the source ends within it, the rest is left a hole. */
  copy(sourceOffset: number, targetOffset: number, length: number): void {
    const done = this.#inKernel ? this.#copyInKernel(sourceOffset, targetOffset, length) : 0;
    if (done < length) this.#copyThroughBuffer(sourceOffset + done, targetOffset + done, length - done);
  }

  #copyInKernel(sourceOffset: number, targetOffset: number, length: number): number {
    let done = 0;
    try {
      while (done < length) {
        const copied = copyRange(this.#source, sourceOffset + done, this.#target, targetOffset + done, length - done);
        if (copied === 0) break;
        this.#writer.count(copied);
        done += copied;
      }
    } catch (error) {
      if (!hasCode(error, 'EXDEV', 'EINVAL', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EIO')) throw error;
      this.#inKernel = false;
    }
    return done;
  }

  #copyThroughBuffer(sourceOffset: number, targetOffset: number, length: number): void {
    this.#buffer ??= Buffer.allocUnsafeSlow(blockSize);
    for (let done = 0; done < length; ) {
      const read = readSync(this.#source, this.#buffer, 0, Math.min(blockSize, length - done), sourceOffset + done);
      if (read === 0) return;
      this.#writer.write(this.#buffer, 0, read, targetOffset + done);
      done += read;
    }
  }
}
