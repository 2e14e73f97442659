import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { escapeText } from '../../../common/escape.js';
import { Failure, firstError } from '../../../common/failure.js';
import { upperFirst } from '../../../common/text.js';
import { hasNoPlace } from '../../../linux/attributes.js';
import { errnoName } from '../../../linux/call.js';
import { whyFull } from '../../../linux/space.js';

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EBUSY: 'it is in use (a mount point?)',
  EEXIST: 'it exists already',
  EIO: 'the disk reports an input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'there is a symbolic link where none may be',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long for the file system',
  ENOENT: 'there is no such file or directory',
  ENOSPC: 'the file system is full',
  ENOTDIR: 'it is no directory',
  ENOTEMPTY: 'the directory is not empty',
  EOPNOTSUPP: 'the file system does not offer this',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ESTALE: 'a directory in it was moved meanwhile',
  EXDEV: 'it is on another file system',
};

function spaceAround(path: string): { available: number; totalInodes: number; freeInodes: number } {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize, files, ffree } = statfsSync(place);
      return { available: bavail * bsize, totalInodes: files, freeInodes: ffree };
    } catch {
      if (place === dirname(place)) return { available: 0, totalInodes: 0, freeInodes: 0 };
    }
  }
}

/** What to tell people about an error of the file system; null for what is no such error. */
export function fileSystemFailure(error: unknown, path: string): Failure | null {
  const name = errnoName(error);
  if (name === null || !(error instanceof Error)) return null;
  const shown = escapeText(path);
  // That an attribute has no place says nothing about the disk.
  if ((name === 'ENOSPC' || name === 'EDQUOT') && !hasNoPlace(error)) {
    const { available, ...inodes } = spaceAround(path);
    const { reason, advice } = whyFull(name, inodes);
    const message = `${upperFirst(reason)} (${available} bytes available): ${shown} could not be written. ${upperFirst(advice)} and try again`;
    return new Failure('InsufficientSpace', message, { needed: null, available });
  }
  return new Failure('FileSystemError', `${shown}: ${reasonOf(error, name)}`, { path, errorName: name });
}

function reasonOf(error: Error, name: string): string {
  const call = 'syscall' in error && typeof error.syscall === 'string' ? `${error.syscall}: ` : '';
  const reason = hasNoPlace(error) ? 'the file system has no place for the attribute' : reasons[name];
  return `${reason ?? 'the system refused'} (${call}${name})`;
}

/** Runs what follows once something complete has its name. A failure says so: that it is there is no question any more. */
export function failInPlace<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const name = errnoName(error);
    if (name === null || !(error instanceof Error)) throw error;
    const message = `${escapeText(path)} is complete and has its name, but what follows failed, and a crash may undo it: ${reasonOf(error, name)}`;
    throw new Failure('FileSystemError', message, { path, errorName: name });
  }
}

function asFailure(thrown: unknown, path: string): unknown {
  const error = firstError(thrown);
  return (error instanceof Failure ? null : fileSystemFailure(error, path)) ?? error;
}

/** Runs what may fail for reasons that lie in the file system, and throws a Failure that names the path then. */
export function failOn<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (thrown) {
    throw asFailure(thrown, path);
  }
}

/** The same for what takes its time. */
export async function failOnAsync<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (thrown) {
    throw asFailure(thrown, path);
  }
}
