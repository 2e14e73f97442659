import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { openat, type Path } from '../../../linux/files.js';
import { type ByteString, display } from '../../formats/tar/byte-string.js';
import { refusal } from '../../formats/tar/unpack/refusal.js';
import { changed } from '../../formats/unchanged.js';
import { openBeneath } from '../manage/remove-tree.js';

/** Calls that only read, so that in a copy they can only have been about the source. */
const readingCalls: readonly unknown[] = ['read', 'getxattr', 'listxattr', 'readlinkat', 'scandir'];

/** Whether what was thrown while something was copied is about the source. */
export function isReadError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && readingCalls.includes(error.syscall);
}

/** Says of an error that it is about the source, where its call does not. */
class ReadError extends Error {}

/**
 * Does something to the source.
 *
 * @throws ReadError whose cause is what the action threw
 */
export function reading<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new ReadError('unreadable', { cause });
  }
}

/**
 * What to throw when an entry could not be copied: what is about the source names its path there, for the name of the copy says
 * nothing about it. `place` is a descriptor on any file system.
 */
export function inSource(error: unknown, path: () => ByteString, place: number): unknown {
  const cause = error instanceof ReadError ? error.cause : isReadError(error) ? error : undefined;
  if (cause === undefined) return error;
  if (hasCode(cause, 'ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'))
    return changed(`'${display(path())}'`, undefined, 'was removed or replaced');
  return refusal(cause, path(), place, 'read');
}

/** A directory of the source. What is mounted on it does not belong to the tree: then only the directory itself counts. */
export function openSourceDirectory(parent: number, name: Path): { descriptor: number; isMount: boolean } {
  try {
    return { descriptor: openBeneath(parent, name), isMount: false };
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    return {
      descriptor: openat(parent, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW),
      isMount: true,
    };
  }
}
