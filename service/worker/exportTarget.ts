import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { ByteSink } from '../stages/bytes.js';
import { writePatiently } from '../system/descriptors.js';

/** Where exported bytes leave the host: the caller's descriptor. Counts them, and digests them where the receiver will ask. */
export class ExportTarget implements ByteSink {
  readonly #descriptor: number;
  readonly #hash;
  bytes = 0;

  constructor(descriptor: number, digest: boolean) {
    this.#descriptor = descriptor;
    this.#hash = digest ? createHash('sha256') : null;
  }

  write(buffer: Buffer, offset: number, length: number): void {
    this.#hash?.update(buffer.subarray(offset, offset + length));
    for (let written = 0; written < length; ) {
      const at = offset + written;
      written += writePatiently(this.#descriptor, () =>
        writeSync(this.#descriptor, buffer, at, length - written, null),
      );
    }
    this.bytes += length;
  }

  /** SHA-256 of all bytes, if it was asked for. To be called once. */
  digest(): string | null {
    return this.#hash?.digest('hex') ?? null;
  }
}
