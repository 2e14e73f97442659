import { tell } from './channel.js';

/** Milliseconds between two reports of progress. */
const reportInterval = 200;

/** Tells the daemon now and then how far a worker has come. */
export class ProgressReport {
  readonly #total: () => number | null;
  #reportedAt = 0;

  /** `total` is in bytes, or tells them as soon as they are known. */
  constructor(total: number | (() => number | null)) {
    this.#total = typeof total === 'number' ? () => total : total;
  }

  advance(bytesDone: number): void {
    const now = performance.now();
    if (now - this.#reportedAt < reportInterval) return;
    this.#reportedAt = now;
    this.finish(bytesDone);
  }

  /** Reports in any case. */
  finish(bytesDone: number, bytesTotal = this.#total()): void {
    tell({ type: 'progress', bytesDone, bytesTotal });
  }
}
