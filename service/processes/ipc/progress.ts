import { tell } from './channel.js';

/** Milliseconds between two reports of progress. */
const reportIntervalMs = 200;

/**
 * Tells the daemon now and then how far a worker has come. What comes too soon after the last report is told when its time has
 * come, where the event loop runs: more may never follow.
 */
export class ProgressReport {
  readonly #total: () => number | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #waiting: NodeJS.Timeout | undefined;
  #bytesDone = 0;

  /** `total` is in bytes, or tells them as soon as they are known. */
  constructor(total: number | (() => number | undefined)) {
    this.#total = typeof total === 'number' ? () => total : total;
  }

  advance(bytesDone: number): void {
    this.#bytesDone = bytesDone;
    const left = this.#reportedAt + reportIntervalMs - performance.now();
    if (left <= 0) this.finish(bytesDone);
    else this.#waiting ??= setTimeout(() => this.#finishLate(), left).unref();
  }

  /** If nobody listens any more, the next thing that must be said fails. */
  #finishLate(): void {
    try {
      this.finish(this.#bytesDone);
    } catch {}
  }

  /** Reports in any case. */
  finish(bytesDone: number, bytesTotal = this.#total()): void {
    if (this.#waiting !== undefined) clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#reportedAt = performance.now();
    tell({ type: 'progress', bytesDone, bytesTotal });
  }
}
