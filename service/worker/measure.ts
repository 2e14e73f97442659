import { lstatSync, readdirSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { entrySize } from './treeSize.js';

/*
 * A thread of the placement process that adds up what a copy or an export of a tree will have to move, while that has begun
 * already: progress has a total then, and nobody waits for it.
 */

export interface MeasureRequest {
  descriptor: number;
  /** Eight bytes of shared memory: the total in bytes, 0 until it is known. */
  total: SharedArrayBuffer;
}

function sizeOf(path: Buffer): number {
  return entrySize(lstatSync(path, { throwIfNoEntry: false }));
}

function measure(directory: Buffer): number {
  let total = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name]);
    total += entry.isDirectory() ? entrySize(undefined) + measure(path) : sizeOf(path);
  }
  return total;
}

const { descriptor, total }: MeasureRequest = workerData;
Atomics.store(new BigUint64Array(total), 0, BigInt(measure(Buffer.from(`/proc/self/fd/${descriptor}`))));
