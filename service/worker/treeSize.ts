import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { MeasureRequest } from './measure.js';

const block = 512;

/** What says how large an entry is, of a status with or without big integers. */
interface Sized {
  isFile(): boolean;
  size: number | bigint;
  blocks: number | bigint;
}

/**
 * What an entry of a tree counts in progress, in bytes: what it takes in a tar archive, about. That is a header, an extended
 * header, and its data in whole blocks.
 */
export function entrySize(status: Sized | undefined): number {
  const data = status?.isFile() ? Math.min(Number(status.size), Number(status.blocks) * block) : 0;
  return 3 * block + Math.ceil(data / block) * block;
}

/** Adds up the entries of a tree in a thread of its own; gives back a function that tells the total once it is known. */
export function startMeasuring(descriptor: number): () => number | null {
  const workerData: MeasureRequest = { descriptor, total: new SharedArrayBuffer(8) };
  const thread = new Worker(`${dirname(process.argv[1] ?? '.')}/measure.js`, { workerData, trackUnmanagedFds: false });
  // A total that cannot be had is no reason to end: the tree may change while it is measured.
  thread.on('error', () => {});
  thread.unref();
  return () => Number(Atomics.load(new BigUint64Array(workerData.total), 0)) || null;
}
