import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { SystemError } from '../../../linux/errno.js';
import { CountShare } from './count-share.js';
import type { PartialCount } from './tree-usage.js';

/** What the thread that helps is started with. */
export interface HelpRequest {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** What it tells in the end, or what it has failed with first. */
export type Told = { readonly count: PartialCount } | { readonly syscall: string; readonly errno: number };

/** A second thread for counts that take long, started by the first of them. Where it cannot be had, one thread counts. */
export class CountHelper {
  readonly share: CountShare;
  readonly #program: string;
  readonly #memory = new SharedArrayBuffer(CountShare.bytes);
  #port: MessagePort | undefined;
  #isOfUse = availableParallelism() > 1;

  /** @param program its file */
  constructor(program: string) {
    this.#program = program;
    this.share = new CountShare(this.#memory, 0);
  }

  /** Whether there is a processor for it, and it is not in the middle of a count that has failed. */
  get isOfUse(): boolean {
    return this.#isOfUse;
  }

  giveUp(): void {
    this.#isOfUse = false;
  }

  /** Starts it, if it has not been. It helps as soon as it is there. */
  start(): void {
    if (this.#port !== undefined) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: HelpRequest = { memory: this.#memory, port: port2 };
    const thread = new Worker(this.#program, { workerData, transferList: [port2], trackUnmanagedFds: false });
    thread.on('error', () => {});
    thread.unref();
  }

  /**
   * What it has found; undefined when it was given nothing.
   *
   * @throws SystemError that it has met
   */
  hear(): PartialCount | undefined {
    const told = this.#port && (this.share.hear(this.#port) as Told | undefined);
    if (told === undefined || 'count' in told) return told?.count;
    throw new SystemError(told.syscall, told.errno);
  }
}
