import { beginWritingFile, beginWritingFileSystem } from '../system/space.js';
import type { Temporary } from './temporary.js';

/** Often enough that the disk does not idle, and seldom enough that a journal is not busy with it, in bytes. */
const STEP = 64 * 1024 * 1024;
/** By then the kernel has begun to write by itself. */
const STEPS_MAX = 64;

/**
 * Has the disk write what is under construction while more of it comes, so that there is less to wait for when all has to be
 * on the disk. Nothing relies on it.
 */
export class Writeback {
  readonly #temporary: Temporary;
  #next = STEP;

  constructor(temporary: Temporary) {
    this.#temporary = temporary;
  }

  /** Says how many bytes have come so far. */
  reached(bytes: number): void {
    if (bytes < this.#next || this.#next > STEP * STEPS_MAX) return;
    this.#next = bytes + STEP;
    if (this.#temporary.format === 'raw') beginWritingFile(this.#temporary.descriptor);
    else beginWritingFileSystem(this.#temporary.descriptor);
  }
}
