import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';
import type { DecodeOutcome } from './decode.js';
import type { EncodedStream } from './decodeStream.js';

/** The decoding thread of a pull, as seen from the thread that started it. */
export class DecodeThread {
  readonly #thread: Worker;
  readonly #outcome: Promise<DecodeOutcome>;
  #started = false;

  constructor(stream: EncodedStream) {
    const program = `${dirname(process.argv[1] ?? '.')}/decode.js`;
    this.#thread = new Worker(program, { workerData: stream, trackUnmanagedFds: false });
    this.#outcome = new Promise((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    this.#outcome.catch(() => {});
  }

  start(): void {
    if (!this.#started) this.#thread.postMessage('start');
    this.#started = true;
  }

  /** How many bytes it has decoded, once it has ended. Rejects with the decoder's Failure. */
  async decoded(): Promise<number> {
    const outcome = await this.#outcome;
    if ('decodedBytes' in outcome) return outcome.decodedBytes;
    const { kind, message, facts } = outcome.failure;
    throw new Failure(kind, message, facts);
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }
}
