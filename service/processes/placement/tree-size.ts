import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { FileStatus } from '../../../linux/status.js';
import { dataSize } from '../../images/install/data-limit.js';

const block = 512;
/** What is done by then, in milliseconds, is not worth to be measured. */
const measuringDelayMs = 2000;

/**
 * What an entry of a tree counts in progress, in bytes: what it takes in a tar archive, about. That is a header, an extended
 * header, and its data in whole blocks. Undefined for what has no data.
 */
export function entrySize(status: FileStatus | undefined): number {
  return 3 * block + Math.ceil((status === undefined ? 0 : dataSize(status)) / block) * block;
}

/**
 * Adds up the entries of a tree in a thread of its own, which starts when the function that it gives back, which tells the
 * total once it is known, is called late enough.
 */
export function startMeasuring(descriptor: number): () => number | undefined {
  const begun = performance.now();
  const total = new BigUint64Array(new SharedArrayBuffer(8));
  let started = false;
  return () => {
    if (!started && performance.now() - begun > measuringDelayMs) {
      started = true;
      startThread({ descriptor, total: total.buffer });
    }
    return Number(Atomics.load(total, 0)) || undefined;
  };
}

function startThread(workerData: MeasureRequest): void {
  const thread = new Worker(`${dirname(process.argv[1] ?? '.')}/measure.js`, { workerData, trackUnmanagedFds: false });
  // A total that cannot be had is no reason to end: the tree may change while it is measured.
  thread.on('error', () => {});
  thread.unref();
}

export interface MeasureRequest {
  descriptor: number;
  /** Eight bytes of shared memory: the total in bytes, 0 until it is known. */
  total: SharedArrayBuffer;
}
