import { constants, fstatSync, readdirSync } from 'node:fs';
import { hasCode } from '../../../../linux/errno.js';
import { close, O_PATH, openat, openat2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from '../../../../linux/files.js';
import { type ByteString, pathOf } from '../byte-string.js';

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** What makes a directory an OS tree (os-release(5)), links resolved within it. */
const releaseFiles = ['etc/os-release', 'usr/lib/os-release'];
/** What makes it an extension (systemd-sysext(8)): a directory with any file `extension-release.NAME`. */
const releaseDirectories = ['usr/lib/extension-release.d', 'etc/extension-release.d'];

/** Whether a directory is the root of an OS tree. */
export function isOsTree(directory: number): boolean {
  return releaseFiles.some((path) => lookUp(directory, path, (found) => fstatSync(found).isFile()));
}

/** Whether a directory is the root of an extension. */
export function isExtensionTree(directory: number): boolean {
  return releaseDirectories.some((path) => lookUp(directory, path, holdsExtensionRelease));
}

/**
 * The names in an open directory.
 *
 * @throws Error of node when it cannot be read
 */
export function entriesOf(directory: number): ByteString[] {
  return readdirSync(`/proc/self/fd/${directory}`, { encoding: 'latin1' });
}

/**
 * Opens a directory in another one; undefined when it is something else.
 *
 * @throws SystemError when it cannot be opened
 */
export function openDirectory(parent: number, name: ByteString): number | undefined {
  try {
    return openat(parent, pathOf(name), directoryFlags);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function holdsExtensionRelease(found: number): boolean {
  return fstatSync(found).isDirectory() && entriesOf(found).some((name) => name.startsWith('extension-release.'));
}

/** Looks at what a path leads to, as if the directory were `/`; false when it leads nowhere. */
function lookUp(directory: number, path: string, test: (found: number) => boolean): boolean {
  let found: number;
  try {
    found = openat2(directory, path, O_PATH, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'EACCES', 'ENAMETOOLONG')) return false;
    throw error;
  }
  try {
    return test(found);
  } finally {
    close(found);
  }
}
