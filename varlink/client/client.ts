import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { VarlinkError } from '../error.js';
import type { JsonObject } from '../json.js';
import { parseAddress } from '../transport/address.js';
import { connect } from '../transport/connect.js';
import type { ReceivedDescriptors } from '../transport/descriptors.js';
import { StreamChannel } from '../transport/stream-channel.js';
import { printCall } from '../wire/message.js';
import type { ReceivedReply } from './exchange.js';
import { Link, type OutgoingCall } from './link.js';
import { ReplyCheck } from './reply-check.js';

export interface ConnectOptions {
  /** Gives up connecting. */
  readonly signal?: AbortSignal;
  /** Gives up connecting after so many milliseconds. */
  readonly timeout?: number;
  /** The texts of interfaces that the replies are checked against, and converted: without them, an integer beyond 2^53 is a bigint even in a `float`. */
  readonly definitions?: readonly string[];
  /** The environment of what is started for the connection: ssh or a service. That of this process unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface CallOptions {
  /** Gives up the call. That closes the connection, because the reply would still come. */
  readonly signal?: AbortSignal;
  /** Descriptors to send along, for parameters that are indices into them. The caller keeps them. */
  readonly descriptors?: readonly number[];
}

/** A reply with the descriptors that came along, which the caller takes or disposes of. */
export interface ReplyWithDescriptors<Reply> {
  readonly reply: Reply;
  readonly descriptors: ReceivedDescriptors;
}

/** What a call with `upgrade` gives: the reply, and the connection for whatever the two sides agreed on. */
export interface UpgradedCall<Reply = JsonObject> {
  readonly reply: Reply;
  /** The bytes that follow the reply, and to the service. Paused; ending one direction leaves the other open. */
  readonly stream: Duplex;
}

/** As UpgradedCall, with a connected socket, blocking, that the caller closes. */
export interface UpgradedDescriptorCall<Reply = JsonObject> {
  readonly reply: Reply;
  readonly descriptor: number;
}

/**
 * Calls the methods of a service over one connection. Calls may be made without waiting for earlier ones; the service
 * answers them in order. Every call may throw:
 *
 * @throws VarlinkError for an error reply
 * @throws ConnectionClosed if the connection ends before the reply
 * @throws ProtocolError if the service breaks the protocol
 * @throws JsonError for parameters that not every peer could read, RangeError for a call that is longer than peers accept
 * @throws the signal's reason
 */
export class VarlinkClient implements Disposable {
  readonly #link: Link;
  readonly #check: ReplyCheck;

  private constructor(link: Link, definitions: readonly string[] = []) {
    this.#link = link;
    this.#check = new ReplyCheck(definitions);
  }

  /**
   * @param address `unix:/path`, `unix:@name`, `/path`, or `exec:/program` for a service to be started
   * @throws AddressError, or an Error with the errno's name in `code`, such as ENOENT, ECONNREFUSED, EACCES
   */
  static async connect(address: string, options: ConnectOptions = {}): Promise<VarlinkClient> {
    const parsed = parseAddress(address);
    const signals = options.signal ? [options.signal] : [];
    if (options.timeout !== undefined) signals.push(AbortSignal.timeout(options.timeout));
    const { socket, child } = await connect(parsed, {
      signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
      environment: options.environment ?? process.env,
    });
    return new VarlinkClient(new Link(new StreamChannel(socket), child), options.definitions);
  }

  /**
   * Uses a stream that is connected to a service, for example through ssh. It becomes the client's own.
   *
   * @param definitions the texts of interfaces that the replies are checked against, where the service is not one's own
   */
  static overStream(stream: Duplex, definitions: readonly string[] = []): VarlinkClient {
    return new VarlinkClient(new Link(new StreamChannel(stream)), definitions);
  }

  /** Uses a socket that is connected to a service. It becomes the client's own. */
  static overDescriptor(descriptor: number): VarlinkClient {
    return VarlinkClient.overStream(
      new Socket({ fd: descriptor, readable: true, writable: true, allowHalfOpen: true }),
    );
  }

  /** Aborted once the connection has ended. While no call is under way, that may be noticed only by the next one. */
  get closed(): AbortSignal {
    return this.#link.closed;
  }

  /** Calls a method that is answered once. */
  async call<Reply = JsonObject>(method: string, parameters: object = {}, options: CallOptions = {}): Promise<Reply> {
    const { reply, descriptors } = await this.#callOnce<Reply>(method, request(method, parameters, options), options);
    descriptors[Symbol.dispose]();
    return reply;
  }

  /** As call(), for a method that sends descriptors along with its reply. */
  async callForDescriptors<Reply = JsonObject>(
    method: string,
    parameters: object = {},
    options: CallOptions = {},
  ): Promise<ReplyWithDescriptors<Reply>> {
    const { bytes, descriptors, more } = request(method, parameters, options);
    const call = { bytes, descriptors, more, takesDescriptors: true, alone: true };
    return await this.#callOnce(method, call, options);
  }

  /**
   * Calls a method with `more`. The call is made when the first reply is asked for; whoever takes replies slowly slows
   * the service. Leaving before the last reply closes the connection.
   */
  async *callMore<Reply = JsonObject>(
    method: string,
    parameters: object = {},
    options: CallOptions = {},
  ): AsyncGenerator<Reply, void, undefined> {
    using _abort = this.#closeOn(options.signal);
    const exchange = await this.#link.begin(request(method, parameters, options, 'more'));
    try {
      for (let continues = true; continues; ) {
        const received = await exchange.next();
        received.descriptors[Symbol.dispose]();
        continues = received.reply.continues;
        yield this.#replyOf(method, received);
      }
    } finally {
      this.#link.finish(exchange);
    }
  }

  /** Calls a method without an answer. Resolves when the call is on its way; whether it is heard cannot be known. */
  async callOneway(method: string, parameters: object = {}, options: CallOptions = {}): Promise<void> {
    using _abort = this.#closeOn(options.signal);
    await this.#link.sendOnly(request(method, parameters, options, 'oneway'));
  }

  /** Calls a method after whose reply the connection is no longer Varlink's. The client is over then. */
  async callUpgrade<Reply = JsonObject>(
    method: string,
    parameters: object = {},
    options: CallOptions = {},
  ): Promise<UpgradedCall<Reply>> {
    const upgrade = { ...request(method, parameters, options, 'upgrade'), alone: true };
    const { reply } = await this.#callOnce<Reply>(method, upgrade, options);
    const channel = this.#link.release();
    if (channel instanceof StreamChannel) return { reply, stream: channel.release() };
    const { toDescriptorChannel, toStream } = await import('../transport/switch.js');
    return { reply, stream: await toStream(await toDescriptorChannel(channel)) };
  }

  /** As callUpgrade(), for those who want the socket itself. Loads the binding to the system calls. */
  async callUpgradeToDescriptor<Reply = JsonObject>(
    method: string,
    parameters: object = {},
    options: CallOptions = {},
  ): Promise<UpgradedDescriptorCall<Reply>> {
    const upgrade = { ...request(method, parameters, options, 'upgrade'), alone: true, takesDescriptors: true };
    const { reply, descriptors } = await this.#callOnce<Reply>(method, upgrade, options);
    descriptors[Symbol.dispose]();
    const { toDescriptorChannel } = await import('../transport/switch.js');
    const channel = await toDescriptorChannel(this.#link.release());
    return { reply, descriptor: await channel.detach() };
  }

  /** Closes the connection. Calls under way throw ConnectionClosed. */
  close(): void {
    this.#link.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #callOnce<Reply>(
    method: string,
    call: OutgoingCall,
    { signal }: CallOptions,
  ): Promise<ReplyWithDescriptors<Reply>> {
    using _abort = this.#closeOn(signal);
    const exchange = await this.#link.begin(call);
    try {
      const received = await exchange.next();
      return { reply: this.#replyOf<Reply>(method, received), descriptors: received.descriptors };
    } finally {
      this.#link.finish(exchange);
    }
  }

  /** What the definition says the reply is: without one that it is checked against, the service is trusted to keep to it. */
  #replyOf<Reply>(method: string, { reply, descriptors }: ReceivedReply): Reply {
    try {
      const parameters = this.#check.parametersOf(method, reply);
      if (reply.error === undefined) return parameters as Reply;
      throw new VarlinkError(reply.error, parameters);
    } catch (error) {
      descriptors[Symbol.dispose]();
      throw error;
    }
  }

  #closeOn(signal: AbortSignal | undefined): Disposable {
    signal?.throwIfAborted();
    const onAbort = () => this.#link.close(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    return { [Symbol.dispose]: () => signal?.removeEventListener('abort', onAbort) };
  }
}

function request(
  method: string,
  parameters: object,
  { descriptors = [] }: CallOptions,
  flag?: 'more' | 'oneway' | 'upgrade',
): OutgoingCall {
  const bytes = printCall(method, parameters, flag);
  return { bytes, more: flag === 'more', descriptors, takesDescriptors: false, alone: descriptors.length > 0 };
}
