import { openPoll, type PollEvents, type PollHandle } from './native.js';

export interface Interest {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly disconnect: boolean;
}

const noEvents: Interest = { readable: false, writable: false, disconnect: false };
const allEvents: Interest = { readable: true, writable: true, disconnect: true };

/**
 * Tells on the event loop when a descriptor can be read or written. Level-triggered: it tells again until that changes. What
 * `notify` throws is an uncaught exception.
 */
export class Readiness {
  #handle: PollHandle | undefined;
  #interest = noEvents;
  readonly #notify: (events: Interest) => void;

  /** @param descriptor must not block, stays the caller's, and must outlive this */
  constructor(descriptor: number, notify: (events: Interest) => void) {
    this.#notify = notify;
    this.#handle = openPoll(descriptor, this.#onPoll);
  }

  watch(interest: Interest): void {
    if (!this.#handle || isSame(interest, this.#interest)) return;
    this.#interest = interest;
    if (isSame(interest, noEvents)) this.#handle.stop();
    else this.#handle.start(interest, this.#onPoll);
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  /** After an error on the descriptor libuv has stopped the handle: whoever tries to read or write learns what it is. */
  readonly #onPoll = (status: number, events: PollEvents): void => {
    if (status < 0) this.#interest = noEvents;
    // koffi opens no callback scope around this call (napi_open_callback_scope in node's N-API manual): promises and ticks would
    // wait for node's next own callback, and so would errors. An immediate is such a callback, and comes before the next poll.
    setImmediate(this.#deliver, status < 0, events);
  };

  /** What was told before may have closed this, or changed what is watched. */
  readonly #deliver = (hasFailed: boolean, events: PollEvents): void => {
    if (!this.#handle) return;
    const wanted = hasFailed ? allEvents : both(events, this.#interest);
    if (!isSame(wanted, noEvents)) this.#notify(wanted);
  };
}

function both(one: Interest, other: Interest): Interest {
  return {
    readable: one.readable && other.readable,
    writable: one.writable && other.writable,
    disconnect: one.disconnect && other.disconnect,
  };
}

function isSame(one: Interest, other: Interest): boolean {
  return one.readable === other.readable && one.writable === other.writable && one.disconnect === other.disconnect;
}
