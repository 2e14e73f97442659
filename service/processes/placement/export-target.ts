import { createHash } from 'node:crypto';
import { fstatSync, writeSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { writePatiently } from '../../../linux/descriptors.js';
import { hasCode } from '../../../linux/errno.js';
import type { ByteSink } from '../../formats/bytes.js';
import { writeFailure } from '../../formats/disk/sparse.js';
import { fileSystemFailure } from '../../images/install/file-system-failure.js';
import { Writeback } from '../../images/install/writeback.js';

const exportedImage = 'The exported image';

/** What to throw when the caller's descriptor takes no more bytes: a full disk, a reader that has left, a broken device. */
export function targetFailure(error: unknown, descriptor: number, subject = exportedImage): unknown {
  if (hasCode(error, 'EPIPE', 'ECONNRESET')) {
    const message = 'The reader of the exported image closed the pipe or connection before its end';
    return new Failure('FileSystemError', message, { path: 'fileDescriptor', errorName: 'EPIPE' });
  }
  const written = writeFailure(error, descriptor, subject);
  return written instanceof Failure ? written : (fileSystemFailure(written, subject) ?? written);
}

/** The client waits until a file of its own is on the disk; pipes and devices write as they please. */
export function writebackOf(descriptor: number): Writeback | undefined {
  return fstatSync(descriptor).isFile() ? Writeback.ofFile(descriptor) : undefined;
}

/** Where exported bytes leave the host: the caller's descriptor. Counts them, and digests them where the receiver will ask. */
export class ExportSink implements ByteSink {
  readonly #descriptor: number;
  readonly #hash;
  readonly #writeback: Writeback | undefined;
  bytes = 0;

  constructor(descriptor: number, digest: boolean) {
    this.#descriptor = descriptor;
    this.#hash = digest ? createHash('sha256') : undefined;
    this.#writeback = writebackOf(descriptor);
  }

  /**
   * @throws Failure InsufficientSpace when the disk or quota is full
   * @throws Failure FileSystemError when the descriptor takes no more bytes for another reason: EPIPE when its reader has left
   */
  write(buffer: Buffer, offset: number, length: number): void {
    this.#hash?.update(buffer.subarray(offset, offset + length));
    try {
      this.#writeAll(buffer, offset, length);
    } catch (error) {
      throw targetFailure(error, this.#descriptor);
    }
    this.bytes += length;
    this.#writeback?.reached(this.bytes);
  }

  #writeAll(buffer: Buffer, offset: number, length: number): void {
    for (let written = 0; written < length; ) {
      const at = offset + written;
      const more = () => writeSync(this.#descriptor, buffer, at, length - written, null);
      written += writePatiently(this.#descriptor, more);
    }
  }

  /** SHA-256 of all bytes, if it was asked for. To be called once. */
  digest(): string | undefined {
    return this.#hash?.digest('hex');
  }
}
