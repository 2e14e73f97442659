import { chmodSync, constants } from 'node:fs';
import { hasCode } from '../../../../linux/errno.js';
import { close, O_PATH, openat } from '../../../../linux/files.js';

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
