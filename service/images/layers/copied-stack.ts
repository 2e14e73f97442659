import { readdirSync, readlinkSync, realpathSync, symlinkSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { hasCode } from '../../../linux/errno.js';
import { freezeStack, thawStack } from './stack-mode.js';

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** A link from a stack in `root` to what a relative one leads to from another stack. */
function moved(target: string, from: string, root: string): string {
  const absolute = resolve(from, target);
  return dirname(absolute) === root ? join('..', basename(absolute)) : absolute;
}

/**
 * Makes an open copy of a stack one of its own: its links lead where those of the original do, and it is read-only or not.
 *
 * @param from the path of the original, links resolved
 * @param rootPath the image directory that the copy is for
 * @throws Failure FileSystemError for a stack that is not made like Ferry's; SystemError, Error of node
 */
export function adaptCopiedStack(stack: number, from: string, rootPath: string, readOnly: boolean): void {
  const root = realpathSync(rootPath);
  for (const name of readdirSync(`/proc/self/fd/${stack}`)) {
    const link = `/proc/self/fd/${stack}/${name}`;
    const target = targetOf(link);
    if (target === undefined || target.startsWith('/')) continue;
    const own = moved(target, from, root);
    if (own === target) continue;
    unlinkSync(link);
    symlinkSync(own, link);
  }
  if (readOnly) freezeStack(stack, from);
  else thawStack(stack, from);
}
