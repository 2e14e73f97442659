import { ioctl, lseek } from './calls.js';
import { hasCode } from './errno.js';
import {
  BTRFS_SUPER_MAGIC,
  EXT4_SUPER_MAGIC,
  FICLONE,
  FICLONERANGE,
  NFS_SUPER_MAGIC,
  OVERLAYFS_SUPER_MAGIC,
  SEEK_DATA,
  SEEK_HOLE,
  ST_RDONLY,
  SYNC_FILE_RANGE_WRITE,
  TMPFS_MAGIC,
  XFS_SUPER_MAGIC,
} from './headers/constants.js';
import { file_clone_range, sizes, statfs } from './headers/structs.js';
import { checked, native, nativeInBackground } from './native.js';

/*
 * Where the bytes of a file are, and moving them without reading them: holes, allocation, reflinks, kernel-side copies,
 * durability, free space. Offsets and sizes are bytes throughout.
 */

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
const statfsCall = native<number>('int statfs(const char *path, void *result)');

/** f_type of statfs(2); the last two have no header. */
export const FileSystemMagic = {
  btrfs: BTRFS_SUPER_MAGIC,
  ext4: EXT4_SUPER_MAGIC,
  xfs: XFS_SUPER_MAGIC,
  tmpfs: TMPFS_MAGIC,
  overlayfs: OVERLAYFS_SUPER_MAGIC,
  nfs: NFS_SUPER_MAGIC,
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

/**
 * fstatfs(2): type and free space of the file system that an open file lies on.
 *
 * @throws SystemError
 */
export function fileSystemSpace(descriptor: number): FileSystemSpace {
  const result = Buffer.alloc(statfs.sizeof);
  checked('fstatfs', fstatfs(descriptor, result));
  const word = (at: number) => result.readBigUInt64LE(at);
  const fragment = word(statfs.f_frsize) || word(statfs.f_bsize);
  return {
    magic: result.readUInt32LE(statfs.f_type),
    blockSize: Number(word(statfs.f_bsize)),
    totalBytes: Number(word(statfs.f_blocks) * fragment),
    freeBytes: Number(word(statfs.f_bfree) * fragment),
    availableBytes: Number(word(statfs.f_bavail) * fragment),
    totalInodes: Number(word(statfs.f_files)),
    freeInodes: Number(word(statfs.f_ffree)),
    readOnly: isMarkedReadOnly(result),
  };
}

const statfsResult = Buffer.alloc(statfs.sizeof);

/**
 * Whether an open file lies on a file system, or was reached through a mount, that is read-only.
 *
 * @throws SystemError
 */
export function isFileSystemReadOnly(descriptor: number): boolean {
  checked('fstatfs', fstatfs(descriptor, statfsResult));
  return isMarkedReadOnly(statfsResult);
}

/**
 * As isFileSystemReadOnly(), for a path, which is followed.
 *
 * @throws SystemError
 */
export function isPathReadOnly(path: string): boolean {
  checked('statfs', statfsCall(path, statfsResult), path);
  return isMarkedReadOnly(statfsResult);
}

function isMarkedReadOnly(result: Buffer): boolean {
  // The lower half of the flags: those of statvfs(3) are all in it.
  return (result.readUInt32LE(statfs.f_flags) & ST_RDONLY) !== 0;
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
  const range = Buffer.alloc(file_clone_range.sizeof);
  range.writeBigInt64LE(BigInt(source), file_clone_range.src_fd);
  range.writeBigUInt64LE(BigInt(sourceOffset), file_clone_range.src_offset);
  range.writeBigUInt64LE(BigInt(length), file_clone_range.src_length);
  range.writeBigUInt64LE(BigInt(targetOffset), file_clone_range.dest_offset);
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
  const bytes = Buffer.alloc(sizes.loff_t);
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
