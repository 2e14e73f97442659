import { fstatSync } from 'node:fs';
import { ioctl } from './calls.js';
import { NAME_MAX } from './constants.js';
import { checked } from './native.js';
import { FileSystemMagic, fileSystemSpace } from './space.js';

/*
 * btrfs subvolumes, by the ioctls of linux/btrfs.h. A subvolume is named by an open descriptor of its root, or by the
 * directory that holds it and its name. Names are at most 255 bytes.
 */

const SUBVOL_CREATE_V2 = 0x50009418;
const SNAP_CREATE_V2 = 0x50009417;
const SNAP_DESTROY = 0x5000940f;
const SUBVOL_GETFLAGS = 0x80089419;
const SUBVOL_SETFLAGS = 0x4008941a;
const GET_SUBVOL_INFO = 0x81f8943c;
const GET_SUBVOL_ROOTREF = 0xd000943d;
const INO_LOOKUP_USER = 0xd000943e;

const SUBVOL_RDONLY = 2n;
/** The same as it is kept on the disk (linux/btrfs_tree.h). */
const ROOT_SUBVOL_RDONLY = 1n;
/** BTRFS_FIRST_FREE_OBJECTID: the inode number of the root directory of every subvolume. */
const rootInode = 256n;

function control(name: string, descriptor: number, request: number, argument: Buffer, subject = ''): void {
  checked(`ioctl ${name}`, ioctl(descriptor, request, argument), subject);
}

function writeName(argument: Buffer, name: string | Buffer, offset: number): void {
  const bytes = Buffer.from(name);
  if (bytes.length > NAME_MAX || bytes.includes(0)) throw new RangeError('Not a file name');
  bytes.copy(argument, offset);
}

/**
 * Whether an open file lies on btrfs.
 *
 * @throws SystemError
 */
export function isBtrfs(descriptor: number): boolean {
  return fileSystemSpace(descriptor).magic === FileSystemMagic.btrfs;
}

/** Whether a descriptor is the root directory of a btrfs subvolume. */
export function isSubvolume(descriptor: number): boolean {
  const { ino } = fstatSync(descriptor, { bigint: true });
  return ino === rootInode && isBtrfs(descriptor) && fstatSync(descriptor).isDirectory();
}

/**
 * Makes an empty subvolume, mode 0777 less the umask, in a directory.
 *
 * @throws SystemError ENOTTY where it is not btrfs
 */
export function createSubvolume(directory: number, name: string): void {
  // struct btrfs_ioctl_vol_args_v2: descriptor, transaction, flags (8 each), unused[4], name (at 56)
  const argument = Buffer.alloc(4096);
  writeName(argument, name, 56);
  control('BTRFS_IOC_SUBVOL_CREATE_V2', directory, SUBVOL_CREATE_V2, argument, name);
}

/**
 * Makes a snapshot of one subvolume in a directory of the same file system. Subvolumes inside it are empty directories in
 * the snapshot.
 *
 * @throws SystemError
 */
export function createSnapshot(source: number, directory: number, name: string | Buffer, readOnly: boolean): void {
  const argument = Buffer.alloc(4096);
  argument.writeBigInt64LE(BigInt(source), 0);
  argument.writeBigUInt64LE(readOnly ? SUBVOL_RDONLY : 0n, 16);
  writeName(argument, name, 56);
  control('BTRFS_IOC_SNAP_CREATE_V2', directory, SNAP_CREATE_V2, argument, name.toString());
}

/**
 * Removes a subvolume that holds no other, with all its files.
 *
 * @throws SystemError EPERM for users, ENOTEMPTY
 */
export function destroySubvolume(directory: number, name: string | Buffer): void {
  // struct btrfs_ioctl_vol_args: descriptor (8), name
  const argument = Buffer.alloc(4096);
  writeName(argument, name, 8);
  control('BTRFS_IOC_SNAP_DESTROY', directory, SNAP_DESTROY, argument, name.toString());
}

/**
 * Whether a subvolume is read-only.
 *
 * @throws SystemError
 */
export function isSubvolumeReadOnly(descriptor: number): boolean {
  const flags = Buffer.alloc(8);
  control('BTRFS_IOC_SUBVOL_GETFLAGS', descriptor, SUBVOL_GETFLAGS, flags);
  return (flags.readBigUInt64LE(0) & SUBVOL_RDONLY) !== 0n;
}

/**
 * Makes a subvolume read-only or writable.
 *
 * @throws SystemError
 */
export function setSubvolumeReadOnly(descriptor: number, readOnly: boolean): void {
  const flags = Buffer.alloc(8);
  control('BTRFS_IOC_SUBVOL_GETFLAGS', descriptor, SUBVOL_GETFLAGS, flags);
  const before = flags.readBigUInt64LE(0);
  const after = readOnly ? before | SUBVOL_RDONLY : before & ~SUBVOL_RDONLY;
  if (after === before) return;
  flags.writeBigUInt64LE(after, 0);
  control('BTRFS_IOC_SUBVOL_SETFLAGS', descriptor, SUBVOL_SETFLAGS, flags);
}

export interface SubvolumeInformation {
  id: bigint;
  /** Hexadecimal; a snapshot has another one than what it was made of. */
  uuid: string;
  readOnly: boolean;
  /** The transaction in which anything in it was last changed, times of access included (ctransid). */
  transaction: bigint;
  /** When it was made, in microseconds since 1970. */
  createdAt: number;
  /** When anything in it was last changed, in microseconds since 1970. */
  changedAt: number;
  /** That of the subvolume that it is a snapshot of; undefined for others. */
  parentUuid: string | undefined;
}

function unlessZero(uuid: string): string | undefined {
  return /^0+$/.test(uuid) ? undefined : uuid;
}

/**
 * What the kernel keeps about a subvolume (BTRFS_IOC_GET_SUBVOL_INFO, Linux 4.18, for everybody).
 *
 * @throws SystemError
 */
export function subvolumeInformation(descriptor: number): SubvolumeInformation {
  // struct btrfs_ioctl_get_subvol_info_args: id (0), flags (288), uuid (296), parent_uuid (312), ctransid (344), ctime (376),
  // otime (392): seconds (8), nanoseconds (4)
  const result = Buffer.alloc(504);
  control('BTRFS_IOC_GET_SUBVOL_INFO', descriptor, GET_SUBVOL_INFO, result);
  const time = (offset: number) =>
    Number(result.readBigUInt64LE(offset)) * 1_000_000 + Math.floor(result.readUInt32LE(offset + 8) / 1000);
  return {
    id: result.readBigUInt64LE(0),
    uuid: result.toString('hex', 296, 312),
    transaction: result.readBigUInt64LE(344),
    readOnly: (result.readBigUInt64LE(288) & ROOT_SUBVOL_RDONLY) !== 0n,
    createdAt: time(392),
    changedAt: time(376),
    parentUuid: unlessZero(result.toString('hex', 312, 328)),
  };
}

/** A subvolume directly inside another one. */
export interface NestedSubvolume {
  id: bigint;
  /** The directory that holds it, relative to the outer subvolume's root: empty, or ends with a slash. */
  directory: Buffer;
  name: Buffer;
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end));
}

function lookUpNested(descriptor: number, id: bigint, directoryInode: bigint): NestedSubvolume {
  // struct btrfs_ioctl_ino_lookup_user_args: directory inode, subvolume id (8 each), name (256), path
  const argument = Buffer.alloc(4096);
  argument.writeBigUInt64LE(directoryInode, 0);
  argument.writeBigUInt64LE(id, 8);
  control('BTRFS_IOC_INO_LOOKUP_USER', descriptor, INO_LOOKUP_USER, argument);
  return { id, name: untilNul(argument.subarray(16, 272)), directory: untilNul(argument.subarray(272)) };
}

/**
 * The subvolumes directly inside one, named by its root directory (Linux 4.18, for everybody).
 *
 * @throws SystemError
 */
export function nestedSubvolumes(descriptor: number): NestedSubvolume[] {
  const found: NestedSubvolume[] = [];
  const references = 255;
  // struct btrfs_ioctl_get_subvol_rootref_args: least id (8), 255 pairs of id and directory inode, how many there are
  const argument = Buffer.alloc(4096);
  for (let count = references, least = 0n; count === references; ) {
    argument.fill(0);
    argument.writeBigUInt64LE(least, 0);
    // EOVERFLOW only says that there are more than fit.
    const more = ioctl(descriptor, GET_SUBVOL_ROOTREF, argument) < 0;
    count = argument.readUInt8(8 + references * 16);
    if (more && count !== references) control('BTRFS_IOC_GET_SUBVOL_ROOTREF', descriptor, GET_SUBVOL_ROOTREF, argument);
    for (let index = 0; index < count; index++) {
      const id = argument.readBigUInt64LE(8 + index * 16);
      found.push(lookUpNested(descriptor, id, argument.readBigUInt64LE(16 + index * 16)));
      least = id + 1n;
    }
    if (!more) break;
  }
  return found;
}
