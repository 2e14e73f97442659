import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { whyFull } from '../../../common/space.js';
import { hasCode } from '../../../linux/errno.js';
import { fileSystemSpace } from '../../../linux/space.js';
import type { ByteSource } from '../bytes.js';
import { SizeLimit } from '../size-limit.js';

/** Bytes per read and write: what stays in the processor's own cache between the two is copied nearly twice as fast. */
export const blockSize = 64 * 1024;
const progressStep = 1024 * 1024;
/** The granularity of holes, in bytes: the page, and the block of all usual file systems. */
const grain = 4096;
const zeros = Buffer.alloc(blockSize);

export interface WriteOptions {
  /** Where to begin, in bytes, in a file that has what comes before; at the beginning of an empty one unless given. */
  from?: number;
  /** Most bytes of data, holes not counted; unlimited unless given. With its holes, 64 times as many. */
  sizeMax?: number | undefined;
  /** Called every MiB or so, and at the end, with the bytes of the image so far, holes included. */
  onProgress?: (bytes: number) => void;
  /** How messages call the image, at the beginning of a sentence; `The image` unless given. */
  subject?: string;
}

export interface Written {
  /** Size of the image in bytes. */
  size: number;
  /** Bytes of it that were written; the rest are holes. */
  allocated: number;
}

/**
 * Writes what a source gives to a new, empty file, or the rest of one (`from`), and leaves out runs of zeros, so that they
 * become holes.
 *
 * @throws Failure InsufficientSpace when the disk or a quota is full, UnsupportedFormat when it is larger than `sizeMax`
 * allows or the file system can have, Error of node on failed writes; what the source and `onProgress` throw
 */
export function writeSparse(given: ByteSource, descriptor: number, options: WriteOptions = {}): Written {
  const writer = new SparseWriter(descriptor, options);
  const block = Buffer.allocUnsafeSlow(blockSize);
  const progress = new ProgressCounter(options.onProgress);
  let size = options.from ?? 0;
  const source = new SizeLimit(options).bound(given, size);
  if (size > 0) writer.count(fstatSync(descriptor).blocks * 512);
  for (let length = blockSize; length === blockSize; size += length) {
    size += skipAllZeros(source);
    progress.tell(size);
    length = readFully(source, block);
    if (length > 0) writer.write(block, 0, length, size);
  }
  setSize(descriptor, size, options.subject);
  progress.end(size);
  return { size, allocated: writer.allocated };
}

/** Passes on what is worth to be told. */
export class ProgressCounter {
  readonly #listener: ((bytes: number) => void) | undefined;
  #next = progressStep;

  constructor(listener: ((bytes: number) => void) | undefined) {
    this.#listener = listener;
  }

  tell(bytes: number): void {
    if (bytes < this.#next) return;
    this.#next = bytes + progressStep;
    this.#listener?.(bytes);
  }

  end(bytes: number): void {
    this.#listener?.(bytes);
  }
}

function skipAllZeros(source: ByteSource): number {
  let skipped = 0;
  for (let count = source.skipZeros?.() ?? 0; count > 0; count = source.skipZeros?.() ?? 0) skipped += count;
  return skipped;
}

function readFully(source: ByteSource, block: Buffer): number {
  let length = 0;
  while (length < block.length) {
    const read = source.read(block, length, block.length - length);
    if (read === 0) break;
    length += read;
  }
  return length;
}

/** Writes data at offsets, but no zeros. The size of the file is the business of the caller. */
export class SparseWriter {
  readonly #descriptor: number;
  readonly #limit: SizeLimit;
  readonly #subject: string;

  constructor(descriptor: number, options: Pick<WriteOptions, 'sizeMax' | 'subject'>) {
    this.#descriptor = descriptor;
    this.#limit = new SizeLimit(options);
    this.#subject = options.subject ?? 'The image';
  }

  /** Bytes written so far. */
  get allocated(): number {
    return this.#limit.counted;
  }

  /**
   * Writes `buffer[start, start + length)` to the file at `position`, in whose range the file must have a hole, except
   * for its zero runs. At most BLOCK bytes.
   */
  write(buffer: Buffer, start: number, length: number, position: number): void {
    const end = start + length;
    if (isZero(buffer, start, end)) return;
    // Grains are those of the file.
    const origin = start - (position % grain);
    for (let from = start; from < end; ) {
      from = skip(buffer, origin, from, end, true);
      const to = skip(buffer, origin, from, end, false);
      if (to > from) this.writeData(buffer, from, to - from, position + from - start);
      from = to;
    }
  }

  /** As `write`, but zeros are written too. */
  writeData(buffer: Buffer, start: number, length: number, position: number): void {
    this.count(length);
    try {
      for (let written = 0; written < length; ) {
        written += writeSync(this.#descriptor, buffer, start + written, length - written, position + written);
      }
    } catch (error) {
      throw writeFailure(error, this.#descriptor, this.#subject);
    }
  }

  /** Counts data that came into the file by other means, as `SizeLimit.count`. */
  count(length: number): void {
    this.#limit.count(length);
  }
}

/**
 * Sets the size of a new file.
 *
 * @throws Failure UnsupportedFormat when the file system cannot have files of that size, InsufficientSpace, Error of node
 */
export function setSize(descriptor: number, size: number, subject = 'The image'): void {
  try {
    ftruncateSync(descriptor, size);
  } catch (error) {
    if (!hasCode(error, 'EFBIG', 'EINVAL')) throw writeFailure(error, descriptor, subject);
    const message = `${subject} has ${size} bytes, more than a file on this file system can have: place it on another one`;
    throw new Failure('UnsupportedFormat', message, {
      needed: `${size} bytes`,
      allowed: 'the limit of the file system',
    });
  }
}

/** Where the run of grains that are (or are not) zero, beginning at `from`, ends. Grains count from `origin`. */
function skip(buffer: Buffer, origin: number, from: number, end: number, zero: boolean): number {
  let position = from;
  while (position < end) {
    const next = Math.min(end, position + grain - ((position - origin) % grain));
    if (isZero(buffer, position, next) !== zero) break;
    position = next;
  }
  return position;
}

function isZero(buffer: Buffer, start: number, end: number): boolean {
  return buffer[start] === 0 && buffer.compare(zeros, 0, end - start, start, end) === 0;
}

/** What to throw when writing has failed: InsufficientSpace for a full disk or quota, otherwise the error itself. */
export function writeFailure(error: unknown, descriptor: number, subject: string): unknown {
  if (!hasCode(error, 'ENOSPC', 'EDQUOT')) return error;
  const space = fileSystemSpace(descriptor);
  const { reason, advice } = whyFull(hasCode(error, 'EDQUOT') ? 'EDQUOT' : 'ENOSPC', space);
  const available = space.availableBytes;
  const message = `${subject} could not be written, ${reason} (${available} bytes available): ${advice} and try again`;
  return new Failure('InsufficientSpace', message, { available });
}
