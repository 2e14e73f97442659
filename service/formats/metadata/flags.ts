import { FileFlag, getFileFlags } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { FS_COMPR_FL } from '../../../linux/headers/constants.js';

/**
 * The inode flags of chattr(1) that say how a file is to be treated, by libarchive's names: those that archives keep, as systemd
 * does. Immutable and append-only would make an image hard to remove; others tell how a file system keeps the file.
 */
export const flagNames: ReadonlyMap<string, number> = new Map([
  ['nodump', FileFlag.noDump],
  ['noatime', FileFlag.noAccessTime],
  ['nocow', FileFlag.noCopyOnWrite],
  ['projinherit', FileFlag.projectInherit],
  ['sync', FileFlag.sync],
  ['dirsync', FileFlag.directorySync],
]);

/** Those that no image keeps, and that say nothing of what is in a file: those that lock it, and how a file system kept it. */
const leftOut = new Set(
  'append,sappnd,sappend,immutable,schg,schange,simmutable,compress,journal,journal-data,notail,tail,topdir,securedeletion,undel'.split(
    ',',
  ),
);

/** What a list of flags from an archive means here, and the names in it that mean nothing on Linux. */
export function readFlags(list: string): { flags: number; unknown: string[] } {
  let flags = 0;
  const unknown: string[] = [];
  for (const name of list.split(',').map((each) => each.trim())) {
    const flag = flagNames.get(name);
    if (flag !== undefined) flags |= flag;
    else if (name !== '' && !leftOut.has(name)) unknown.push(name);
  }
  return { flags, unknown };
}

/** Those that a copy within this host keeps besides. */
const copied = [...flagNames.values()].reduce((all, flag) => all | flag, FS_COMPR_FL);
/** Those that lock what has them: only a copy keeps them, and not on its root, which still has to get its name. */
export const lockingFlags = FileFlag.immutable | FileFlag.appendOnly;

/** The flags of a file or directory that its copy gets. */
export function flagsToCopy(flags: number): number {
  const wanted = flags & (copied | lockingFlags);
  // XFS and ext4 use this bit for nothing, btrfs refuses it together with "no copy on write".
  return (flags & FileFlag.noCopyOnWrite) === 0 ? wanted : wanted & ~FS_COMPR_FL;
}

/** How a kernel says that a file system has no flags, or not this one, or that the caller may not set it. */
const refusals = ['ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'EPERM'];

/** Whether an error of the call that sets flags says no more than that they cannot be had here. */
export function isFlagRefusal(error: unknown): boolean {
  return hasCode(error, ...refusals);
}

/**
 * The flags of an open file or directory; none where the file system has no flags.
 *
 * @throws SystemError
 */
export function flagsOf(descriptor: number): number {
  try {
    return getFileFlags(descriptor);
  } catch (error) {
    if (isFlagRefusal(error)) return 0;
    throw error;
  }
}
