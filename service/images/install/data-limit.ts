import { constants } from 'node:fs';
import type { FileStatus } from '../../../linux/status.js';
import { SizeLimit } from '../../formats/size-limit.js';

/** How many bytes of data an entry of a tree has, holes not counted. */
export function dataSize({ mode, size, allocated }: FileStatus): number {
  return (mode & constants.S_IFMT) === constants.S_IFREG ? Math.min(size, allocated) : 0;
}

/** Counts the data of a tree's files, those with several names once, and holds them to a limit. */
export class DataLimit {
  readonly #limit: SizeLimit;
  readonly #linked = new Set<string>();

  /** Most bytes of data; unlimited unless given. */
  constructor(sizeMax: number | undefined) {
    this.#limit = new SizeLimit({ sizeMax });
  }

  /**
   * Counts bytes of data.
   *
   * @throws Failure UnsupportedFormat beyond the limit
   */
  count(bytes: number): void {
    this.#limit.count(bytes);
  }

  /**
   * Counts an entry.
   *
   * @throws Failure UnsupportedFormat beyond the limit
   */
  add(status: FileStatus): void {
    if (status.links > 1 && (status.mode & constants.S_IFMT) === constants.S_IFREG) {
      if (this.#linked.has(status.identity)) return;
      this.#linked.add(status.identity);
    }
    this.count(dataSize(status));
  }
}
