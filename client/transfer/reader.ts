import { constants, fstatSync, openSync, read } from 'node:fs';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { hasCode } from '../../linux/errno.js';
import { fileFault, reasonOf, UserError } from '../cli/failure.js';
import type { Chunks } from './bytes.js';
import type { ImportSource } from './import-source.js';

const chunkSize = 256 * 1024;
const readInto = promisify(read);

/**
 * The bytes of a file, device, pipe or socket, from where its descriptor stands to the end.
 *
 * @throws UserError if they cannot be read
 */
export async function* readSource({ descriptor, what }: ImportSource): Chunks {
  const found = fstatSync(descriptor);
  try {
    if (found.isFIFO() || found.isSocket()) yield* readStream(descriptor, found.isFIFO());
    else yield* readFile(descriptor);
  } catch (error) {
    throw new UserError(`Cannot read ${what}: ${reasonOf(error)}.`, fileFault(error, undefined));
  }
}

async function* readFile(descriptor: number): Chunks {
  for (;;) {
    // Those before are on their way still.
    const { bytesRead, buffer } = await readInto(descriptor, Buffer.allocUnsafe(chunkSize), 0, chunkSize, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Without ever blocking: a read that waits would hold back the end of the process. */
async function* readStream(descriptor: number, isPipe: boolean): Chunks {
  const socket = new Socket({ fd: isPipe ? reopen(descriptor) : descriptor, readable: true, writable: false });
  try {
    yield* socket as AsyncIterable<Buffer>;
  } finally {
    socket.destroy();
  }
}

/** Not to block is then our own business, and not that of everybody who has the pipe. */
function reopen(descriptor: number): number {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // Made by another user.
    if (hasCode(error, 'EACCES')) return descriptor;
    throw error;
  }
}
