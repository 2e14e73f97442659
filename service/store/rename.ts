import { lstatSync } from 'node:fs';
import { hasCode } from '../system/call.js';
import { RENAME_EXCHANGE, RENAME_NOREPLACE, renameat2 } from '../system/files.js';
import { lockFile } from '../system/locks.js';
import { failOn } from './fileSystemFailure.js';
import type { Warn } from './host.js';
import { isImmutable, setReadOnlyMark, withEntry } from './readOnly.js';
import { refuseMounts, removeEntry } from './removeTree.js';
import type { ImageRoot } from './root.js';
import { type Temporary, temporaryName } from './temporary.js';

/** Renames where nothing may be. Not every file system has RENAME_NOREPLACE; there, looking first has to do. */
export function renameToAbsent(root: ImageRoot, from: string, to: string): boolean {
  try {
    renameat2(root.descriptor, from, root.descriptor, to, RENAME_NOREPLACE);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
    if (lstatSync(root.at(to), { throwIfNoEntry: false }) !== undefined) return false;
    renameat2(root.descriptor, from, root.descriptor, to);
  }
  return true;
}

/** An immutable directory cannot be renamed: its flag is lifted for the action, and put back should that fail. */
function loosened<Result>(
  root: ImageRoot,
  name: string,
  action: (lifted: boolean) => Result,
  onLoosened?: () => void,
): Result {
  const status = lstatSync(root.at(name));
  const immutable =
    (status.isDirectory() || status.isFile()) && withEntry(root.descriptor, name, (entry) => isImmutable(entry));
  if (!immutable) return action(false);
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
  return loosened(root, from, (lifted) => {
    const renamed = renameToAbsent(root, from, to);
    if (lifted) withEntry(root.descriptor, renamed ? to : from, (entry) => setReadOnlyMark(entry, true));
    return renamed;
  });
}

/** Swaps two names. Without RENAME_EXCHANGE the old one makes room just before the new one comes. */
function exchange(root: ImageRoot, from: string, to: string): void {
  const { descriptor } = root;
  try {
    renameat2(descriptor, from, descriptor, to, RENAME_EXCHANGE);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOSYS')) throw error;
    const aside = temporaryName('old');
    renameat2(descriptor, to, descriptor, aside);
    renameat2(descriptor, from, descriptor, to);
    renameat2(descriptor, aside, descriptor, from);
  }
}

/**
 * Gives something complete its name. What had it before is under the temporary name then, and is left to the caller:
 * true if there was something. Throws SystemError.
 */
export function renameOrExchange(
  root: ImageRoot,
  temporary: Temporary,
  name: string,
  onLoosened?: () => void,
): boolean {
  while (!renameToAbsent(root, temporary.name, name)) {
    try {
      loosened(root, name, () => exchange(root, temporary.name, name), onLoosened);
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
 * because something is mounted in it stays where people can see it: throws a Failure.
 */
export function setAside(root: ImageRoot, fileName: string, onLoosened?: () => void): string {
  refuseMounts(root.descriptor, fileName);
  const aside = temporaryName('old');
  loosened(root, fileName, () => renameat2(root.descriptor, fileName, root.descriptor, aside), onLoosened);
  return aside;
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
    failOn(root.pathOf(name), () => removeEntry(root.descriptor, name));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    const reason = error instanceof Error ? error.message : String(error);
    warn(`What was replaced could not be removed and is left for the next cleaning: ${reason}`);
  }
}
