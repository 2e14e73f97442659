import { statfsSync } from 'node:fs';
import { errnoWords } from './errno.js';

/** What a file system has left for everybody but root. */
export interface Space {
  readonly availableBytes: number;
  /** Files that it can hold; 0 where that is not limited. */
  readonly totalInodes: number;
  readonly freeInodes: number;
}

/**
 * What is left where a path is, or an open descriptor.
 *
 * @throws Error of node with `code`, ENOENT among them
 */
export function spaceAt(place: string | number): Space {
  const path = typeof place === 'number' ? `/proc/self/fd/${place}` : place;
  const { bavail, bsize, files, ffree } = statfsSync(path);
  return { availableBytes: bavail * bsize, totalInodes: files, freeInodes: ffree };
}

/** Why a file system takes no more, as a clause, and what to do. `code`: of the call that failed. */
export function whyFull(
  code: 'ENOSPC' | 'EDQUOT',
  inodes: Pick<Space, 'totalInodes' | 'freeInodes'>,
): { reason: string; advice: string } {
  const isOutOfInodes = code === 'ENOSPC' && inodes.totalInodes > 0 && inodes.freeInodes === 0;
  if (isOutOfInodes) return { reason: 'the file system has no free inodes', advice: 'remove files' };
  return { reason: errnoWords(code) ?? code, advice: 'make room' };
}
