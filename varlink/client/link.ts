import type { ChildProcess } from 'node:child_process';
import { ConnectionClosed, ProtocolError } from '../error.js';
import type { MessageChannel } from '../transport/channel.js';
import { parseReply } from '../wire/message.js';
import { Exchange } from './exchange.js';
import { CallTurns } from './turns.js';

export interface OutgoingCall {
  /** The call, with the NUL that ends it. */
  readonly bytes: Buffer;
  readonly more: boolean;
  /** Descriptors to send along. */
  readonly descriptors: readonly number[];
  /** Whether descriptors may come back. */
  readonly takesDescriptors: boolean;
  /**
   * Whether nothing else may be in flight. So it is with descriptors, since they could seem to belong to the call before
   * (systemd issue 43823), and with an upgrade, since nothing may follow it.
   */
  readonly alone: boolean;
}

/** One connection of a client: sends calls, and gives the replies, which come in the order of the calls, to their callers. */
export class Link {
  #channel: MessageChannel;
  readonly #child: ChildProcess | undefined;
  readonly #turns = new CallTurns();
  #exchanges: Exchange[] = [];
  #isReading = false;
  #failure: unknown;

  constructor(channel: MessageChannel, child?: ChildProcess) {
    this.#channel = channel;
    this.#child = child;
  }

  get closed(): AbortSignal {
    return this.#channel.hungUp;
  }

  /** Sends a call, at once if it need not wait for others. It is ended by finish(). */
  async begin(request: OutgoingCall): Promise<Exchange> {
    const exchange = new Exchange(request.more);
    await this.#send(request, () => this.#exchanges.push(exchange));
    if (!this.#isReading) void this.#readReplies();
    return exchange;
  }

  /** Ends a call. If its last reply was not taken, the connection is of no use any more. */
  finish(exchange: Exchange): void {
    exchange[Symbol.dispose]();
    if (this.#exchanges.includes(exchange)) this.close();
    this.#turns.leave();
  }

  /** Sends a call that is not answered. Resolves when the kernel has all of it. */
  async sendOnly(request: OutgoingCall): Promise<void> {
    await this.#send(request, () => {});
    try {
      await this.#channel.drained();
    } finally {
      this.#turns.leave();
    }
  }

  /** Gives up the channel. No call may be in flight but the one that asks. */
  release(): MessageChannel {
    this.#failure ??= new ConnectionClosed('the connection was upgraded');
    this.#child?.removeAllListeners();
    return this.#channel;
  }

  close(error: unknown = new ConnectionClosed('the connection was closed by this side')): void {
    this.#failure ??= error;
    this.#channel.destroy();
    this.#child?.kill();
    const exchanges = this.#exchanges;
    this.#exchanges = [];
    for (const exchange of exchanges) exchange.fail(error);
  }

  /** @param onSent is called before anything else can be sent */
  async #send({ bytes, descriptors, takesDescriptors, alone }: OutgoingCall, onSent: () => void): Promise<void> {
    const turn = this.#turns.enter(alone);
    if (turn) await turn;
    try {
      if (takesDescriptors || descriptors.length > 0) await this.#switchToDescriptors();
      this.#checkUsable();
      this.#channel.send(bytes, descriptors);
      onSent();
    } catch (error) {
      this.#turns.leave();
      throw error;
    }
  }

  #checkUsable(): void {
    if (this.#exchanges.length === 0 && !this.#failure && this.#channel.hasPendingBytes())
      this.close(new ProtocolError('the service sent what nobody asked for'));
    if (this.#failure) throw this.#failure;
  }

  /** The binding to the system calls is only loaded by those who need it. */
  async #switchToDescriptors(): Promise<void> {
    if (this.#failure) throw this.#failure;
    const { toDescriptorChannel } = await import('../transport/switch.js');
    this.#channel = await toDescriptorChannel(this.#channel);
  }

  async #readReplies(): Promise<void> {
    this.#isReading = true;
    try {
      for (let [first] = this.#exchanges; first; [first] = this.#exchanges) await this.#readReply(first);
    } catch (error) {
      this.close(error);
    } finally {
      this.#isReading = false;
    }
  }

  async #readReply(exchange: Exchange): Promise<void> {
    const message = await this.#channel.receive();
    if (!message) throw new ConnectionClosed('the connection was closed before the reply came');
    try {
      const reply = parseReply(message.bytes);
      if (reply.continues && !exchange.more) throw new ProtocolError('a reply with continues to a call without more');
      if (!reply.continues) this.#exchanges.shift();
      await exchange.deliver({ reply, descriptors: message.descriptors });
    } catch (error) {
      message.descriptors[Symbol.dispose]();
      throw error;
    }
  }
}
