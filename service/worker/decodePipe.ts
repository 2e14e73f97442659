import { once } from 'node:events';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';
import { pipe } from '../system/process.js';
import type { DecodeOutcome, DecodeRequest } from './decode.js';

/** Large enough that the network and the decoder seldom wait for each other, in bytes. */
const pipeCapacity = 1024 * 1024;

/** The way from the network to the decoding thread: a pipe, so that the thread reads it with blocking calls. */
export class DecodePipe {
  readonly #thread: Worker;
  readonly #writer: Socket;
  readonly #outcome: Promise<DecodeOutcome>;
  #started = false;
  #writeFailure: Error | null = null;

  constructor(threads: number) {
    const { readEnd, writeEnd } = pipe(pipeCapacity);
    const request: DecodeRequest = { descriptor: readEnd, threads };
    this.#thread = new Worker(`${dirname(process.argv[1] ?? '.')}/decode.js`, {
      workerData: request,
      trackUnmanagedFds: false,
    });
    this.#outcome = new Promise((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    this.#outcome.catch(() => {});
    this.#writer = new Socket({ fd: writeEnd, readable: false, writable: true });
    // The decoder closes its end when it fails; its outcome then says why.
    this.#writer.on('error', (error) => {
      this.#writeFailure = error;
    });
  }

  /** Hands over bytes as they came from the network; resolves when more may come. Rejects with the decoder's Failure. */
  async write(chunk: Buffer): Promise<void> {
    this.#start();
    if (this.#writeFailure === null && this.#writer.write(chunk)) return;
    if (this.#writeFailure === null) await Promise.race([once(this.#writer, 'drain'), this.#outcome]).catch(() => {});
    if (this.#writeFailure !== null) await this.#decoded();
  }

  /** Says that there are no more bytes; resolves with the count of decoded ones. Rejects with the decoder's Failure. */
  finish(): Promise<number> {
    this.#start();
    this.#writer.end();
    return this.#decoded();
  }

  /** Ends the thread without a byte decoded. */
  async abandon(): Promise<void> {
    this.#writer.destroy();
    await this.#thread.terminate();
  }

  #start(): void {
    if (!this.#started) this.#thread.postMessage('start');
    this.#started = true;
  }

  async #decoded(): Promise<number> {
    const outcome = await this.#outcome;
    if ('decodedBytes' in outcome) return outcome.decodedBytes;
    const { kind, message, facts } = outcome.failure;
    throw new Failure(kind, message, facts);
  }
}
