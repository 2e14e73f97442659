import { constants, readdirSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { close, openat } from '../system/files.js';
import { statusAt } from '../system/status.js';
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

function measure(directory: number): number {
  let total = 0;
  for (const entry of readdirSync(`/proc/self/fd/${directory}`, { withFileTypes: true, encoding: 'buffer' })) {
    const name = Buffer.concat([entry.name, Buffer.of(0)]);
    // Only what has content is worth a look.
    total += entrySize(entry.isFile() ? statusAt(directory, name) : null);
    if (entry.isDirectory()) total += measureBelow(directory, name);
  }
  return total;
}

function measureBelow(parent: number, name: Buffer): number {
  const directory = openat(parent, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return measure(directory);
  } finally {
    close(directory);
  }
}

const { descriptor, total }: MeasureRequest = workerData;
Atomics.store(new BigUint64Array(total), 0, BigInt(measure(descriptor)));
