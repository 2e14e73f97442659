import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConnectionClosed, ProtocolError } from '../error.js';
import { MessageSplitter } from '../wire/splitter.js';
import type { Message, MessageChannel } from './channel.js';
import { ReceivedDescriptors } from './descriptors.js';

interface Receiver {
  readonly resolve: (message: Message | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Messages over any stream of bytes. Descriptors cannot pass. */
export class StreamChannel implements MessageChannel {
  readonly #stream: Duplex;
  readonly #splitter = new MessageSplitter();
  readonly #hungUp = new AbortController();
  #messages: Buffer[] = [];
  #receiver: Receiver | undefined;
  #failure: Error | undefined;
  #isEnded = false;

  /** @param stream becomes the channel's own. For a socket, `allowHalfOpen` should be set. */
  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.pause();
    stream.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
  }

  get queuedBytes(): number {
    return this.#stream.writableLength;
  }

  get hungUp(): AbortSignal {
    return this.#hungUp.signal;
  }

  receive(): Promise<Message | undefined> {
    return new Promise((resolve, reject) => {
      this.#receiver = { resolve, reject };
      this.#deliver();
      if (this.#receiver) this.#stream.resume();
    });
  }

  send(bytes: Buffer, descriptors: readonly number[] = []): void {
    if (descriptors.length > 0) throw new Error('descriptors cannot pass through a stream');
    if (!this.#hungUp.signal.aborted) this.#stream.write(bytes);
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#hungUp.signal.aborted) reject(this.#closedError());
      else this.#stream.write('', (error) => (error ? reject(this.#closedError()) : resolve()));
    });
  }

  hasPendingBytes(): boolean {
    return this.#messages.length > 0 || this.#splitter.isInside || this.#stream.readableLength > 0;
  }

  destroy(): void {
    this.#stream.destroy();
    this.#onClose();
  }

  /** Gives up the stream, paused; what follows the last received message comes first in it. The channel is over. */
  release(): Duplex {
    this.#forget();
    const rest = [...this.#messages.flatMap((message) => [message, Buffer.of(0)]), this.#splitter.rest()];
    const bytes = Buffer.concat(rest);
    if (bytes.length > 0) this.#stream.unshift(bytes);
    return this.#stream;
  }

  /**
   * The descriptor under the stream, if it is a socket of this process. It stays the stream's. Node has no public door
   * to it (node issue 53391).
   */
  get descriptor(): number | undefined {
    if (!(this.#stream instanceof Socket) || !('_handle' in this.#stream)) return undefined;
    const { fd } = (this.#stream._handle ?? {}) as { fd?: number };
    return fd !== undefined && fd >= 0 ? fd : undefined;
  }

  readonly #onData = (bytes: Buffer): void => {
    try {
      this.#messages.push(...this.#splitter.push(bytes));
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      this.#stream.destroy();
    }
    if (this.#messages.length > 0) this.#stream.pause();
    this.#deliver();
  };

  readonly #onEnd = (): void => {
    this.#isEnded = true;
    if (this.#splitter.isInside) this.#failure ??= new ProtocolError('the end in the middle of a message');
    this.#deliver();
  };

  readonly #onError = (error: Error): void => {
    this.#failure ??= this.#isBrokenPipe(error) ? undefined : error;
  };

  readonly #onClose = (): void => {
    this.#isEnded = true;
    this.#hungUp.abort(this.#closedError());
    this.#deliver();
  };

  /** The peer has left: the end says so. */
  #isBrokenPipe(error: Error): boolean {
    return 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
  }

  #deliver(): void {
    const receiver = this.#receiver;
    const bytes = this.#messages[0];
    if (!receiver || (!bytes && !this.#isEnded && !this.#failure)) return;
    this.#receiver = undefined;
    if (bytes) receiver.resolve(this.#messageOf(this.#messages.shift() ?? bytes));
    else if (this.#failure) receiver.reject(this.#failure);
    else receiver.resolve(undefined);
  }

  #messageOf(bytes: Buffer): Message {
    return { bytes, size: bytes.length + 1, descriptors: new ReceivedDescriptors() };
  }

  #forget(): void {
    this.#stream.pause();
    this.#stream
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onClose);
  }

  #closedError(): ConnectionClosed {
    return new ConnectionClosed('the connection was closed', this.#failure ? { cause: this.#failure } : undefined);
  }
}
