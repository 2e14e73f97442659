import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.js';
import type { DecodeOutcome, DecodeRequest } from './decode.js';

export type Decoded = Extract<DecodeOutcome, { decodedBytes: number }>;

/** The decoding thread, as seen from the thread that started it. */
export class DecodeThread {
  readonly #thread: Worker;
  readonly #counter = new SharedArrayBuffer(8);
  readonly #outcome: Promise<DecodeOutcome>;
  #started = false;

  constructor(request: Omit<DecodeRequest, 'counter'>) {
    const workerData: DecodeRequest = { ...request, counter: this.#counter };
    this.#thread = new Worker(`${dirname(process.argv[1] ?? '.')}/decode.js`, { workerData, trackUnmanagedFds: false });
    this.#outcome = new Promise((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    this.#outcome.catch(() => {});
  }

  /** Bytes read so far. */
  get bytesRead(): number {
    return Number(Atomics.load(new BigUint64Array(this.#counter), 0));
  }

  start(): void {
    if (!this.#started) this.#thread.postMessage('start');
    this.#started = true;
  }

  /** What became of it. Rejects with the decoder's Failure. */
  async decoded(): Promise<Decoded> {
    const outcome = await this.#outcome;
    if ('decodedBytes' in outcome) return outcome;
    const { kind, message, facts } = outcome.failure;
    throw new Failure(kind, message, facts);
  }

  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }
}
