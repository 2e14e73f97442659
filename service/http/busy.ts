import type { Response } from 'node-fetch';
import type { Clock } from './clock.js';
import type { Limits } from './connection/network.js';
import { headerOf } from './range.js';

/** The answers of a server that has too much to do: it may well answer otherwise later, as `curl --retry` has it. */
const busy = [429, 503];
/** Those that may mean the same where the server says when to come back; 202 is that of one that fetches the file first. */
const perhapsBusy = [202, 408, 500, 502, 504];

/** How long the server asks to wait (RFC 9110 §10.2.3), in milliseconds; undefined where it does not say. */
export function retryAfter(response: Response): number | undefined {
  const text = headerOf(response.headers, 'retry-after')?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const now = Date.parse(headerOf(response.headers, 'date') ?? '');
  const wait = Date.parse(text) - (Number.isNaN(now) ? Date.now() : now);
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** Decides how often and how long a download waits for a server that is busy. */
export class BusyPolicy {
  readonly #limits: Limits;
  readonly #clock: Clock;
  #deadline: number | undefined;
  #tries = 0;

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Milliseconds to wait before the same request again; undefined for an answer of another kind, and when it is enough. Without a word
   * from the server pauses double, and there are few.
   */
  pauseFor(response: Response): number | undefined {
    const asked = retryAfter(response);
    const isBusy = busy.includes(response.status) || (asked !== undefined && perhapsBusy.includes(response.status));
    if (!isBusy) return undefined;
    const { busyTries, busyPauseMilliseconds, busyWaitMilliseconds } = this.#limits;
    const now = this.#clock.now();
    this.#deadline ??= now + busyWaitMilliseconds;
    const pause = asked || busyPauseMilliseconds * 2 ** this.#tries;
    this.#tries++;
    return now + pause > this.#deadline || (!asked && this.#tries > busyTries) ? undefined : pause;
  }
}
