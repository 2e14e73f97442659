import { type PeerCredentials, peerCredentials } from '../../linux/sockets.js';
import { ProtocolError, VarlinkError } from '../error.js';
import type { Account } from '../transport/account.js';
import type { Message } from '../transport/channel.js';
import { DescriptorChannel } from '../transport/descriptor-channel.js';
import type { ReceivedDescriptors } from '../transport/descriptors.js';
import { slowPeerBytes } from '../wire/limits.js';
import { type Call, parseCall } from '../wire/message.js';
import type { Allowances } from './allowances.js';
import { PendingCall } from './pending-call.js';
import { internalError, type Registry } from './registry.js';
import type { UserTurns } from './turns.js';

/** What the connections of a server share. */
export interface ServerContext {
  readonly registry: Registry;
  readonly turns: UserTurns;
  readonly allowances: Allowances;
  readonly onBug: (error: unknown) => void;
}

/** Answers the calls that come over one connection, one after the other. */
export class Connection {
  readonly peer: PeerCredentials;
  readonly #channel: DescriptorChannel;
  readonly #registry: Registry;
  readonly #turns: UserTurns;
  readonly #account: Account;
  readonly #onBug: (error: unknown) => void;
  #isDraining = false;
  #isIdle = true;
  #hasCalled = false;

  /** @param socket becomes the connection's own */
  constructor(socket: number, { registry, turns, allowances, onBug }: ServerContext) {
    this.peer = peerCredentials(socket);
    this.#account = allowances.accountOf(this.peer.uid);
    this.#channel = new DescriptorChannel(socket, this.#account);
    this.#registry = registry;
    this.#turns = turns;
    this.#onBug = onBug;
  }

  /** Serves until the peer leaves, breaks the protocol, or a handler takes over the connection. */
  async run(): Promise<void> {
    try {
      while (await this.#serveOne());
    } catch (error) {
      if (!(error instanceof ProtocolError) && !this.#channel.hungUp.aborted) this.#onBug(error);
      this.#channel.destroy();
    }
  }

  /**
   * Closes the connection once the calls that have come are answered. Of a peer that has not called yet the first call is awaited:
   * it is on its way.
   */
  drain(): void {
    this.#isDraining = true;
    if (this.#isIdle && this.#isDrained) this.#channel.destroy();
  }

  get #isDrained(): boolean {
    return this.#hasCalled && !this.#channel.hasPendingBytes();
  }

  destroy(): void {
    this.#channel.destroy();
  }

  /** Whether there may be another call. */
  async #serveOne(): Promise<boolean> {
    const message = await this.#receive();
    if (!message) return await this.#finish();
    try {
      return await this.#answer(message);
    } finally {
      this.#account.give(message.size);
    }
  }

  async #answer(message: Message): Promise<boolean> {
    using _ = message.descriptors;
    const { pending, handled } = await this.#turns.take(this.peer.uid, () => this.#begin(message));
    // A handler that has taken over the connection may go on for long: that is no longer our business.
    await Promise.race([handled, pending.takenOver]);
    if (pending.upgrading) {
      await pending.upgrading.catch(() => {});
      return this.#end();
    }
    pending.release();
    if (this.#channel.queuedBytes > slowPeerBytes) await this.#channel.drained();
    return true;
  }

  /** What a call takes of the thread before anything has to be waited for. What its handler has not taken by then is closed. */
  #begin({ bytes, descriptors }: Message): { pending: PendingCall; handled: Promise<void> } {
    const call = parseCall(bytes);
    const pending = new PendingCall(call, this.#channel, descriptors, this.peer);
    const handled = this.#handle(call, pending, descriptors);
    descriptors[Symbol.dispose]();
    return { pending, handled };
  }

  async #receive(): Promise<Message | undefined> {
    if (this.#isDraining && this.#isDrained) return undefined;
    this.#isIdle = true;
    const message = await this.#channel.receive();
    this.#isIdle = false;
    this.#hasCalled = true;
    return message;
  }

  /** Lets the last replies go out. */
  async #finish(): Promise<false> {
    if (!this.#channel.hungUp.aborted) await this.#channel.drained();
    return this.#end();
  }

  /** Closes the socket, unless it was given away. */
  #end(): false {
    this.#channel.destroy();
    return false;
  }

  async #handle(call: Call, pending: PendingCall, descriptors: ReceivedDescriptors): Promise<void> {
    try {
      const { handle, takesDescriptors } = this.#registry.find(call);
      if (!takesDescriptors) descriptors[Symbol.dispose]();
      await handle(pending);
      // To a caller that has gone nothing has to be said.
      const isOwed = !pending.isAnswered && !call.oneway && !this.#channel.hungUp.aborted;
      if (isOwed) throw new Error(`${call.method}: the handler ended without a reply`);
    } catch (error) {
      this.#answerFailure(pending, error);
    }
  }

  #answerFailure(pending: PendingCall, error: unknown): void {
    const isExpected = error instanceof VarlinkError && !pending.isAnswered;
    if (!isExpected && !this.#isOfTheCaller(error)) this.#onBug(error);
    if (pending.isAnswered) return;
    const { name, parameters } = error instanceof VarlinkError ? error : internalError();
    pending.replyError(name, parameters);
  }

  /** A handler may let through what it was told about its caller's end, and that its caller broke the protocol. */
  #isOfTheCaller(error: unknown): boolean {
    const { aborted, reason } = this.#channel.hungUp;
    if (error instanceof ProtocolError) return true;
    return aborted && (error === reason || (error instanceof Error && error.cause === reason));
  }
}
