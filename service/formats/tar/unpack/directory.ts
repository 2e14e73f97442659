import { fstatSync } from 'node:fs';
import { fchmod, fchown, keepOwner, timestamp } from '../../../../linux/files.js';
import { fromDisk } from '../../../../linux/owners/foreign-owners.js';
import { defaultAclName, takeAcl } from '../../metadata/attributes.js';
import { OpenInode } from '../../metadata/inode.js';
import type { Creator } from '../../metadata/writer.js';
import type { ByteString } from '../byte-string.js';
import type { Entry } from '../entry.js';
import type { EntryMetadata } from './entry-metadata.js';

/** A directory that things are being put into. What the archive says about it is set when it is left. */
export interface Directory {
  readonly path: ByteString;
  readonly descriptor: number;
  /** What its own entry says, if that has come. */
  entry: Entry | undefined;
  /** The owner as it is; undefined when uncertain. */
  owner: Creator | undefined;
  /** The mode as it is. */
  mode: number;
  /** What has to be put back when there is no entry for it: how it was when it was opened again. */
  restore:
    | { mode: number; modified: { seconds: number; nanoseconds: number }; defaultAcl: Buffer | undefined }
    | undefined;
}

/** The mode in which its owner can put things into a directory. */
export const newMode = 0o700;

/**
 * What is known of a directory that was there before, open as `descriptor`. It passes nothing on while it is open.
 *
 * @throws SystemError, Error of node
 */
export function reopened(path: ByteString, descriptor: number, creator: Creator): Directory {
  const stat = fstatSync(descriptor, { bigint: true });
  const mode = Number(stat.mode) & 0o7777;
  // Its owner may have been locked out for good: then writing needs a right that only root has.
  const quiet = (mode & ~0o2000) | newMode;
  if (quiet !== mode) fchmod(descriptor, quiet);
  const defaultAcl = takeAcl(descriptor, defaultAclName);
  // Some mounts (grpid) hand a directory's group on; then the owner of what is made here has to be set.
  const owner = fromDisk(Number(stat.gid)) === creator.group ? creator : undefined;
  const restore = { mode, modified: timestamp(stat.mtimeNs), defaultAcl };
  return { path, descriptor, entry: undefined, owner, mode: quiet, restore };
}

/**
 * Gives a directory that was made for something in it the group of the one above it, and the set-group-id bit, where that has it: as
 * the kernel does for programs that unpack layers one over the other (mkdir(2)). Here directories have it only once they are left.
 *
 * @throws SystemError
 */
export function inheritGroup(directory: Directory, parent: Directory): Directory {
  const mode = parent.entry?.mode ?? parent.restore?.mode ?? 0;
  if ((mode & 0o2000) === 0) return directory;
  const { descriptor } = directory;
  const group = parent.entry?.group ?? fromDisk(fstatSync(parent.descriptor).gid);
  fchown(descriptor, keepOwner, group);
  const modified = timestamp(fstatSync(descriptor, { bigint: true }).mtimeNs);
  return { ...directory, restore: { mode: directory.mode | 0o2000, modified, defaultAcl: undefined } };
}

/**
 * Sets what the archive says of a directory that is left, or puts back how it was.
 *
 * @throws SystemError when something cannot be set for another reason than that the kernel cannot store it
 */
export function finishDirectory(directory: Directory, isRoot: boolean, metadata: EntryMetadata): void {
  const { entry, restore, descriptor } = directory;
  const inode = new OpenInode(descriptor);
  if (restore?.defaultAcl) inode.setAttribute(defaultAclName, restore.defaultAcl);
  if (entry !== undefined) {
    // Its owner is known only where it was made here just now.
    const owner = restore === undefined && !isRoot ? directory.owner : undefined;
    metadata.flags(descriptor, entry);
    metadata.apply(inode, entry, { mode: directory.mode, owner });
  } else if (restore !== undefined) {
    if (restore.mode !== directory.mode) inode.changeMode(restore.mode);
    inode.setTimes(restore.modified, restore.modified);
  }
}
