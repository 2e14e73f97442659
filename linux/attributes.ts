import { ioctl } from './calls.js';
import { errnoNameOf, hasCode, SystemError } from './errno.js';
import type { Path } from './files.js';
import {
  FS_APPEND_FL,
  FS_DIRSYNC_FL,
  FS_IMMUTABLE_FL,
  FS_IOC_GETFLAGS,
  FS_IOC_SETFLAGS,
  FS_NOATIME_FL,
  FS_NOCOW_FL,
  FS_NODUMP_FL,
  FS_PROJINHERIT_FL,
  FS_SYNC_FL,
  XATTR_SIZE_MAX,
} from './headers/constants.js';
import { sizes } from './headers/structs.js';
import { checked, lastErrno, native } from './native.js';
import { attributeFromDisk, attributeToDisk } from './owners/foreign-owners.js';

/**
 * Where an extended attribute is: an open descriptor (not one of O_PATH), or a path whose last component is not
 * followed. A path beneath a directory descriptor is spelt `/proc/self/fd/N/NAME`.
 */
export type AttributeHolder = number | Path;

const functions = {
  fget: native<number>('int64_t fgetxattr(int descriptor, const char *name, void *value, size_t size)'),
  lget: native<number>('int64_t lgetxattr(const char *path, const char *name, void *value, size_t size)'),
  fset: native<number>('int fsetxattr(int descriptor, const char *name, const void *value, size_t size, int flags)'),
  lset: native<number>('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)'),
  flist: native<number>('int64_t flistxattr(int descriptor, void *list, size_t size)'),
  llist: native<number>('int64_t llistxattr(const char *path, void *list, size_t size)'),
  fremove: native<number>('int fremovexattr(int descriptor, const char *name)'),
  lremove: native<number>('int lremovexattr(const char *path, const char *name)'),
};

function terminated(path: Path): Path {
  if (typeof path === 'string') {
    if (path.includes('\0')) throw new TypeError('A name cannot hold a NUL character');
    return path;
  }
  return path.includes(0) ? path : Buffer.concat([path, Buffer.of(0)]);
}

function plain(name: Path): string {
  return typeof name === 'string' ? name : name.toString('latin1').replace(/\0$/, '');
}

function subject(holder: AttributeHolder, name?: Path): string {
  const where = typeof holder === 'number' ? `descriptor ${holder}` : holder.toString().replace(/\0.*$/s, '');
  return name === undefined ? where : `${name.toString().replace(/\0.*$/s, '')} of ${where}`;
}

function result(syscall: string, value: number | bigint, holder: AttributeHolder, name?: Path): number {
  if (value < 0) throw new SystemError(syscall, lastErrno(), subject(holder, name));
  return Number(value);
}

/** For a value, or for a list of names, whose limit is the same. */
const scratch = Buffer.alloc(XATTR_SIZE_MAX);

/** fgetxattr(2) or lgetxattr(2): the value, or undefined when there is no such attribute (ENODATA). */
export function getAttribute(holder: AttributeHolder, name: Path): Buffer | undefined {
  const key = terminated(name);
  const length =
    typeof holder === 'number'
      ? functions.fget(holder, key, scratch, scratch.length)
      : functions.lget(terminated(holder), key, scratch, scratch.length);
  // Most files have none: an error would take longer to make than the call takes.
  if (length < 0 && errnoNameOf(lastErrno()) === 'ENODATA') return undefined;
  const value = Buffer.from(scratch.subarray(0, result('getxattr', length, holder, name)));
  return attributeFromDisk(plain(name), value);
}

/** fsetxattr(2) or lsetxattr(2). */
export function setAttribute(holder: AttributeHolder, name: Path, wanted: Buffer): void {
  const key = terminated(name);
  const value = attributeToDisk(plain(name), wanted);
  const status =
    typeof holder === 'number'
      ? functions.fset(holder, key, value, value.length, 0)
      : functions.lset(terminated(holder), key, value, value.length, 0);
  result('setxattr', status, holder, name);
}

const noPlace = ['EOPNOTSUPP', 'ENOTSUP', 'ENOSPC', 'EDQUOT', 'E2BIG', 'ERANGE'];

/**
 * Whether an error means that a file system has no place for an attribute: it has no attributes of that kind, or none that
 * long (setxattr(2); ext4 says ENOSPC beyond one block). It says nothing about the disk.
 */
export function hasNoPlace(error: unknown): boolean {
  return error instanceof SystemError && error.syscall === 'setxattr' && hasCode(error, ...noPlace);
}

/** Whether an error means that an attribute cannot be set here, for lack of a place or of the right to. */
export function cannotBeSet(error: unknown): boolean {
  return hasNoPlace(error) || hasCode(error, 'EPERM', 'EACCES');
}

/**
 * flistxattr(2) or llistxattr(2): the names, in the kernel's order, as byte strings (one character per byte, latin1;
 * names need not be UTF-8). Names that the caller may not see (`trusted.*` without CAP_SYS_ADMIN) are missing.
 */
export function listAttributes(holder: AttributeHolder): string[] {
  const status =
    typeof holder === 'number'
      ? functions.flist(holder, scratch, scratch.length)
      : functions.llist(terminated(holder), scratch, scratch.length);
  const length = result('listxattr', status, holder);
  return length === 0 ? [] : scratch.toString('latin1', 0, length - 1).split('\0');
}

/** fremovexattr(2) or lremovexattr(2). Gives back whether there was such an attribute. */
export function removeAttribute(holder: AttributeHolder, name: Path): boolean {
  const key = terminated(name);
  const status =
    typeof holder === 'number' ? functions.fremove(holder, key) : functions.lremove(terminated(holder), key);
  try {
    result('removexattr', status, holder, name);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENODATA')) return false;
    throw error;
  }
}

/** Inode flags of chattr(1) (`linux/fs.h`). */
export const FileFlag = {
  sync: FS_SYNC_FL,
  immutable: FS_IMMUTABLE_FL,
  appendOnly: FS_APPEND_FL,
  noDump: FS_NODUMP_FL,
  noAccessTime: FS_NOATIME_FL,
  directorySync: FS_DIRSYNC_FL,
  noCopyOnWrite: FS_NOCOW_FL,
  projectInherit: FS_PROJINHERIT_FL,
} as const;

/** The calls' numbers say that it is a long, and the kernel uses an int. */
const flagsArgument = Buffer.alloc(2 * sizes.int);

/**
 * The inode flags of an open file or directory (FS_IOC_GETFLAGS).
 *
 * @throws SystemError ENOTTY or EOPNOTSUPP where the file system has none
 */
export function getFileFlags(descriptor: number): number {
  checked('FS_IOC_GETFLAGS', ioctl(descriptor, FS_IOC_GETFLAGS, flagsArgument));
  return flagsArgument.readUInt32LE(0);
}

/** Replaces the inode flags (FS_IOC_SETFLAGS). Immutable and append-only need CAP_LINUX_IMMUTABLE. */
export function setFileFlags(descriptor: number, flags: number): void {
  flagsArgument.writeUInt32LE(flags >>> 0, 0);
  checked('FS_IOC_SETFLAGS', ioctl(descriptor, FS_IOC_SETFLAGS, flagsArgument));
}

/** Sets the flags in `set` and clears those in `clear`, where that changes anything. */
export function changeFileFlags(descriptor: number, set: number, clear: number): void {
  const before = getFileFlags(descriptor);
  const after = ((before & ~clear) | set) >>> 0;
  if (after !== before) setFileFlags(descriptor, after);
}
