import { chmodSync, constants, lstatSync } from 'node:fs';
import { geteuid } from 'node:process';
import { isSubvolume, isSubvolumeReadOnly } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { close, O_PATH, openat, RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2 } from '../../../linux/files.js';
import { lockFile } from '../../../linux/locks.js';
import { failOn } from '../install/file-system-failure.js';
import { entryOf, holdAside } from '../install/holder.js';
import { isImmutable, setReadOnlyMark, withEntry } from '../install/read-only.js';
import type { Temporary } from '../install/temporary.js';
import type { Warn } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { refuseMounts, removeEntry } from './remove-tree.js';

interface Unwritable {
  descriptor: number;
  mode: number;
}

/** Opens a directory that its own owner, who is not root, may not write to. */
function openUnwritable(root: ImageRoot, name: string): Unwritable[] {
  const status = lstatSync(root.at(name), { throwIfNoEntry: false });
  if (!status?.isDirectory() || status.uid !== geteuid?.() || (status.mode & 0o200) !== 0) return [];
  const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  return [{ descriptor: openat(root.descriptor, name, flags), mode: status.mode & 0o7777 }];
}

/**
 * renameat2(2) between any two of the image directory, its holders included. To move a directory from one into another it has to
 * be writable (its `..` changes), which is not so for every owner of a tree whose root has mode 0555: then it is for that long.
 */
function rename(root: ImageRoot, from: string, to: string, flags = 0): void {
  try {
    renameat2(root.descriptor, from, root.descriptor, to, flags);
  } catch (error) {
    const found = hasCode(error, 'EACCES') ? [from, to].flatMap((name) => openUnwritable(root, name)) : [];
    if (found.length === 0) throw error;
    try {
      for (const { descriptor, mode } of found) chmodSync(`/proc/self/fd/${descriptor}`, mode | 0o200);
      renameat2(root.descriptor, from, root.descriptor, to, flags);
    } finally {
      for (const { descriptor, mode } of found) {
        chmodSync(`/proc/self/fd/${descriptor}`, mode);
        close(descriptor);
      }
    }
  }
}

/** Renames where nothing may be. Not every file system has RENAME_NOREPLACE; there, looking first has to do. */
export function renameToAbsent(root: ImageRoot, from: string, to: string): boolean {
  try {
    rename(root, from, to, RENAME_NOREPLACE);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
    if (lstatSync(root.at(to), { throwIfNoEntry: false }) !== undefined) return false;
    rename(root, from, to);
  }
  return true;
}

/** Whether a directory cannot be moved into another one: an immutable one, or a subvolume that is read-only. */
function isImmovable(descriptor: number): boolean {
  return isSubvolume(descriptor) ? isSubvolumeReadOnly(descriptor) : isImmutable(descriptor);
}

/** What keeps a file or directory from being renamed is lifted for the action, and put back should that fail. */
function loosened<Result>(
  root: ImageRoot,
  name: string,
  isFixed: (descriptor: number) => boolean,
  action: (lifted: boolean) => Result,
  onLoosened?: () => void,
): Result {
  const status = lstatSync(root.at(name));
  const fixed = (status.isDirectory() || status.isFile()) && withEntry(root.descriptor, name, isFixed);
  if (!fixed) return action(false);
  withEntry(root.descriptor, name, (entry) => setReadOnlyMark(entry, false));
  onLoosened?.();
  try {
    return action(true);
  } catch (error) {
    withEntry(root.descriptor, name, (entry) => setReadOnlyMark(entry, true));
    throw error;
  }
}

/** Renames where nothing may be, an immutable directory too, which is immutable again afterwards. */
export function renameKeepingMark(root: ImageRoot, from: string, to: string): boolean {
  return loosened(root, from, isImmutable, (lifted) => {
    const renamed = renameToAbsent(root, from, to);
    if (lifted) withEntry(root.descriptor, renamed ? to : from, (entry) => setReadOnlyMark(entry, true));
    return renamed;
  });
}

/** Swaps two names. Without RENAME_EXCHANGE the old one makes room just before the new one comes, and returns if that fails. */
function exchange(root: ImageRoot, from: string, to: string): void {
  try {
    rename(root, from, to, RENAME_EXCHANGE);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
    const aside = `${from}.old`;
    rename(root, to, aside);
    try {
      rename(root, from, to);
    } catch (failure) {
      renameToAbsent(root, aside, to);
      throw failure;
    }
    rename(root, aside, from);
  }
}

/**
 * Gives something complete its name. What had it before is under the temporary name then, and is left to the caller:
 * true if there was something.
 *
 * @throws SystemError or Error of node
 */
export function renameOrExchange(
  root: ImageRoot,
  temporary: Temporary,
  name: string,
  onLoosened?: () => void,
): boolean {
  while (!renameToAbsent(root, temporary.name, name)) {
    try {
      loosened(root, name, isImmovable, () => exchange(root, temporary.name, name), onLoosened);
      return true;
    } catch (error) {
      // Somebody removed it meanwhile.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return false;
}

/**
 * Takes something that is to be removed out of the way, under a temporary name that is given back. What cannot be removed
 * because something is mounted in it stays where people can see it.
 *
 * @throws Failure FileSystemError when something is mounted in it, SystemError or Error of node when it cannot be moved
 */
export function setAside(root: ImageRoot, fileName: string, onLoosened?: () => void): string {
  refuseMounts(root.descriptor, fileName);
  return holdAside(root, 'old', (name) =>
    loosened(root, fileName, isImmovable, () => rename(root, fileName, name), onLoosened),
  );
}

/**
 * Removes something, out of the reach of others first.
 *
 * @throws Failure FileSystemError when something is mounted in it, SystemError or Error of node when it cannot be removed
 */
export function removeAside(root: ImageRoot, fileName: string): void {
  removeEntry(root.descriptor, entryOf(setAside(root, fileName)));
}

/**
 * Deletes what was replaced. Somebody who copies from it holds a lock: then it stays, under its temporary name, until
 * the next cleaning. The new image is in place, so nothing here is a failure.
 */
export function removeReplaced(root: ImageRoot, name: string, warn: Warn): void {
  try {
    const status = lstatSync(root.at(name));
    const lockable = status.isFile() || status.isDirectory();
    if (lockable && !withEntry(root.descriptor, name, (entry) => lockFile(entry, 'exclusive'))) return;
    failOn(root.pathOf(name), () => removeEntry(root.descriptor, entryOf(name)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    const reason = error instanceof Error ? error.message : String(error);
    warn(`What was replaced could not be removed and is left for the next cleaning: ${reason}`);
  }
}
