import { constants } from 'node:fs';
import { SystemError } from './errno.js';
import { callNumber } from './headers/call-numbers.js';
import { O_CLOEXEC, PATH_MAX, UTIME_NOW, UTIME_OMIT } from './headers/constants.js';
import { open_how, sizes, timespec } from './headers/structs.js';
import { checked, lastErrno, native } from './native.js';
import { giveToTree, toDisk } from './owners/foreign-owners.js';

/**
 * A path as the kernel sees it. A string is passed as UTF-8. A Buffer is raw bytes up to its first NUL or its end,
 * because names need not be UTF-8; one that already holds a NUL is passed as it is, without a copy.
 */
export type Path = string | Buffer;

/** What callers pass to the functions below. */
export {
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_PATH,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RESOLVE_BENEATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from './headers/constants.js';

/** glibc has no wrapper for it. */
const openat2Number = callNumber('openat2') ?? -1;

const functions = {
  syscall5: native<number>('long syscall(long number, int directory, const char *path, const void *how, size_t size)'),
  openat: native<number>('int openat(int directory, const char *path, int flags, uint32_t mode)'),
  close: native<number>('int close(int descriptor)'),
  mkdirat: native<number>('int mkdirat(int directory, const char *path, uint32_t mode)'),
  mknodat: native<number>('int mknodat(int directory, const char *path, uint32_t mode, uint64_t device)'),
  linkat: native<number>('int linkat(int fromDirectory, const char *from, int toDirectory, const char *to, int flags)'),
  symlinkat: native<number>('int symlinkat(const char *target, int directory, const char *path)'),
  readlinkat: native<number>('int64_t readlinkat(int directory, const char *path, void *target, size_t size)'),
  unlinkat: native<number>('int unlinkat(int directory, const char *path, int flags)'),
  renameat2: native<number>(
    'int renameat2(int fromDirectory, const char *from, int toDirectory, const char *to, uint32_t flags)',
  ),
  fchown: native<number>('int fchown(int descriptor, uint32_t user, uint32_t group)'),
  fchownat: native<number>('int fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags)'),
  fchmod: native<number>('int fchmod(int descriptor, uint32_t mode)'),
  fchmodat: native<number>('int fchmodat(int directory, const char *path, uint32_t mode, int flags)'),
  futimens: native<number>('int futimens(int descriptor, const void *times)'),
  utimensat: native<number>('int utimensat(int directory, const char *path, const void *times, int flags)'),
  umask: native<number>('uint32_t umask(uint32_t mask)'),
  ftruncate: native<number>('int ftruncate(int descriptor, int64_t length)'),
};

/** The path as something the C library may read: NUL-terminated, and without a NUL that would cut it short unseen. */
function terminated(path: Path): Path {
  if (typeof path === 'string') {
    if (path.includes('\0')) throw new TypeError('A path cannot hold a NUL character');
    return path;
  }
  return path.includes(0) ? path : Buffer.concat([path, Buffer.of(0)]);
}

function display(path: Path): string {
  if (typeof path === 'string') return path;
  const end = path.indexOf(0);
  return path.toString('utf8', 0, end < 0 ? path.length : end);
}

/** As `checked`, but spells the path only when there is an error to report. */
function checkedPath(syscall: string, result: number, path: Path): number {
  if (result < 0) throw new SystemError(syscall, lastErrno(), display(path));
  return result;
}

/** openat(2). The descriptor is close-on-exec; `mode` is subject to the umask. */
export function openat(directory: number, path: Path, flags: number, mode = 0): number {
  const name = terminated(path);
  const descriptor = checkedPath('openat', functions.openat(directory, name, flags | O_CLOEXEC, mode), path);
  if ((flags & creates) === creates) checkedPath('fchownat', giveToTree(directory, name), path);
  return descriptor;
}

/** What is made in a tree of the foreign UID range belongs to that. */
const creates = constants.O_CREAT | constants.O_EXCL;

function made(syscall: string, directory: number, path: Path, make: (name: Path) => number): void {
  const name = terminated(path);
  checkedPath(syscall, make(name), path);
  checkedPath('fchownat', giveToTree(directory, name), path);
}

const openHow = Buffer.alloc(open_how.sizeof);

/** openat2(2), Linux 5.6. The descriptor is close-on-exec; `resolve` is a union of RESOLVE_*. */
export function openat2(directory: number, path: Path, flags: number, resolve: number, mode = 0): number {
  openHow.writeUInt32LE((flags | O_CLOEXEC) >>> 0, open_how.flags);
  openHow.writeUInt32LE(mode, open_how.mode);
  openHow.writeUInt32LE(resolve, open_how.resolve);
  const result = functions.syscall5(openat2Number, directory, terminated(path), openHow, openHow.length);
  return checkedPath('openat2', result, path);
}

/**
 * close(2), without the bookkeeping that node's closeSync does.
 *
 * @throws SystemError EBADF, EINTR, EIO, ENOSPC, EDQUOT; the descriptor is gone all the same
 */
export function close(descriptor: number): void {
  checked('close', functions.close(descriptor));
}

/** mkdirat(2); `mode` is subject to the umask. */
export function mkdirat(directory: number, path: Path, mode: number): void {
  made('mkdirat', directory, path, (name) => functions.mkdirat(directory, name, mode));
}

/** dev_t as glibc's makedev(3) packs it: major and minor interleaved. */
export function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major >>> 0), BigInt(minor >>> 0)];
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn);
}

/** mknodat(2): `mode` holds the type (S_IFCHR, S_IFBLK, S_IFIFO, S_IFREG) and the permissions, subject to the umask. */
export function mknodat(directory: number, path: Path, mode: number, device = 0n): void {
  made('mknodat', directory, path, (name) => functions.mknodat(directory, name, mode, device));
}

/** linkat(2). Without AT_SYMLINK_FOLLOW a symbolic link is itself linked; AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH. */
export function linkat(fromDirectory: number, from: Path, toDirectory: number, to: Path, flags = 0): void {
  checkedPath('linkat', functions.linkat(fromDirectory, terminated(from), toDirectory, terminated(to), flags), to);
}

/** symlinkat(2). */
export function symlinkat(target: Path, directory: number, path: Path): void {
  const to = terminated(target);
  made('symlinkat', directory, path, (name) => functions.symlinkat(to, directory, name));
}

/** What symlink(2) can have stored. */
const linkTarget = Buffer.alloc(PATH_MAX);

/** readlinkat(2): the bytes of the target, without a NUL. */
export function readlinkat(directory: number, path: Path): Buffer {
  const length = functions.readlinkat(directory, terminated(path), linkTarget, linkTarget.length);
  return Buffer.from(linkTarget.subarray(0, checkedPath('readlinkat', Number(length), path)));
}

/** unlinkat(2); `AT_REMOVEDIR` removes an empty directory instead of anything else. */
export function unlinkat(directory: number, path: Path, flags = 0): void {
  checkedPath('unlinkat', functions.unlinkat(directory, terminated(path), flags), path);
}

/** renameat2(2); `flags` is 0, RENAME_NOREPLACE or RENAME_EXCHANGE. */
export function renameat2(fromDirectory: number, from: Path, toDirectory: number, to: Path, flags = 0): void {
  const result = functions.renameat2(fromDirectory, terminated(from), toDirectory, terminated(to), flags);
  checkedPath('renameat2', result, to);
}

/** An owner that chown leaves as it is ((uid_t) -1). */
export const keepOwner = 0xffffffff;

/** fchown(2). The kernel clears set-id bits and file capabilities of regular files. */
export function fchown(descriptor: number, user: number, group: number): void {
  checked('fchown', functions.fchown(descriptor, toDisk(user), toDisk(group)));
}

/** fchownat(2); pass AT_SYMLINK_NOFOLLOW to change a symbolic link itself. */
export function fchownat(directory: number, path: Path, user: number, group: number, flags: number): void {
  const result = functions.fchownat(directory, terminated(path), toDisk(user), toDisk(group), flags);
  checkedPath('fchownat', result, path);
}

/** fchmod(2). */
export function fchmod(descriptor: number, mode: number): void {
  checked('fchmod', functions.fchmod(descriptor, mode));
}

/** fchmodat(3). Follows a symbolic link in the last component: the caller knows what is there. */
export function fchmodat(directory: number, path: Path, mode: number): void {
  checkedPath('fchmodat', functions.fchmodat(directory, terminated(path), mode, 0), path);
}

/** A point in time, or what utimensat(2) does instead: the current time, or leave it. Before 1970: seconds < 0. */
export type Timestamp = { seconds: number; nanoseconds: number } | 'now' | 'keep';

const timespecs = Buffer.alloc(2 * timespec.sizeof);

function writeTimespec(time: Timestamp, offset: number): void {
  const special = time === 'now' ? UTIME_NOW : UTIME_OMIT;
  const seconds = typeof time === 'string' ? 0 : time.seconds;
  // Two halves instead of a bigint: this runs once per file of a tree.
  timespecs.writeInt32LE(seconds | 0, offset + timespec.tv_sec);
  timespecs.writeInt32LE(Math.floor(seconds / 0x1_0000_0000), offset + timespec.tv_sec + sizes.int);
  timespecs.writeUInt32LE(typeof time === 'string' ? special : time.nanoseconds, offset + timespec.tv_nsec);
}

/** Splits nanoseconds since 1970, as in node's BigIntStats, for `futimens` and `utimensat`. */
export function timestamp(nanoseconds: bigint): { seconds: number; nanoseconds: number } {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((nanoseconds - rest) / 1_000_000_000n), nanoseconds: Number(rest) };
}

/** futimens(3): access and modification time of an open file, to the nanosecond. */
export function futimens(descriptor: number, accessed: Timestamp, modified: Timestamp): void {
  writeTimespec(accessed, 0);
  writeTimespec(modified, timespec.sizeof);
  checked('futimens', functions.futimens(descriptor, timespecs));
}

/** utimensat(2); pass AT_SYMLINK_NOFOLLOW to change a symbolic link itself. */
export function utimensat(
  directory: number,
  path: Path,
  accessed: Timestamp,
  modified: Timestamp,
  flags: number,
): void {
  writeTimespec(accessed, 0);
  writeTimespec(modified, timespec.sizeof);
  checkedPath('utimensat', functions.utimensat(directory, terminated(path), timespecs, flags), path);
}

/** ftruncate(2), in bytes. Growing a file this way leaves a hole. */
export function ftruncate(descriptor: number, length: number): void {
  checked('ftruncate', functions.ftruncate(descriptor, length));
}

/** umask(2): which permissions new files do not get, for all threads of the process. Gives back the mask before. */
export function umask(mask: number): number {
  return functions.umask(mask);
}
