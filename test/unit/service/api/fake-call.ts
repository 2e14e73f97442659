import type { ServerCall } from '../../../../varlink/server/call.js';

/** A call whose caller does what the test says, and what it was answered. */
export class FakeCall<Reply extends object> implements ServerCall<never, Reply> {
  readonly method = 'io.ferry.Transfer.Pull';
  readonly parameters = {} as never;
  readonly more = true;
  readonly oneway = false;
  readonly upgrade = false;
  readonly peer = { pid: 1, uid: 0, gid: 0 };
  readonly queuedBytes = 0;
  readonly replies: Reply[] = [];
  /** Whether the caller takes replies slower than they come. */
  isSlow = false;
  #hangUp = new AbortController();
  #drain: { resolve(): void; reject(reason: unknown): void } | null = null;

  get closed(): AbortSignal {
    return this.#hangUp.signal;
  }

  /** Whether somebody waits for the caller to take what it was sent. */
  get isAwaited(): boolean {
    return this.#drain !== null;
  }

  descriptor(): never {
    throw new Error('no descriptors');
  }

  openPeerProcess(): undefined {
    return undefined;
  }

  reply(reply: Reply): void {
    this.replies.push(reply);
  }

  continues(reply: Reply): boolean {
    this.replies.push(reply);
    return !this.isSlow;
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drain = { resolve, reject };
    });
  }

  /** The caller has taken everything. */
  take(): void {
    const drain = this.#drain;
    this.#drain = null;
    drain?.resolve();
  }

  hangUp(): void {
    this.#hangUp.abort(new Error('gone'));
    this.#drain?.reject(this.closed.reason);
  }

  upgraded(): Promise<never> {
    throw new Error('no upgrade');
  }
}
