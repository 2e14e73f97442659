import {
  type AttributeHolder,
  changeFileFlags,
  FileFlag,
  getAttribute,
  getFileFlags,
  listAttributes,
  setAttribute,
} from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';

/** What a copy may be unable to keep. */
export type Loss = 'owners' | 'modes' | 'devices' | 'attributes' | 'flags';

/**
 * Decides whether what the kernel refuses is a failure, or a loss that is counted: gives back whether the action was
 * done, or throws. `entry` tells entries apart.
 */
export interface LossKeeper {
  attempt(kind: Loss, entry: number, action: () => void): boolean;
  count(kind: Loss, entry: number): void;
}

/** Everything must be kept. */
export const strict: LossKeeper = {
  attempt(_kind, _entry, action) {
    action();
    return true;
  },
  count() {},
};

/** FS_COMPR_FL of linux/fs.h: compress on btrfs. */
const compress = 0x4;

/** The flags of chattr(1) that mean something on a copy. Others tell how the file system keeps the file. */
const contentFlags =
  FileFlag.sync | FileFlag.noDump | FileFlag.noAccessTime | FileFlag.directorySync | FileFlag.projectInherit | compress;
const lockingFlags = FileFlag.immutable | FileFlag.appendOnly;

/** The flags of an open file or directory; none where the file system has no flags. */
export function flagsOf(descriptor: number): number {
  try {
    return getFileFlags(descriptor);
  } catch (error) {
    if (hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL')) return 0;
    throw error;
  }
}

/** Those of the flags of a file or directory that its copy gets; `locking` includes immutable and append-only. */
export function flagsToCopy(flags: number, locking: boolean): number {
  // XFS and ext4 use bit 0x4 for nothing, btrfs refuses it together with "no copy on write", which goes first.
  const wanted = flags & (contentFlags | (locking ? lockingFlags : 0));
  return (flags & FileFlag.noCopyOnWrite) === 0 ? wanted : wanted & ~compress;
}

/** Only an empty file can be taken out of copy-on-write, and only two of a kind can share blocks. A hint, not data. */
export function copyNoCopyOnWrite(flags: number, target: number): void {
  if ((flags & FileFlag.noCopyOnWrite) === 0) return;
  try {
    changeFileFlags(target, FileFlag.noCopyOnWrite, 0);
  } catch (error) {
    if (!hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'EPERM')) throw error;
  }
}

/** Sets flags as the very last thing: an immutable file takes nothing else. */
export function setFlags(target: number, flags: number, losses: LossKeeper, entry: number): void {
  if (flags !== 0) losses.attempt('flags', entry, () => changeFileFlags(target, flags, 0));
}

function setOne(target: AttributeHolder, key: Buffer, name: string, value: Buffer): void {
  try {
    setAttribute(target, key, value);
  } catch (error) {
    // Labels are the policy's business: without SELinux nobody may set them, with it the new file has one already.
    if (name !== 'security.selinux') throw error;
  }
}

/** Copies extended attributes, POSIX ACLs among them, less those that `drop` names. */
export function copyAttributes(
  source: AttributeHolder,
  target: AttributeHolder,
  drop: (name: string) => boolean,
  losses: LossKeeper,
  entry: number,
): void {
  for (const name of namesOf(source)) {
    if (drop(name)) continue;
    const key = Buffer.from(name, 'latin1');
    const value = getAttribute(source, key);
    if (value !== null) losses.attempt('attributes', entry, () => setOne(target, key, name, value));
  }
}

function namesOf(source: AttributeHolder): string[] {
  try {
    return listAttributes(source);
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return [];
    throw error;
  }
}
