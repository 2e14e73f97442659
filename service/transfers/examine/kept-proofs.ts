import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasCode } from '../../../linux/errno.js';
import { failOnAsync } from '../../images/install/file-system-failure.js';
import { proofsMax } from '../../images/pristine/encode-proofs.js';

/** The path of the files that are kept with a pristine download (images/pristine/proofs.ts). */
export function proofsPath(pristinePath: string): string {
  return `${pristinePath.replace(/\.raw$/, '')}.proofs`;
}

/**
 * Reads the archive of kept files, without a look into it; undefined if there is none. What is too long is cut behind its limit, so that
 * whoever decodes it sees that.
 *
 * @throws Failure FileSystemError when it cannot be read
 */
export async function readKept(path: string): Promise<Buffer | undefined> {
  return await failOnAsync(path, () => read(path));
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return Buffer.alloc(0);
    const bytes = Buffer.alloc(proofsMax + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    return bytes.subarray(0, length);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
