import type { Clock } from './clock.js';
import type { Limits } from './connection/network.js';

/** Keeps a download under so many bytes per second, with bursts of a quarter of a second. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: number | undefined;
  #paidUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, bytesPerSecond: number | undefined) {
    this.#clock = clock;
    this.#rate = bytesPerSecond;
  }

  /** What may be moved at once, in bytes: as much as comes in a quarter of a second, but no less than 1 KiB. */
  get portion(): number {
    return this.#rate === undefined ? Number.POSITIVE_INFINITY : Math.max(1024, Math.floor(this.#rate / 4));
  }

  /** Resolves when so many bytes more may come. */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#rate === undefined) return;
    const now = this.#clock.now();
    this.#paidUntil = Math.max(this.#paidUntil, now - 250) + (bytes * 1000) / this.#rate;
    if (this.#paidUntil > now) await this.#clock.sleep(this.#paidUntil - now, signal);
  }
}

const slots = 12;

/**
 * Notices a connection that moves less than the allowed rate for the allowed time. Time that the consumer takes is not
 * the network's fault and does not count.
 */
export class StallWatch implements Disposable {
  readonly #limits: Limits;
  readonly #onStall: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #history: number[] = [];
  #bytes = 0;
  #isConsumerBusy = false;
  #wasConsumerBusy = false;
  #isStalled = false;

  constructor(limits: Limits, onStall: () => void) {
    this.#limits = limits;
    this.#onStall = onStall;
    this.#timer = setInterval(() => this.#tick(), limits.stallMilliseconds / slots);
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** What happened, in a few words. */
  get description(): string {
    const { stallRate, stallMilliseconds } = this.#limits;
    return `it moved less than ${stallRate} bytes per second for ${stallMilliseconds / 1000} seconds`;
  }

  arrived(bytes: number): void {
    this.#bytes += bytes;
    this.#isConsumerBusy = true;
    this.#wasConsumerBusy = true;
  }

  consumed(): void {
    this.#isConsumerBusy = false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const blameless = this.#isConsumerBusy || (this.#wasConsumerBusy && this.#bytes === 0);
    this.#history.push(blameless ? Number.POSITIVE_INFINITY : this.#bytes);
    this.#bytes = 0;
    this.#wasConsumerBusy = this.#isConsumerBusy;
    if (this.#history.length < slots) return;
    const moved = this.#history.reduce((sum, bytes) => sum + bytes, 0);
    if (moved < (this.#limits.stallRate * this.#limits.stallMilliseconds) / 1000) {
      this.#isStalled = true;
      this.#onStall();
    }
    this.#history.shift();
  }
}

/** Decides whether a broken download is tried again (docs/architecture.md, Rules of a download). */
export class RetryPolicy {
  readonly #clock: Clock;
  readonly #limits: Limits;
  #fruitless = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * After a try that moved so many new bytes: milliseconds to wait before the next one, or undefined for no more. Another
   * try is worth it after good progress, after the first failure in a row without, and when one that took long was
   * slow rather than stalled.
   */
  pauseAfter(bytes: number): number | undefined {
    const { progressBytes, retryMilliseconds, stallRate, pauseMilliseconds } = this.#limits;
    const elapsed = this.#clock.now() - this.#lastFailure;
    this.#lastFailure = this.#clock.now();
    const isSlow = elapsed >= retryMilliseconds && bytes >= (stallRate * retryMilliseconds) / 1000;
    this.#fruitless = bytes >= progressBytes || isSlow ? 0 : this.#fruitless + 1;
    return this.#fruitless > 1 ? undefined : pauseMilliseconds * 2 ** this.#fruitless;
  }
}
