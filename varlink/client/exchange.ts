import type { ReceivedDescriptors } from '../transport/descriptors.js';
import type { Reply } from '../wire/message.js';

export interface ReceivedReply {
  readonly reply: Reply;
  readonly descriptors: ReceivedDescriptors;
}

/** The replies to one call, on their way from the connection to the caller. One is held at a time. */
export class Exchange implements Disposable {
  /** Whether more than one reply may come. */
  readonly more: boolean;
  #held: ReceivedReply | undefined;
  #failure: { readonly error: unknown } | undefined;
  #onReply: (() => void) | undefined;
  #onTaken: (() => void) | undefined;

  constructor(more: boolean) {
    this.more = more;
  }

  /** Hands a reply over. Resolves when the caller has taken it, so that a slow caller slows the connection. */
  deliver(received: ReceivedReply): Promise<void> {
    this.#held = received;
    this.#onReply?.();
    return new Promise((resolve) => {
      if (this.#held === undefined) resolve();
      else this.#onTaken = resolve;
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#onReply?.();
  }

  /**
   * The next reply. What was received before a failure still comes.
   *
   * @throws ConnectionClosed, ProtocolError, or what else the connection was closed with, before the reply came
   */
  async next(): Promise<ReceivedReply> {
    if (!this.#held && !this.#failure)
      await new Promise<void>((resolve) => {
        this.#onReply = resolve;
      });
    const held = this.#held;
    if (!held) throw this.#failure?.error;
    this.#held = undefined;
    this.#onTaken?.();
    return held;
  }

  /** Closes the descriptors of a reply that nobody took. */
  [Symbol.dispose](): void {
    this.#held?.descriptors[Symbol.dispose]();
    this.#held = undefined;
    this.#onTaken?.();
  }
}
