import { ioctl, lseek } from './calls.js';
import { hasCode } from './errno.js';
import { checked, native, nativeInBackground } from './native.js';

/*
 * Where the bytes of a file are, and moving them without reading them: holes, allocation, reflinks, kernel-side copies,
 * durability, free space. Offsets and sizes are bytes throughout.
 */

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** _IOW(0x94, 9, int) and _IOW(0x94, 13, struct file_clone_range) of linux/fs.h. */
const FICLONE = 0x40049409;
const FICLONERANGE = 0x4020940d;

const ioctlDescriptor = native<number>('int ioctl(int descriptor, unsigned long request, int argument)');
const copyFileRange = native<number | bigint>(
  'int64_t copy_file_range(int source, void *sourceOffset, int target, void *targetOffset, size_t length, unsigned int flags)',
);
const fsync = native<number>('int fsync(int descriptor)');
const fdatasync = native<number>('int fdatasync(int descriptor)');
const syncfs = native<number>('int syncfs(int descriptor)');
const syncfsInBackground = nativeInBackground('int syncfs(int descriptor)');
const syncFileRangeInBackground = nativeInBackground(
  'int sync_file_range(int descriptor, int64_t offset, int64_t length, unsigned int flags)',
);
const fstatfs = native<number>('int fstatfs(int descriptor, void *result)');
const statfs = native<number>('int statfs(const char *path, void *result)');

/** f_type of statfs(2), from linux/magic.h. */
export const FileSystemMagic = {
  btrfs: 0x9123683e,
  ext4: 0xef53,
  xfs: 0x58465342,
  tmpfs: 0x01021994,
  overlayfs: 0x794c7630,
  nfs: 0x6969,
  zfs: 0x2fc12fc1,
  bcachefs: 0xca451a4e,
} as const;

export interface FileSystemSpace {
  /** One of FileSystemMagic, or another unsigned 32-bit number of linux/magic.h. */
  magic: number;
  /** Bytes per block: the unit of allocation. */
  blockSize: number;
  totalBytes: number;
  /** Bytes that root may still use. */
  freeBytes: number;
  /** Bytes that everybody else may still use. */
  availableBytes: number;
  /** Files that it can hold; 0 where that is not limited. */
  totalInodes: number;
  freeInodes: number;
  readOnly: boolean;
}

/** SYNC_FILE_RANGE_WRITE of linux/fs.h: begin to write what is not being written yet, and wait for nothing. */
const SYNC_FILE_RANGE_WRITE = 2;

const ST_RDONLY = 1n;

/**
 * fstatfs(2): type and free space of the file system that an open file lies on.
 *
 * @throws SystemError
 */
export function fileSystemSpace(descriptor: number): FileSystemSpace {
  // struct statfs of 64-bit Linux: type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags, spare[4]
  const result = Buffer.alloc(120);
  checked('fstatfs', fstatfs(descriptor, result));
  const word = (index: number) => result.readBigUInt64LE(index * 8);
  const fragment = word(9) || word(1);
  return {
    magic: Number(word(0) & 0xffffffffn),
    blockSize: Number(word(1)),
    totalBytes: Number(word(2) * fragment),
    freeBytes: Number(word(3) * fragment),
    availableBytes: Number(word(4) * fragment),
    totalInodes: Number(word(5)),
    freeInodes: Number(word(6)),
    readOnly: (word(10) & ST_RDONLY) !== 0n,
  };
}

const statfsResult = Buffer.alloc(120);

/**
 * Whether an open file lies on a file system, or was reached through a mount, that is read-only.
 *
 * @throws SystemError
 */
export function isFileSystemReadOnly(descriptor: number): boolean {
  checked('fstatfs', fstatfs(descriptor, statfsResult));
  return isResultReadOnly();
}

/**
 * As isFileSystemReadOnly(), for a path, which is followed.
 *
 * @throws SystemError
 */
export function isPathReadOnly(path: string): boolean {
  checked('statfs', statfs(path, statfsResult), path);
  return isResultReadOnly();
}

function isResultReadOnly(): boolean {
  // The lower half of the flags: those of statvfs(3) are all in it.
  return (statfsResult.readUInt32LE(10 * 8) & Number(ST_RDONLY)) !== 0;
}

function seek(descriptor: number, offset: number, whence: number): number | undefined {
  try {
    return checked('lseek', lseek(descriptor, offset, whence));
  } catch (error) {
    if (hasCode(error, 'ENXIO')) return undefined;
    throw error;
  }
}

/**
 * lseek(2) SEEK_DATA: where the next data at or after `offset` begins; undefined when only holes follow. Moves the file
 * offset.
 *
 * @throws SystemError EINVAL from what cannot seek by data (file systems without holes report one extent)
 */
export function nextData(descriptor: number, offset: number): number | undefined {
  return seek(descriptor, offset, SEEK_DATA);
}

/** lseek(2) SEEK_HOLE: where the next hole begins, at the latest the end of the file; undefined beyond it. Moves the file offset. */
export function nextHole(descriptor: number, offset: number): number | undefined {
  return seek(descriptor, offset, SEEK_HOLE);
}

/**
 * ioctl_ficlone(2): makes `target` share all blocks of `source`.
 *
 * @throws SystemError; `cloneImpossible` tells those after which a copy is the answer
 */
export function cloneFile(source: number, target: number): void {
  checked('ioctl FICLONE', ioctlDescriptor(target, FICLONE, source));
}

/**
 * ioctl_ficlonerange(2): shares a block-aligned range; length 0 means up to the end of `source`.
 *
 * @throws SystemError
 */
export function cloneRange(
  source: number,
  sourceOffset: number,
  length: number,
  target: number,
  targetOffset: number,
): void {
  const range = Buffer.alloc(32);
  range.writeBigInt64LE(BigInt(source), 0);
  range.writeBigUInt64LE(BigInt(sourceOffset), 8);
  range.writeBigUInt64LE(BigInt(length), 16);
  range.writeBigUInt64LE(BigInt(targetOffset), 24);
  checked('ioctl FICLONERANGE', ioctl(target, FICLONERANGE, range));
}

/** Whether an error of cloneFile or cloneRange means only that these two files cannot share blocks. */
export function cloneImpossible(error: unknown): boolean {
  return hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EXDEV', 'EINVAL', 'ENOSYS', 'ETXTBSY', 'EPERM');
}

/**
 * copy_file_range(2) at explicit offsets, which leaves both file offsets alone: gives back how many bytes were copied,
 * perhaps fewer than asked for, 0 at the end of `source`.
 *
 * @throws SystemError EXDEV, EINVAL, EOPNOTSUPP, ENOSPC, …
 */
export function copyRange(
  source: number,
  sourceOffset: number,
  target: number,
  targetOffset: number,
  length: number,
): number {
  return checked(
    'copy_file_range',
    copyFileRange(source, longInteger(sourceOffset), target, longInteger(targetOffset), length, 0),
  );
}

function longInteger(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
}

/**
 * fsync(2): data and metadata of the file, or the entries of the directory, are on the disk afterwards.
 *
 * @throws SystemError
 */
export function synchronize(descriptor: number): void {
  checked('fsync', fsync(descriptor));
}

/**
 * fdatasync(2): the data, and what is needed to read it back, are on the disk afterwards.
 *
 * @throws SystemError
 */
export function synchronizeData(descriptor: number): void {
  checked('fdatasync', fdatasync(descriptor));
}

/**
 * syncfs(2): everything written to the file system that the descriptor lies on is on the disk afterwards.
 *
 * @throws SystemError
 */
export function synchronizeFileSystem(descriptor: number): void {
  checked('syncfs', syncfs(descriptor));
}

/** sync_file_range(2): begins to write a file's data to the disk. Promises nothing; `synchronize` does. */
export function beginWritingFile(descriptor: number): void {
  syncFileRangeInBackground(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/** Begins to write to the disk all that a file system has in memory. Promises nothing; `synchronizeFileSystem` does. */
export function beginWritingFileSystem(descriptor: number): void {
  syncfsInBackground(descriptor);
}
