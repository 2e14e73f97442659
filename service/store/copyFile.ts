import { readSync, writeSync } from 'node:fs';
import { hasCode } from '../system/call.js';
import { ftruncate } from '../system/files.js';
import { cloneFile, cloneImpossible, copyRange, nextData, nextHole } from '../system/space.js';

/** Bytes per call of copy_file_range(2): small enough to be interrupted in a moment. */
const rangeSize = 64 * 1024 * 1024;
const blockSize = 1024 * 1024;

/** Whether copy_file_range(2) means only that it cannot do it here. */
function rangeImpossible(error: unknown): boolean {
  return hasCode(error, 'EXDEV', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'ETXTBSY');
}

function copyThroughMemory(source: number, target: number, start: number, end: number): void {
  const block = Buffer.allocUnsafe(Math.min(blockSize, end - start));
  for (let offset = start; offset < end; ) {
    const length = readSync(source, block, 0, Math.min(block.length, end - offset), offset);
    if (length === 0) return;
    for (let written = 0; written < length; )
      written += writeSync(target, block, written, length - written, offset + written);
    offset += length;
  }
}

function copyData(source: number, target: number, start: number, end: number): void {
  let offset = start;
  try {
    while (offset < end) {
      const length = copyRange(source, offset, target, offset, Math.min(rangeSize, end - offset));
      // Some file systems of the kernel's own answer 0 although there is data.
      if (length === 0) break;
      offset += length;
    }
  } catch (error) {
    if (!rangeImpossible(error)) throw error;
  }
  if (offset < end) copyThroughMemory(source, target, offset, end);
}

function dataAt(source: number, offset: number): number | null {
  try {
    return nextData(source, offset);
  } catch (error) {
    // What cannot tell holes from data is all data.
    if (hasCode(error, 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP')) return offset;
    throw error;
  }
}

function holeAt(source: number, offset: number, size: number): number {
  try {
    return nextHole(source, offset) ?? size;
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP')) return size;
    throw error;
  }
}

/**
 * Fills an empty file with what another one of `size` bytes holds: by sharing its blocks where the file system can, else
 * by copying its data and keeping its holes. Throws SystemError.
 */
export function copyContents(source: number, target: number, size: number): void {
  if (size === 0) return;
  try {
    cloneFile(source, target);
    return;
  } catch (error) {
    if (!cloneImpossible(error)) throw error;
  }
  for (let start = dataAt(source, 0); start !== null && start < size; ) {
    const end = Math.min(holeAt(source, start, size), size);
    copyData(source, target, start, end);
    start = dataAt(source, end);
  }
  ftruncate(target, size);
}
