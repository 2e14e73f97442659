import { dirname } from 'node:path';
import { errnoWords } from '../../../common/errno.js';
import { Failure, firstError } from '../../../common/failure.js';
import { type Space, spaceAt, whyFull } from '../../../common/space.js';
import { upperFirst } from '../../../common/text.js';
import { hasNoPlace } from '../../../linux/attributes.js';
import { errnoName } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';

/** What is left where a path is, or would be. */
function spaceAround(path: string): Space {
  for (let place = path; ; place = dirname(place)) {
    try {
      return spaceAt(place);
    } catch {
      if (place === dirname(place)) return { availableBytes: 0, totalInodes: 0, freeInodes: 0 };
    }
  }
}

/** What to tell people about an error of the file system; undefined for what is no such error. */
export function fileSystemFailure(error: unknown, path: string): Failure | undefined {
  const name = errnoName(error);
  if (name === undefined || !(error instanceof Error)) return undefined;
  const shown = escapeText(path);
  // That an attribute has no place says nothing about the disk.
  if ((name === 'ENOSPC' || name === 'EDQUOT') && !hasNoPlace(error)) {
    const { availableBytes: available, ...inodes } = spaceAround(path);
    const { reason, advice } = whyFull(name, inodes);
    const message = `${upperFirst(reason)} (${available} bytes available): ${shown} could not be written. ${upperFirst(advice)} and try again`;
    return new Failure('InsufficientSpace', message, { available });
  }
  return new Failure('FileSystemError', `${shown}: ${reasonOf(error, name)}`, { path, errorName: name });
}

function reasonOf(error: Error, name: string): string {
  const call = 'syscall' in error && typeof error.syscall === 'string' ? `${error.syscall}: ` : '';
  const reason = hasNoPlace(error) ? 'the file system has no place for the attribute' : errnoWords(name);
  return `${reason ?? 'the system refused'} (${call}${name})`;
}

/**
 * Runs what follows once something complete has its name.
 *
 * @throws Failure FileSystemError, which says that it is in place, for an error of the file system; other errors as they are
 */
export function failInPlace<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    const name = errnoName(error);
    if (name === undefined || !(error instanceof Error)) throw error;
    const message = `${escapeText(path)} is complete and has its name, but what follows failed, and a crash may undo it: ${reasonOf(error, name)}`;
    throw new Failure('FileSystemError', message, { path, errorName: name });
  }
}

function asFailure(thrown: unknown, path: string): unknown {
  const error = firstError(thrown);
  return (error instanceof Failure ? undefined : fileSystemFailure(error, path)) ?? error;
}

/**
 * Runs what may fail for reasons that lie in the file system.
 *
 * @throws Failure InsufficientSpace or FileSystemError, which names the path, for an error of the file system; other errors
 * as they are
 */
export function failOn<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (thrown) {
    throw asFailure(thrown, path);
  }
}

/**
 * The same for what takes its time.
 *
 * @throws Failure InsufficientSpace or FileSystemError, as failOn()
 */
export async function failOnAsync<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (thrown) {
    throw asFailure(thrown, path);
  }
}
