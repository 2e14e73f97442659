import { peek, receive } from '../../linux/sockets.js';
import { ProtocolError } from '../error.js';
import { messageSizeMax, readSize } from '../wire/limits.js';
import { type Account, unlimited } from './account.js';
import type { Message } from './channel.js';
import { ReceivedDescriptors } from './descriptors.js';

/** Most messages are shorter: looking at more would copy what the next look copies again. */
const firstLookSize = 4096;

/** Reads in a row before other sockets have their turn: one for most messages, and one more for the rest of a longer one. */
const readsAtOnceMax = 2;

/** Used by one call at a time: nothing here waits. */
const scratch = Buffer.allocUnsafeSlow(readSize);

/** What reading a socket gives: a message, its end, or the name of the errno (EAGAIN: not yet, readiness tells when). */
export type Receipt = { readonly message: Message } | 'end' | { readonly error: string };

/**
 * Receives one message at a time from a socket that does not block, and never a byte more.
 *
 * It looks first (MSG_PEEK) where the message ends, for two reasons. The kernel joins a message without descriptors and a
 * following one with descriptors into one read, and the descriptors then seem to belong to the first (systemd issue
 * 43823); when only the first one's bytes are taken out, they do not come along. And after a call with `upgrade`, what
 * follows is not for us.
 */
export class Inbox implements Disposable {
  #chunks: Buffer[] = [];
  #size = 0;
  #descriptors = new ReceivedDescriptors();
  readonly #account: Account;

  /** @param account where the bytes of messages are counted: those of a complete one are given back by whoever receives it */
  constructor(account: Account = unlimited) {
    this.#account = account;
  }

  /** @throws ProtocolError */
  read(socket: number): Receipt {
    for (let count = 0; count < readsAtOnceMax; count++) {
      const size = this.#look(socket);
      if (typeof size === 'object') return size;
      if (size === 0) return this.#end();
      const result = this.#take(socket, size);
      if (result) return result;
    }
    return { error: 'EAGAIN' };
  }

  /** Closes descriptors of a message that never became complete. */
  [Symbol.dispose](): void {
    this.#descriptors[Symbol.dispose]();
    this.#account.give(this.#size);
    this.#size = 0;
    this.#chunks = [];
  }

  /** How many bytes to take out: to the end of the message, if that is here. */
  #look(socket: number): number | { error: string } {
    const window = this.#size === 0 ? firstLookSize : readSize;
    const count = peek(socket, scratch, window);
    if (typeof count === 'string') return { error: count };
    const end = scratch.subarray(0, count).indexOf(0);
    return end < 0 ? count : end + 1;
  }

  #take(socket: number, size: number): Receipt | undefined {
    const received = receive(socket, scratch, size);
    if (typeof received === 'string') return { error: received };
    this.#adopt(received.descriptors, received.isTruncated);
    if (!this.#account.take(received.count)) throw new ProtocolError('too many bytes of unfinished calls of one user');
    const bytes = Buffer.from(scratch.subarray(0, received.count));
    if (bytes.at(-1) === 0) return { message: this.#complete(bytes.subarray(0, -1)) };
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    // Looked at between reads, as in sd-varlink.
    if (this.#size - bytes.length >= messageSizeMax)
      throw new ProtocolError(`a message longer than ${messageSizeMax} bytes`);
    return undefined;
  }

  #adopt(descriptors: readonly number[], isTruncated: boolean): void {
    if (descriptors.length === 0 && !isTruncated) return;
    const adopted = new ReceivedDescriptors(descriptors);
    const isFirst = this.#size === 0;
    if (isFirst && !isTruncated) this.#descriptors = adopted;
    else adopted[Symbol.dispose]();
    if (isTruncated) throw new ProtocolError('more descriptors than can be received');
    if (!isFirst) throw new ProtocolError('descriptors that do not come with the first byte of a message');
  }

  #complete(last: Buffer): Message {
    const bytes = this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
    const message = { bytes, size: bytes.length + 1, descriptors: this.#descriptors };
    this.#chunks = [];
    this.#size = 0;
    this.#descriptors = new ReceivedDescriptors();
    return message;
  }

  #end(): Receipt {
    if (this.#size > 0) throw new ProtocolError('the end in the middle of a message');
    return 'end';
  }
}
