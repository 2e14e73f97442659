import { ProtocolError } from '../error.js';
import { messageSizeMax } from './limits.js';

/** Cuts a stream of bytes into messages at the NUL bytes. */
export class MessageSplitter {
  #chunks: Buffer[] = [];
  #size = 0;

  /**
   * Takes in bytes and gives back the messages that are complete now, without their NUL.
   *
   * @throws ProtocolError if a message is too long
   */
  push(bytes: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
      this.#keep(bytes.subarray(start, end));
      messages.push(this.rest());
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return messages;
  }

  /** Takes out the bytes of the message that is not complete. */
  rest(): Buffer {
    const [first] = this.#chunks;
    const rest = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#size);
    this.#chunks = [];
    this.#size = 0;
    return rest;
  }

  /** Whether a message has begun and is not complete. */
  get isInside(): boolean {
    return this.#size > 0;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#size >= messageSizeMax) throw new ProtocolError(`a message longer than ${messageSizeMax} bytes`);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
  }
}
