import { chmodSync, constants, fstatSync } from 'node:fs';
import { hasCode } from '../../../../linux/errno.js';
import { close, O_PATH, openat, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../../../../linux/files.js';

/** Changes the mode of something known by an O_PATH descriptor and gives back a path by which to open it. */
export function openable(location: number, mode: number): string {
  const path = `/proc/self/fd/${location}`;
  chmodSync(path, mode);
  return path;
}

/** A descriptor that is closed at the end of its block. */
export function disposable(descriptor: number): Disposable & { readonly descriptor: number } {
  return { descriptor, [Symbol.dispose]: () => close(descriptor) };
}

/**
 * Whether a name in a directory is a directory, and not a link to one.
 *
 * @throws SystemError when there is nothing of that name, or it cannot be looked at
 */
export function isDirectory(parent: number, name: string | Buffer): boolean {
  try {
    close(openat(parent, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) return false;
    throw error;
  }
}

/** What a path leads to: 'out of reach' where something on the way is not a directory, or has a name that nothing can have. */
export type Kind = 'directory' | 'other' | 'nothing' | 'out of reach';

/**
 * What is at a path below an open directory. No links are followed, and a link is something other than a directory.
 *
 * @throws SystemError EACCES where a directory on the way may not be searched, and others
 */
export function kindBeneath(root: number, path: string | Buffer): Kind {
  const flags = O_PATH | constants.O_NOFOLLOW;
  try {
    using found = disposable(openat2(root, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
    return fstatSync(found.descriptor).isDirectory() ? 'directory' : 'other';
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'nothing';
    if (hasCode(error, 'ENOTDIR', 'ELOOP', 'EXDEV', 'ENAMETOOLONG')) return 'out of reach';
    throw error;
  }
}
