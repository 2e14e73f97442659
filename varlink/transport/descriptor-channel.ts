import { closeSync } from 'node:fs';
import { SystemError } from '../../linux/errno.js';
import { type Interest, Readiness } from '../../linux/readiness.js';
import { isHungUp, messageDescriptorsMax, peek, setBlocking } from '../../linux/sockets.js';
import { ConnectionClosed, ProtocolError } from '../error.js';
import { queuedBytesMax } from '../wire/limits.js';
import { type Account, unlimited } from './account.js';
import type { Message, MessageChannel } from './channel.js';
import { Inbox } from './inbox.js';
import { Outbox } from './outbox.js';

/** How often a peer that has closed only its sending side is looked at: no event tells when it closes the other. */
const halfClosedCheckMilliseconds = 1000;

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Messages and descriptors over a connected unix socket, without ever blocking. */
export class DescriptorChannel implements MessageChannel {
  readonly #socket: number;
  readonly #readiness: Readiness;
  readonly #inbox: Inbox;
  readonly #outbox = new Outbox();
  readonly #hungUp = new AbortController();
  #receiver: Waiter<Message | undefined> | undefined;
  #drainers: Waiter<void>[] = [];
  #isOpen = true;
  /** Whether something was not delivered. */
  #hasLost = false;
  #isHalfClosed = false;
  #halfClosedCheck: NodeJS.Timeout | undefined;

  /**
   * @param socket becomes the channel's own, and does not block from now on
   * @param account where the bytes that come are counted, see Inbox
   */
  constructor(socket: number, account: Account = unlimited) {
    this.#socket = socket;
    this.#inbox = new Inbox(account);
    setBlocking(socket, false);
    this.#readiness = new Readiness(socket, (events) => this.#onReady(events));
    this.#watch();
  }

  /** The socket, to ask about the peer. It stays the channel's. -1 when the channel is over. */
  get descriptor(): number {
    return this.#isOpen ? this.#socket : -1;
  }

  get queuedBytes(): number {
    return this.#outbox.size;
  }

  get hungUp(): AbortSignal {
    return this.#hungUp.signal;
  }

  receive(): Promise<Message | undefined> {
    return new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
      this.#read();
      this.#watch();
    });
  }

  send(bytes: Buffer, descriptors: readonly number[] = []): void {
    if (descriptors.length > messageDescriptorsMax)
      throw new RangeError(`more than ${messageDescriptorsMax} descriptors in a message`);
    if (this.#hungUp.signal.aborted) {
      this.#hasLost = true;
      return;
    }
    this.#afterSending(this.#outbox.send(this.#socket, bytes, descriptors));
    if (this.#outbox.size > queuedBytesMax) this.#fail(new ConnectionClosed('the peer does not read'));
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#drainers.push({ resolve, reject });
      this.#settleDrainers();
    });
  }

  /** Whether bytes have come that nobody has received. */
  hasPendingBytes(): boolean {
    return this.#isOpen && peek(this.#socket, Buffer.alloc(1), 1) === 1;
  }

  /**
   * Gives up the socket, blocking again, after all was sent. The channel is over.
   *
   * @throws ConnectionClosed
   */
  async detach(): Promise<number> {
    if (this.#outbox.size > 0) await this.drained();
    // A peer that has sent all and left is no obstacle: what it sent can still be read.
    if (this.#hasLost || !this.#isOpen) throw this.#closedError();
    this.#end();
    setBlocking(this.#socket, true);
    return this.#socket;
  }

  destroy(): void {
    if (!this.#isOpen) return;
    this.#end();
    closeSync(this.#socket);
    this.#abort(new ConnectionClosed());
    this.#receiver?.resolve(undefined);
    this.#receiver = undefined;
  }

  /** Stops everything but leaves the socket open. */
  #end(): void {
    this.#isOpen = false;
    this.#readiness.close();
    if (this.#halfClosedCheck) clearInterval(this.#halfClosedCheck);
    this.#inbox[Symbol.dispose]();
    this.#outbox.clear();
  }

  #onReady(events: Interest): void {
    if (events.writable) this.#afterSending(this.#outbox.flush(this.#socket));
    if (events.readable && this.#isOpen) this.#read();
    if (events.disconnect && this.#isOpen) this.#onPeerShutdown();
    this.#watch();
  }

  #read(): void {
    if (!this.#receiver) return;
    const { resolve, reject } = this.#receiver;
    try {
      const message = this.#isOpen ? this.#readMessage() : 'end';
      if (message === 'none yet') return;
      this.#receiver = undefined;
      resolve(message === 'end' ? undefined : message);
    } catch (error) {
      this.#receiver = undefined;
      reject(error);
    }
  }

  #readMessage(): Message | 'none yet' | 'end' {
    const outcome = this.#inbox.read(this.#socket);
    if (outcome === 'end') {
      this.#onPeerShutdown();
      return outcome;
    }
    if ('message' in outcome) return outcome.message;
    if (outcome.error === 'EAGAIN' || outcome.error === 'EINTR') return 'none yet';
    this.#fail(SystemError.named('recvmsg', outcome.error));
    if (outcome.error === 'ECONNRESET') return 'end';
    throw new ProtocolError(`cannot receive: ${outcome.error}`);
  }

  #afterSending(failure: string | undefined): void {
    if (failure) {
      this.#hasLost = true;
      this.#fail(SystemError.named('sendmsg', failure));
    }
    this.#settleDrainers();
    this.#watch();
  }

  /** The peer sends no more. Whether it still receives decides if a call under way has anybody to answer. */
  #onPeerShutdown(): void {
    this.#isHalfClosed = true;
    if (isHungUp(this.#socket)) this.#fail(new ConnectionClosed());
    else this.#halfClosedCheck ??= setInterval(() => this.#onPeerShutdown(), halfClosedCheckMilliseconds).unref();
  }

  /** Nothing can be delivered any more; what was received before can still be read. */
  #fail(reason: Error): void {
    if (this.#outbox.size > 0) this.#hasLost = true;
    this.#outbox.clear();
    this.#abort(reason);
    if (this.#halfClosedCheck) clearInterval(this.#halfClosedCheck);
  }

  #abort(reason: Error): void {
    this.#hungUp.abort(reason);
    this.#settleDrainers();
  }

  #settleDrainers(): void {
    const { aborted } = this.#hungUp.signal;
    if (this.#outbox.size > 0 && !aborted) return;
    const drainers = this.#drainers;
    this.#drainers = [];
    for (const { resolve, reject } of drainers) {
      if (aborted) reject(this.#closedError());
      else resolve();
    }
  }

  #closedError(): ConnectionClosed {
    return new ConnectionClosed('the connection was closed', { cause: this.#hungUp.signal.reason });
  }

  #watch(): void {
    if (!this.#isOpen) return;
    this.#readiness.watch({
      readable: this.#receiver !== undefined,
      writable: this.#outbox.size > 0,
      disconnect: !this.#isHalfClosed,
    });
  }
}
