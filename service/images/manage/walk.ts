import { join } from 'node:path';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { fileSystemFailure } from '../install/file-system-failure.js';
import { Slices } from './slices.js';

export interface WalkOptions {
  /** Aborted when nobody waits for the list any more. */
  signal?: AbortSignal;
  /** Told of what had to be left out. */
  warn?: (message: string) => void;
  /** Waits until the caller has taken what is found. */
  keepUp?: () => Promise<void>;
}

/** Whether an error is that of one entry alone: not that the service lacks descriptors or memory, nor a mistake of the program. */
export function isOfEntry(error: unknown): boolean {
  return errnoName(error) !== undefined && !hasCode(error, 'EMFILE', 'ENFILE', 'ENOMEM');
}

/** What takes long about a list, in slices, for as long as somebody waits for it. */
export class Walk {
  readonly #slices = new Slices();
  readonly #signal: AbortSignal | undefined;
  readonly #warn: ((message: string) => void) | undefined;
  readonly #keepUp: (() => Promise<void>) | undefined;

  constructor({ signal, warn, keepUp }: WalkOptions) {
    this.#signal = signal;
    this.#warn = warn;
    this.#keepUp = keepUp;
  }

  /**
   * What is found of one entry; undefined for one that cannot be looked at: the list leaves it out.
   *
   * @throws Error of node or SystemError with EMFILE, ENFILE or ENOMEM, which is not of the entry alone; what is not an
   * error of the file system
   */
  lookAt<Found>(directory: string, fileName: string, look: () => Found): Found | undefined {
    try {
      return look();
    } catch (error) {
      const failure = isOfEntry(error) ? fileSystemFailure(error, join(directory, fileName)) : undefined;
      if (failure === undefined) throw error;
      this.#warn?.(`Cannot list ${failure.message}; it is left out`);
      return undefined;
    }
  }

  /** To be asked for before pause(): to wait for nothing, for each of many images, takes longer than the rest. */
  get isPauseDue(): boolean {
    return this.#slices.isUsedUp;
  }

  async pause(): Promise<void> {
    await this.#slices.pause();
    await this.#keepUp?.();
    this.#signal?.throwIfAborted();
  }
}
