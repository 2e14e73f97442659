import { closeSync, constants, fchmodSync, fstatSync } from 'node:fs';
import { changeFileFlags, FileFlag, getFileFlags } from '../../../linux/attributes.js';
import { isSubvolume, isSubvolumeReadOnly, setSubvolumeReadOnly } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { escapeText } from '../../../varlink/text.js';
import type { Warn } from '../layout/host.js';
import type { Temporary } from './temporary.js';

const writeBits = 0o222;

/**
 * Opens a file or directory in another directory only to look at it and to change its flags.
 *
 * @throws SystemError
 */
export function openEntry(directory: number, name: string): number {
  return openat(directory, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/**
 * Makes an open image read-only, or writable, the way systemd does and looks for it: the flag of a subvolume, the
 * immutable flag of another directory, the write bits of a file.
 *
 * @throws SystemError where that is not possible, of a file Error of node
 */
export function setReadOnlyMark(descriptor: number, readOnly: boolean): void {
  const status = fstatSync(descriptor);
  if (isSubvolume(descriptor)) setSubvolumeReadOnly(descriptor, readOnly);
  else if (status.isDirectory() && readOnly) changeFileFlags(descriptor, FileFlag.immutable, 0);
  else if (status.isDirectory()) clearImmutable(descriptor);
  else fchmodSync(descriptor, readOnly ? status.mode & 0o7777 & ~writeBits : (status.mode & 0o7777) | 0o200);
}

/** Marks what has just been made read-only. A tree that cannot be marked is still what was asked for: `warn` is told. */
export function markOrWarn(
  { descriptor, format }: Pick<Temporary, 'descriptor' | 'format'>,
  path: string,
  warn: Warn,
): void {
  try {
    setReadOnlyMark(descriptor, true);
  } catch (error) {
    if (format === 'raw') throw error;
    const reason = refusal(error) ?? (error instanceof Error ? error.message : String(error));
    warn(`${escapeText(path)} could not be marked read-only: ${reason}`);
  }
}

/** Why a tree cannot be marked, where that is for lack of rights. */
export function refusal(error: unknown): string | undefined {
  return hasCode(error, 'EPERM', 'EACCES') ? 'only root can mark a directory tree' : undefined;
}

/** Where the file system has no flags there is none to clear. */
function clearImmutable(descriptor: number): void {
  try {
    changeFileFlags(descriptor, 0, FileFlag.immutable);
  } catch (error) {
    if (!hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP')) throw error;
  }
}

/**
 * Whether an open image carries the mark that setReadOnlyMark() sets.
 *
 * @throws SystemError
 */
export function hasReadOnlyMark(descriptor: number): boolean {
  const status = fstatSync(descriptor);
  if (isSubvolume(descriptor)) return isSubvolumeReadOnly(descriptor);
  if (!status.isDirectory()) return (status.mode & writeBits) === 0;
  return isImmutable(descriptor);
}

/** Whether an open directory or file has the immutable flag, which also keeps it from being renamed. */
export function isImmutable(descriptor: number): boolean {
  try {
    return (getFileFlags(descriptor) & FileFlag.immutable) !== 0;
  } catch (error) {
    if (hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EACCES')) return false;
    throw error;
  }
}

/** Opens an entry, does something with it, and closes it. */
export function withEntry<Result>(directory: number, name: string, action: (descriptor: number) => Result): Result {
  const descriptor = openEntry(directory, name);
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
