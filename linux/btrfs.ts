import { fstatSync } from 'node:fs';
import { ioctl } from './calls.js';
import {
  BTRFS_FIRST_FREE_OBJECTID,
  BTRFS_IOC_GET_SUBVOL_INFO,
  BTRFS_IOC_GET_SUBVOL_ROOTREF,
  BTRFS_IOC_INO_LOOKUP_USER,
  BTRFS_IOC_SNAP_CREATE_V2,
  BTRFS_IOC_SNAP_DESTROY,
  BTRFS_IOC_SUBVOL_CREATE_V2,
  BTRFS_IOC_SUBVOL_GETFLAGS,
  BTRFS_IOC_SUBVOL_SETFLAGS,
  BTRFS_MAX_ROOTREF_BUFFER_NUM,
  BTRFS_ROOT_SUBVOL_RDONLY,
  BTRFS_SUBVOL_RDONLY,
  btrfs_ioctl_get_subvol_info_args,
  btrfs_ioctl_get_subvol_rootref_args,
  btrfs_ioctl_ino_lookup_user_args,
  btrfs_ioctl_timespec,
  btrfs_ioctl_vol_args,
  btrfs_ioctl_vol_args_v2,
} from './headers/btrfs.js';
import { NAME_MAX } from './headers/constants.js';
import { sizes } from './headers/structs.js';
import { checked } from './native.js';
import { giveToTree } from './owners/foreign-owners.js';
import { FileSystemMagic, fileSystemSpace } from './space.js';

/*
 * btrfs subvolumes, by the ioctls of linux/btrfs.h. A subvolume is named by an open descriptor of its root, or by the
 * directory that holds it and its name. Names are at most 255 bytes.
 */

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
  return ino === BTRFS_FIRST_FREE_OBJECTID && isBtrfs(descriptor) && fstatSync(descriptor).isDirectory();
}

/**
 * Makes an empty subvolume, mode 0777 less the umask, in a directory.
 *
 * @throws SystemError ENOTTY where it is not btrfs
 */
export function createSubvolume(directory: number, name: string): void {
  const argument = Buffer.alloc(btrfs_ioctl_vol_args_v2.sizeof);
  writeName(argument, name, btrfs_ioctl_vol_args_v2.name);
  control('BTRFS_IOC_SUBVOL_CREATE_V2', directory, BTRFS_IOC_SUBVOL_CREATE_V2, argument, name);
  checked('fchownat', giveToTree(directory, name), name);
}

/**
 * Makes a snapshot of one subvolume in a directory of the same file system. Subvolumes inside it are empty directories in
 * the snapshot.
 *
 * @throws SystemError
 */
export function createSnapshot(source: number, directory: number, name: string | Buffer, readOnly: boolean): void {
  const argument = Buffer.alloc(btrfs_ioctl_vol_args_v2.sizeof);
  argument.writeBigInt64LE(BigInt(source), btrfs_ioctl_vol_args_v2.fd);
  argument.writeBigUInt64LE(readOnly ? BTRFS_SUBVOL_RDONLY : 0n, btrfs_ioctl_vol_args_v2.flags);
  writeName(argument, name, btrfs_ioctl_vol_args_v2.name);
  control('BTRFS_IOC_SNAP_CREATE_V2', directory, BTRFS_IOC_SNAP_CREATE_V2, argument, name.toString());
}

/**
 * Removes a subvolume that holds no other, with all its files.
 *
 * @throws SystemError EPERM for users, ENOTEMPTY
 */
export function destroySubvolume(directory: number, name: string | Buffer): void {
  const argument = Buffer.alloc(btrfs_ioctl_vol_args.sizeof);
  writeName(argument, name, btrfs_ioctl_vol_args.name);
  control('BTRFS_IOC_SNAP_DESTROY', directory, BTRFS_IOC_SNAP_DESTROY, argument, name.toString());
}

/**
 * Whether a subvolume is read-only.
 *
 * @throws SystemError
 */
export function isSubvolumeReadOnly(descriptor: number): boolean {
  const flags = Buffer.alloc(sizes.__u64);
  control('BTRFS_IOC_SUBVOL_GETFLAGS', descriptor, BTRFS_IOC_SUBVOL_GETFLAGS, flags);
  return (flags.readBigUInt64LE(0) & BTRFS_SUBVOL_RDONLY) !== 0n;
}

/**
 * Makes a subvolume read-only or writable.
 *
 * @throws SystemError
 */
export function setSubvolumeReadOnly(descriptor: number, readOnly: boolean): void {
  const flags = Buffer.alloc(sizes.__u64);
  control('BTRFS_IOC_SUBVOL_GETFLAGS', descriptor, BTRFS_IOC_SUBVOL_GETFLAGS, flags);
  const before = flags.readBigUInt64LE(0);
  const after = readOnly ? before | BTRFS_SUBVOL_RDONLY : before & ~BTRFS_SUBVOL_RDONLY;
  if (after === before) return;
  flags.writeBigUInt64LE(after, 0);
  control('BTRFS_IOC_SUBVOL_SETFLAGS', descriptor, BTRFS_IOC_SUBVOL_SETFLAGS, flags);
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
  const information = btrfs_ioctl_get_subvol_info_args;
  const result = Buffer.alloc(information.sizeof);
  control('BTRFS_IOC_GET_SUBVOL_INFO', descriptor, BTRFS_IOC_GET_SUBVOL_INFO, result);
  const uuid = (from: number) => result.toString('hex', from, from + sizes.uuid_t);
  const time = (at: number) =>
    Number(result.readBigUInt64LE(at + btrfs_ioctl_timespec.sec)) * 1_000_000 +
    Math.floor(result.readUInt32LE(at + btrfs_ioctl_timespec.nsec) / 1000);
  return {
    id: result.readBigUInt64LE(information.treeid),
    uuid: uuid(information.uuid),
    transaction: result.readBigUInt64LE(information.ctransid),
    readOnly: (result.readBigUInt64LE(information.flags) & BTRFS_ROOT_SUBVOL_RDONLY) !== 0n,
    createdAt: time(information.otime),
    changedAt: time(information.ctime),
    parentUuid: unlessZero(uuid(information.parent_uuid)),
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
  const { sizeof, dirid, treeid, name, path } = btrfs_ioctl_ino_lookup_user_args;
  const argument = Buffer.alloc(sizeof);
  argument.writeBigUInt64LE(directoryInode, dirid);
  argument.writeBigUInt64LE(id, treeid);
  control('BTRFS_IOC_INO_LOOKUP_USER', descriptor, BTRFS_IOC_INO_LOOKUP_USER, argument);
  return { id, name: untilNul(argument.subarray(name, path)), directory: untilNul(argument.subarray(path)) };
}

/**
 * The subvolumes directly inside one, named by its root directory (Linux 4.18, for everybody).
 *
 * @throws SystemError
 */
export function nestedSubvolumes(descriptor: number): NestedSubvolume[] {
  const found: NestedSubvolume[] = [];
  const list = btrfs_ioctl_get_subvol_rootref_args;
  const references = BTRFS_MAX_ROOTREF_BUFFER_NUM;
  const pair = list['rootref[1]'] - list['rootref[0].treeid'];
  const argument = Buffer.alloc(list.sizeof);
  for (let count: number = references, least = 0n; count === references; ) {
    argument.fill(0);
    argument.writeBigUInt64LE(least, list.min_treeid);
    // EOVERFLOW only says that there are more than fit.
    const more = ioctl(descriptor, BTRFS_IOC_GET_SUBVOL_ROOTREF, argument) < 0;
    count = argument.readUInt8(list.num_items);
    if (more && count !== references)
      control('BTRFS_IOC_GET_SUBVOL_ROOTREF', descriptor, BTRFS_IOC_GET_SUBVOL_ROOTREF, argument);
    for (let at = 0; at < count * pair; at += pair) {
      const id = argument.readBigUInt64LE(at + list['rootref[0].treeid']);
      found.push(lookUpNested(descriptor, id, argument.readBigUInt64LE(at + list['rootref[0].dirid'])));
      least = id + 1n;
    }
    if (!more) break;
  }
  return found;
}
