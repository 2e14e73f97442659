import { createHash } from 'node:crypto';
import type { Content } from './fault-server.js';

const mebibyte = 1024 * 1024;
const stampLength = 4096;

/**
 * A disk image that costs nothing to keep: each MiB begins with 4 KiB that say which one it is, and with which seed, and
 * holds zeros otherwise.
 */
export class GeneratedContent implements Content {
  readonly length: number;
  readonly #seed: number;

  constructor(length: number, seed = 1) {
    this.length = length;
    this.#seed = seed;
  }

  subarray(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(to, this.length) - from));
    for (let index = Math.floor(from / mebibyte); index * mebibyte < to; index++) {
      const stamp = Buffer.alloc(stampLength, `${this.#seed}:${index};`);
      const at = index * mebibyte - from;
      if (at >= 0) stamp.copy(bytes, at);
      else stamp.copy(bytes, 0, Math.min(-at, stampLength));
    }
    return bytes;
  }

  get sha256(): string {
    const hash = createHash('sha256');
    for (let from = 0; from < this.length; from += mebibyte) hash.update(this.subarray(from, from + mebibyte));
    return hash.digest('hex');
  }
}
