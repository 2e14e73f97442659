import { lstatSync, readdirSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/*
 * A thread of the placement process that adds up what an export will have to send, while the export has begun already: progress
 * has a total then, and nobody waits for it.
 */

export interface MeasureRequest {
  descriptor: number;
  /** Eight bytes of shared memory: the total in bytes, 0 until it is known. */
  total: SharedArrayBuffer;
}

const block = 512;

/** What an entry takes in a tar archive, about: its header, an extended header, and its data in whole blocks. */
function archivedSize(path: Buffer): number {
  const status = lstatSync(path, { throwIfNoEntry: false });
  const data = status?.isFile() ? Math.min(status.size, status.blocks * block) : 0;
  return 3 * block + Math.ceil(data / block) * block;
}

function measure(directory: Buffer): number {
  let total = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name]);
    total += entry.isDirectory() ? 3 * block + measure(path) : archivedSize(path);
  }
  return total;
}

const { descriptor, total }: MeasureRequest = workerData;
Atomics.store(new BigUint64Array(total), 0, BigInt(measure(Buffer.from(`/proc/self/fd/${descriptor}`))));
