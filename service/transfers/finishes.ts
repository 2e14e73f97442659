import type { Sent } from './kinds/import.js';

/** What senders of running imports over a connection say they have sent, and who is waiting for that. */
export class Finishes {
  readonly #waiting = new Map<number, (sent: Sent) => void>();

  /** Expects a sender's word for a transfer. Disposal gives the waiting up. */
  expect(id: number): { sent: Promise<Sent> } & Disposable {
    let resolve: (sent: Sent) => void = () => {};
    const sent = new Promise<Sent>((settle) => {
      resolve = settle;
    });
    this.#waiting.set(id, resolve);
    return { sent, [Symbol.dispose]: () => void this.#waiting.delete(id) };
  }

  /** Takes a sender's word. False when nobody waits for it. */
  finish(id: number, sent: Sent): boolean {
    const resolve = this.#waiting.get(id);
    resolve?.(sent);
    return resolve !== undefined;
  }
}
