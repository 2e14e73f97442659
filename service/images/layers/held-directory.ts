import { constants } from 'node:fs';
import { removeAttribute } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import {
  AT_FDCWD,
  close,
  fchmod,
  fchown,
  futimens,
  keepOwner,
  O_PATH,
  openat,
  type Path,
} from '../../../linux/files.js';
import { statusAt } from '../../../linux/status.js';
import { attributeNames, defaultAclName, takeAcl, treatmentOf } from '../../formats/metadata/attributes.js';
import { OpenInode } from '../../formats/metadata/inode.js';
import { pathOf } from '../../formats/tar/byte-string.js';
import { openable } from '../../formats/tar/unpack/opening.js';

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const permissions = 0o7777;
const newMode = 0o700;

/** A directory that is being changed. */
export interface Held {
  /** Its mode meanwhile: its owner may do everything, and what is made in it does not get its group. */
  readonly mode: number;
  /** The group that directories get which are made in it because of something in them (mkdir(2)); undefined if not its own. */
  readonly group: number | undefined;
  /**
   * Makes the directory, still open, what it was before.
   *
   * @throws SystemError
   */
  putBack(descriptor: number): void;
}

/**
 * Opens a directory in another one, even if its mode locks its owner out, who is not root. `before` is its mode in that case.
 *
 * @throws SystemError ENOENT, ENOTDIR or ELOOP where there is none, and others
 */
export function openUnlocked(parent: number, name: Path): { descriptor: number; before?: number } {
  try {
    return { descriptor: openat(parent, name, openFlags) };
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
  }
  const location = openat(parent, name, O_PATH | openFlags);
  try {
    const before = statusAt(location, '').mode & permissions;
    const path = openable(location, before | newMode);
    return { descriptor: openat(AT_FDCWD, path, openFlags & ~constants.O_NOFOLLOW), before };
  } finally {
    close(location);
  }
}

/**
 * Begins to change an open directory. `before`: the mode that it is to have again, if not the one that it has.
 *
 * @throws SystemError
 */
export function hold(descriptor: number, before?: number): Held {
  const { mode: whole, group, accessed, modified } = statusAt(descriptor, '');
  const now = whole & permissions;
  const mode = (now & ~0o2000) | newMode;
  if (mode !== now) fchmod(descriptor, mode);
  const defaultAcl = takeAcl(descriptor, defaultAclName);
  return {
    mode,
    group: (now & 0o2000) === 0 ? undefined : group,
    putBack(again) {
      if (defaultAcl !== undefined) new OpenInode(again).setAttribute(defaultAclName, defaultAcl);
      if ((before ?? now) !== mode) fchmod(again, before ?? now);
      futimens(again, accessed, modified);
    },
  };
}

/**
 * Begins with a directory that was made for something in it, in one whose group is inherited.
 *
 * @throws SystemError, also when it is put back
 */
export function holdInheriting(group: number): Held {
  return {
    mode: newMode,
    group,
    putBack(descriptor) {
      fchown(descriptor, keepOwner, group);
      fchmod(descriptor, 0o2755);
    },
  };
}

/**
 * Takes away all that an open directory has of attributes, for it gets others. Labels stay: each place has its own.
 *
 * @throws SystemError
 */
export function removeAttributes(descriptor: number): void {
  for (const name of attributeNames(descriptor))
    if (treatmentOf(name, 'leave') !== 'leave') removeAttribute(descriptor, pathOf(name));
}
