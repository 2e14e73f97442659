import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as a parameter, so that tests need not wait. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /**
   * Resolves after so many milliseconds.
   *
   * @throws AbortError when the signal aborts
   */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await sleepFor(milliseconds, undefined, { signal });
  },
};
