import { SystemError } from './errno.js';
import type { Path } from './files.js';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  STATX_ATTR_IMMUTABLE,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_MNT_ID,
} from './headers/constants.js';
import { sizes, statx, statx_timestamp } from './headers/structs.js';
import { lastErrno, native } from './native.js';
import { fromDisk } from './owners/foreign-owners.js';

/** What statx(2) tells of a file. */
export interface FileStatus {
  /** Type and permissions, as in st_mode. */
  mode: number;
  links: number;
  user: number;
  group: number;
  /** Device and inode, the same for all names of a file that has several; empty otherwise. */
  identity: string;
  /** Bytes. */
  size: number;
  /** Bytes that are allocated. */
  allocated: number;
  accessed: { seconds: number; nanoseconds: number };
  modified: { seconds: number; nanoseconds: number };
  /** Of a device node. */
  major: number;
  minor: number;
}

/** What statx(2) tells of a file, in numbers that cost little to make. */
export interface BriefStatus {
  /** Type and permissions, as in st_mode. */
  mode: number;
  /** Exact below 2^53. */
  inode: number;
  /** Bytes. */
  size: number;
  /** Bytes that are allocated. */
  allocated: number;
  /** Microseconds since 1970. */
  modifiedAt: number;
  /** Microseconds since 1970; undefined where the file system does not say. */
  bornAt: number | undefined;
  /** Whether it has the immutable flag; undefined where the file system does not say. */
  isImmutable: boolean | undefined;
  /** The number of the mount that it was reached through; undefined where the kernel does not say. */
  mount: number | undefined;
}

const briefMask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
/** st_blocks counts blocks of this size, whatever the file system's are (statx(2)). */
const blockSize = 512;

const statxCall = native<number>('int statx(int directory, const char *path, int flags, uint32_t mask, void *result)');
const result = Buffer.alloc(statx.sizeof);

function time(at: number): { seconds: number; nanoseconds: number } {
  return {
    seconds: result.readUInt32LE(at) + result.readInt32LE(at + sizes.__u32) * 0x1_0000_0000,
    nanoseconds: result.readUInt32LE(at + statx_timestamp.tv_nsec),
  };
}

/** Device and inode. */
function identity(): string {
  const { stx_dev_major, stx_dev_minor, stx_ino } = statx;
  return [stx_dev_major, stx_dev_minor, stx_ino, stx_ino + sizes.__u32].map((at) => result.readUInt32LE(at)).join(':');
}

function word(at: number): number {
  return result.readUInt32LE(at) + result.readUInt32LE(at + sizes.__u32) * 0x1_0000_0000;
}

/**
 * statx(2) of a name in a directory, without following it if it is a link; or of the descriptor itself when the name is
 * empty. A Buffer ends with a NUL.
 *
 * @throws SystemError
 */
export function statusAt(directory: number, name: Path): FileStatus {
  const status = statxCall(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, STATX_BASIC_STATS, result);
  if (status < 0) throw new SystemError('statx', lastErrno(), name.toString().replace(/\0$/, ''));
  const links = result.readUInt32LE(statx.stx_nlink);
  return {
    mode: result.readUInt16LE(statx.stx_mode),
    links,
    user: fromDisk(result.readUInt32LE(statx.stx_uid)),
    group: fromDisk(result.readUInt32LE(statx.stx_gid)),
    identity: links > 1 ? identity() : '',
    size: word(statx.stx_size),
    allocated: word(statx.stx_blocks) * blockSize,
    accessed: time(statx.stx_atime),
    modified: time(statx.stx_mtime),
    major: result.readUInt32LE(statx.stx_rdev_major),
    minor: result.readUInt32LE(statx.stx_rdev_minor),
  };
}

/**
 * What tells an open file from all that were, are and will be on its file system: inode number and time of birth. Undefined where the
 * file system does not keep that time: inode numbers are used again.
 *
 * @throws SystemError
 */
export function lastingIdentity(descriptor: number): string | undefined {
  const status = statxCall(descriptor, '', AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, result);
  if (status < 0) throw new SystemError('statx', lastErrno(), `descriptor ${descriptor}`);
  if ((result.readUInt32LE(statx.stx_mask) & STATX_BTIME) === 0) return undefined;
  const { seconds, nanoseconds } = time(statx.stx_btime);
  return `${result.readBigUInt64LE(statx.stx_ino)}:${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

function microseconds(at: number): number {
  const { seconds, nanoseconds } = time(at);
  return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
}

/**
 * statx(2) of an open file.
 *
 * @throws SystemError
 */
export function openFileStatus(descriptor: number): BriefStatus {
  if (statxCall(descriptor, '', AT_EMPTY_PATH, briefMask, result) < 0) throw new SystemError('statx', lastErrno());
  return briefStatus();
}

/**
 * statx(2) of an absolute path, without following it if it is a link.
 *
 * @throws SystemError
 */
export function pathStatus(path: string): BriefStatus {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (statxCall(AT_FDCWD, path, flags, briefMask, result) < 0) throw new SystemError('statx', lastErrno(), path);
  return briefStatus();
}

function briefStatus(): BriefStatus {
  const tellsImmutable = (result.readUInt32LE(statx.stx_attributes_mask) & STATX_ATTR_IMMUTABLE) !== 0;
  return {
    mode: result.readUInt16LE(statx.stx_mode),
    inode: word(statx.stx_ino),
    size: word(statx.stx_size),
    allocated: word(statx.stx_blocks) * blockSize,
    modifiedAt: microseconds(statx.stx_mtime),
    bornAt: (result.readUInt32LE(statx.stx_mask) & STATX_BTIME) === 0 ? undefined : microseconds(statx.stx_btime),
    isImmutable: tellsImmutable ? (result.readUInt32LE(statx.stx_attributes) & STATX_ATTR_IMMUTABLE) !== 0 : undefined,
    mount: (result.readUInt32LE(statx.stx_mask) & STATX_MNT_ID) === 0 ? undefined : word(statx.stx_mnt_id),
  };
}
