import { lastErrno, native, SystemError } from './call.js';
import type { Path } from './files.js';

/** What statx(2) tells of a file. */
export interface FileStatus {
  /** Type and permissions, as in st_mode. */
  mode: number;
  links: number;
  user: number;
  group: number;
  inode: bigint;
  /** Bytes. */
  size: number;
  /** Bytes that are allocated. */
  allocated: number;
  modified: { seconds: number; nanoseconds: number };
  /** Of a device node. */
  major: number;
  minor: number;
  /** Of the file system that it is on. */
  deviceMajor: number;
  deviceMinor: number;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
/** STATX_BASIC_STATS */
const BASIC = 0x7ff;

const statx = native<number>('int statx(int directory, const char *path, int flags, uint32_t mask, void *result)');
const result = Buffer.alloc(256);

function word(at: number): number {
  return result.readUInt32LE(at) + result.readUInt32LE(at + 4) * 0x1_0000_0000;
}

/**
 * statx(2) of a name in a directory, without following it if it is a link; or of the descriptor itself when the name is
 * empty. A Buffer ends with a NUL. Throws SystemError.
 */
export function statusAt(directory: number, name: Path): FileStatus {
  const status = statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, BASIC, result);
  if (status < 0) throw new SystemError('statx', lastErrno(), name.toString().replace(/\0$/, ''));
  // The offsets of struct statx are the same everywhere (linux/stat.h).
  return {
    mode: result.readUInt16LE(28),
    links: result.readUInt32LE(16),
    user: result.readUInt32LE(20),
    group: result.readUInt32LE(24),
    inode: result.readBigUInt64LE(32),
    size: word(40),
    allocated: word(48) * 512,
    modified: {
      seconds: result.readUInt32LE(112) + result.readInt32LE(116) * 0x1_0000_0000,
      nanoseconds: result.readUInt32LE(120),
    },
    major: result.readUInt32LE(128),
    minor: result.readUInt32LE(132),
    deviceMajor: result.readUInt32LE(136),
    deviceMinor: result.readUInt32LE(140),
  };
}
