import { beginWritingFile, beginWritingFileSystem } from '../../../linux/space.js';
import type { Temporary } from './temporary.js';

/** Often enough that the disk does not idle, and seldom enough that a journal is not busy with it, in bytes. */
const writebackStep = 64 * 1024 * 1024;
/** By then the kernel has begun to write by itself. */
const stepsMax = 64;

/**
 * Has the disk write what is under construction while more of it comes, so that there is less to wait for when all has to be
 * on the disk. Nothing relies on it.
 */
export class Writeback {
  readonly #begin: () => void;
  #next = writebackStep;

  /** `begin` starts the writing and does not wait for it. */
  private constructor(begin: () => void) {
    this.#begin = begin;
  }

  static of({ format, descriptor }: Temporary): Writeback {
    return format === 'raw' ? Writeback.ofFile(descriptor) : new Writeback(() => beginWritingFileSystem(descriptor));
  }

  static ofFile(descriptor: number): Writeback {
    return new Writeback(() => beginWritingFile(descriptor));
  }

  /** Says how many bytes have come so far. */
  reached(bytes: number): void {
    if (bytes < this.#next || this.#next > writebackStep * stepsMax) return;
    this.#next = bytes + writebackStep;
    this.#begin();
  }
}
