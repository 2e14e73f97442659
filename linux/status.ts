import { SystemError } from './errno.js';
import { AT_SYMLINK_NOFOLLOW, type Path } from './files.js';
import { lastErrno, native } from './native.js';

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

const AT_FDCWD = -100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
/** STATX_BASIC_STATS */
const basicMask = 0x7ff;
/** STATX_BTIME */
const birthMask = 0x800;
/** STATX_MNT_ID */
const mountMask = 0x1000;
const briefMask = basicMask | birthMask | mountMask;

const statx = native<number>('int statx(int directory, const char *path, int flags, uint32_t mask, void *result)');
const result = Buffer.alloc(256);

const STATX_ATTR_IMMUTABLE = 0x10;

function time(at: number): { seconds: number; nanoseconds: number } {
  return {
    seconds: result.readUInt32LE(at) + result.readInt32LE(at + 4) * 0x1_0000_0000,
    nanoseconds: result.readUInt32LE(at + 8),
  };
}

/** Device and inode. */
function identity(): string {
  return [136, 140, 32, 36].map((at) => result.readUInt32LE(at)).join(':');
}

function word(at: number): number {
  return result.readUInt32LE(at) + result.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/**
 * statx(2) of a name in a directory, without following it if it is a link; or of the descriptor itself when the name is
 * empty. A Buffer ends with a NUL.
 *
 * @throws SystemError
 */
export function statusAt(directory: number, name: Path): FileStatus {
  const status = statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, basicMask, result);
  if (status < 0) throw new SystemError('statx', lastErrno(), name.toString().replace(/\0$/, ''));
  const links = result.readUInt32LE(16);
  // The offsets of struct statx are the same everywhere (linux/stat.h).
  return {
    mode: result.readUInt16LE(28),
    links,
    user: result.readUInt32LE(20),
    group: result.readUInt32LE(24),
    identity: links > 1 ? identity() : '',
    size: word(40),
    allocated: word(48) * 512,
    accessed: time(64),
    modified: time(112),
    major: result.readUInt32LE(128),
    minor: result.readUInt32LE(132),
  };
}

/**
 * What tells an open file from all that were, are and will be on its file system: inode number and time of birth. Undefined where the
 * file system does not keep that time: inode numbers are used again.
 *
 * @throws SystemError
 */
export function lastingIdentity(descriptor: number): string | undefined {
  const status = statx(descriptor, '', AT_EMPTY_PATH, basicMask | birthMask, result);
  if (status < 0) throw new SystemError('statx', lastErrno(), `descriptor ${descriptor}`);
  if ((result.readUInt32LE(0) & birthMask) === 0) return undefined;
  const { seconds, nanoseconds } = time(80);
  return `${result.readBigUInt64LE(32)}:${seconds}.${String(nanoseconds).padStart(9, '0')}`;
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
  if (statx(descriptor, '', AT_EMPTY_PATH, briefMask, result) < 0) throw new SystemError('statx', lastErrno());
  return briefStatus();
}

/**
 * statx(2) of an absolute path, without following it if it is a link.
 *
 * @throws SystemError
 */
export function pathStatus(path: string): BriefStatus {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (statx(AT_FDCWD, path, flags, briefMask, result) < 0) throw new SystemError('statx', lastErrno(), path);
  return briefStatus();
}

function briefStatus(): BriefStatus {
  const tellsImmutable = (result.readUInt32LE(56) & STATX_ATTR_IMMUTABLE) !== 0;
  return {
    mode: result.readUInt16LE(28),
    inode: word(32),
    size: word(40),
    allocated: word(48) * 512,
    modifiedAt: microseconds(112),
    bornAt: (result.readUInt32LE(0) & birthMask) === 0 ? undefined : microseconds(80),
    isImmutable: tellsImmutable ? (result.readUInt32LE(8) & STATX_ATTR_IMMUTABLE) !== 0 : undefined,
    mount: (result.readUInt32LE(0) & mountMask) === 0 ? undefined : word(144),
  };
}
