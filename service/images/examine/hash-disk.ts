import { createHash } from 'node:crypto';
import { type BigIntStats, fstatSync, readSync } from 'node:fs';

const blockSize = 1024 * 1024;

/** The digest of an open file, lower-case hexadecimal, and how many bytes it has. */
export interface DiskDigest {
  readonly sha256: string;
  readonly bytes: number;
  /** Whether it was written to meanwhile, or its names or mode changed: then the digest is of nothing that there ever was. */
  readonly hasChanged: boolean;
}

/** The time of the last change is the kernel's: nobody can set it. */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return one.ctimeNs === other.ctimeNs && one.size === other.size;
}

/**
 * Hashes an open file from its first byte to its last. Blocks the thread.
 *
 * @param onBytes told how many bytes more were read
 * @throws Error of node when it cannot be read
 */
export function hashDisk(descriptor: number, onBytes: (count: number) => void): DiskDigest {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafeSlow(blockSize);
  const before = fstatSync(descriptor, { bigint: true });
  let bytes = 0;
  for (let count = -1; count !== 0; bytes += count) {
    count = readSync(descriptor, block, 0, blockSize, bytes);
    hash.update(block.subarray(0, count));
    onBytes(count);
  }
  const hasChanged = !isSame(before, fstatSync(descriptor, { bigint: true }));
  return { sha256: hash.digest('hex'), bytes, hasChanged };
}
