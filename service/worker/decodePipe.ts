import { once } from 'node:events';
import { Socket } from 'node:net';
import { pipe } from '../system/process.js';
import { type Decoded, DecodeThread } from './decodeThread.js';

/** Large enough that the network and the decoder seldom wait for each other, in bytes. */
const pipeCapacity = 1024 * 1024;

/** The way from the network to the decoding thread: a pipe, so that the thread reads it with blocking calls. */
export class DecodePipe {
  readonly #thread: DecodeThread;
  readonly #writer: Socket;
  #writeFailure: Error | null = null;

  constructor(threads: number) {
    const { readEnd, writeEnd } = pipe(pipeCapacity);
    this.#thread = new DecodeThread({ descriptor: readEnd, threads, digest: false, subject: 'The download' });
    this.#writer = new Socket({ fd: writeEnd, readable: false, writable: true });
    // The decoder closes its end when it fails; its outcome then says why.
    this.#writer.on('error', (error) => {
      this.#writeFailure = error;
    });
  }

  /** Hands over bytes as they came from the network; resolves when more may come. Rejects with the decoder's Failure. */
  async write(chunk: Buffer): Promise<void> {
    this.#thread.start();
    if (this.#writeFailure === null && this.#writer.write(chunk)) return;
    if (this.#writeFailure === null) {
      await Promise.race([once(this.#writer, 'drain'), this.#thread.decoded()]).catch(() => {});
    }
    if (this.#writeFailure !== null) await this.#thread.decoded();
  }

  /** Says that there are no more bytes. Rejects with the decoder's Failure. */
  finish(): Promise<Decoded> {
    this.#thread.start();
    this.#writer.end();
    return this.#thread.decoded();
  }

  /** Ends the thread without a byte decoded. */
  async abandon(): Promise<void> {
    this.#writer.destroy();
    await this.#thread.terminate();
  }
}
