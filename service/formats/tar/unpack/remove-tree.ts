import { constants, fstatSync, readdirSync } from 'node:fs';
import { DirectoryChain } from '../../../../linux/directory-chain.js';
import { hasCode } from '../../../../linux/errno.js';
import { AT_FDCWD, AT_REMOVEDIR, close, fchmod, O_PATH, openat, type Path, unlinkat } from '../../../../linux/files.js';
import { openable } from './opening.js';

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A user other than root may be locked out of what it has unpacked. */
function open(parent: number, name: Path): number {
  try {
    return openat(parent, name, openFlags);
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    const location = openat(parent, name, O_PATH | openFlags);
    try {
      return openat(AT_FDCWD, openable(location, 0o700), openFlags & ~constants.O_NOFOLLOW);
    } finally {
      close(location);
    }
  }
}

function namesIn(directory: number): Buffer[] {
  if ((fstatSync(directory).mode & 0o700) !== 0o700) fchmod(directory, 0o700);
  return readdirSync(`/proc/self/fd/${directory}`, { encoding: 'buffer' });
}

/** Whether something that is not a directory was removed. */
function isUnlinked(parent: number, name: Path): boolean {
  try {
    unlinkat(parent, name);
    return true;
  } catch (error) {
    if (hasCode(error, 'EISDIR')) return false;
    throw error;
  }
}

/**
 * Removes a directory that this process has unpacked, with all that is in it, of any depth. Follows no links.
 *
 * @throws SystemError when something cannot be removed
 */
export function removeTree(parent: number, name: Path): void {
  using chain = new DirectoryChain(parent);
  const levels: { name: Path; names: Buffer[] }[] = [];
  const enter = (directory: Path): void => {
    chain.push(open(chain.current, directory));
    levels.push({ name: directory, names: namesIn(chain.current) });
  };
  enter(name);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const child = level.names.pop();
    if (child === undefined) {
      levels.pop();
      chain.pop();
      unlinkat(chain.current, level.name, AT_REMOVEDIR);
    } else if (!isUnlinked(chain.current, child)) enter(child);
  }
}
