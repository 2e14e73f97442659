import { closeSync, constants, existsSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type AttributeHolder, getAttribute } from '../../../linux/attributes.js';
import { blockDeviceSize, isBlockDeviceReadOnly } from '../../../linux/block.js';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import { isQuotaReliable, type QuotaGroup, subvolumeQuota } from '../../../linux/btrfs-quota.js';
import { hasCode } from '../../../linux/errno.js';
import { isFileSystemReadOnly, isPathReadOnly } from '../../../linux/space.js';
import { type BriefStatus, openFileStatus, pathStatus } from '../../../linux/status.js';
import { isImmutable } from '../install/read-only.js';

export type ImageType = 'directory' | 'subvolume' | 'raw' | 'block' | 'mstack';

/** What can be told about an image from what it is kept in. Times in µs since 1970, sizes in bytes, undefined where unknown. */
export interface Description {
  type: ImageType;
  readOnly: boolean;
  creationTimestamp: number | undefined;
  modificationTimestamp: number | undefined;
  usage: number | undefined;
  usageExclusive: number | undefined;
  limit: number | undefined;
  limitExclusive: number | undefined;
}

/** Of the root of every subvolume of btrfs (BTRFS_FIRST_FREE_OBJECTID). */
const subvolumeInode = 256;

const nothingKnown = {
  creationTimestamp: undefined,
  modificationTimestamp: undefined,
  usage: undefined,
  usageExclusive: undefined,
  limit: undefined,
  limitExclusive: undefined,
};

function orElse<Value>(action: () => Value, otherwise: Value): Value {
  try {
    return action();
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EPERM', 'EACCES', 'ENOENT', 'EINVAL')) throw error;
    return otherwise;
  }
}

/** A file system that does not know a time says that it was in 1970. */
function ifKnown(microseconds: number | undefined): number | undefined {
  return microseconds !== undefined && microseconds > 0 ? microseconds : undefined;
}

/** When a file was made: what the file system says, or the attribute that travels with copies, whichever is earlier. */
function creationTime(holder: AttributeHolder, status: BriefStatus): number | undefined {
  const value = orElse(() => getAttribute(holder, 'user.crtime_usec'), undefined);
  const kept = value?.length === 8 ? Number(value.readBigUInt64LE(0)) : 0;
  const born = ifKnown(status.bornAt);
  return kept > 0 ? Math.min(kept, born ?? kept) : born;
}

function describeSubvolume(descriptor: number): Description {
  const { id, readOnly, createdAt, changedAt } = subvolumeInformation(descriptor);
  const unknown: QuotaGroup | undefined = undefined;
  const quota = orElse(() => (isQuotaReliable(descriptor) ? subvolumeQuota(descriptor, id) : unknown), unknown);
  return {
    ...nothingKnown,
    ...quota,
    limit: quota?.limit,
    limitExclusive: quota?.limitExclusive,
    type: 'subvolume',
    readOnly,
    creationTimestamp: createdAt || undefined,
    modificationTimestamp: changedAt || undefined,
  };
}

function describeDirectory(descriptor: number, status: BriefStatus, path: string): Description {
  if (path.endsWith('.mstack')) {
    const readOnly = !existsSync(join(`/proc/self/fd/${descriptor}`, 'rw'));
    return { ...nothingKnown, type: 'mstack', readOnly, creationTimestamp: ifKnown(status.bornAt) };
  }
  if (status.inode === subvolumeInode && isSubvolume(descriptor)) return describeSubvolume(descriptor);
  return describeTree(descriptor, status, status.isImmutable ?? isImmutable(descriptor));
}

function describeTree(holder: AttributeHolder, status: BriefStatus, readOnly: boolean): Description {
  return { ...nothingKnown, type: 'directory', readOnly, creationTimestamp: creationTime(holder, status) };
}

function describeFile(holder: AttributeHolder, status: BriefStatus): Description {
  const { allocated: usage, size: limit } = status;
  return {
    type: 'raw',
    readOnly: (status.mode & 0o222) === 0,
    creationTimestamp: creationTime(holder, status),
    modificationTimestamp: ifKnown(status.modifiedAt),
    usage,
    usageExclusive: usage,
    limit,
    limitExclusive: limit,
  };
}

function describeDevice(descriptor: number, status: BriefStatus): Description {
  const size = orElse(() => blockDeviceSize(descriptor), undefined);
  const readOnly = (status.mode & 0o222) === 0 || orElse(() => isBlockDeviceReadOnly(descriptor), false);
  return {
    ...nothingKnown,
    type: 'block',
    readOnly,
    usage: size,
    usageExclusive: size,
    limit: size,
    limitExclusive: size,
  };
}

function describeOpen(descriptor: number, path: string): Description | undefined {
  const status = openFileStatus(descriptor);
  const type = status.mode & constants.S_IFMT;
  if (type === constants.S_IFDIR) return describeDirectory(descriptor, status, path);
  if (type === constants.S_IFREG) return describeFile(descriptor, status);
  return type === constants.S_IFBLK ? describeDevice(descriptor, status) : undefined;
}

/** Of files and plain trees the path tells all there is, for half of the time; undefined for what has to be opened. */
function describeByPath(path: string, status: BriefStatus): Description | undefined {
  const type = status.mode & constants.S_IFMT;
  if (type === constants.S_IFREG) return describeFile(path, status);
  const mayBeOther = type !== constants.S_IFDIR || status.inode === subvolumeInode || path.endsWith('.mstack');
  if (mayBeOther || status.isImmutable === undefined) return undefined;
  return describeTree(path, status, status.isImmutable);
}

/**
 * What a path (not a link) holds, from the outside; undefined for what is not an image.
 *
 * @throws Error of node with `code`
 */
export function describeUnopened(path: string): Description | undefined {
  const status = lstatSync(path);
  const shared = { ...nothingKnown, readOnly: (status.mode & 0o222) === 0 };
  if (status.isDirectory()) return { ...shared, type: path.endsWith('.mstack') ? 'mstack' : 'directory' };
  if (status.isFile()) return { ...shared, type: 'raw' };
  return status.isBlockDevice() ? { ...shared, type: 'block' } : undefined;
}

function describeOpened(path: string): Description | undefined {
  const descriptor = openSync(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
  );
  try {
    const description = describeOpen(descriptor, path);
    if (description === undefined) return undefined;
    const fixed = path.startsWith('/usr/') || isFileSystemReadOnly(descriptor);
    return fixed ? { ...description, readOnly: true } : description;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether mounts are read-only, by their numbers. */
export type KnownMounts = Map<number, boolean>;

function isFixed(path: string, { mount }: BriefStatus, mounts: KnownMounts): boolean {
  if (path.startsWith('/usr/')) return true;
  const known = mount === undefined ? undefined : mounts.get(mount);
  const readOnly = known ?? isPathReadOnly(path);
  if (known === undefined && mount !== undefined) mounts.set(mount, readOnly);
  return readOnly;
}

/**
 * Describes what a path (not a link) holds; undefined for what is not an image.
 *
 * @param mounts what is known of them, and is found out
 * @throws Error of node with `code` when it cannot be opened, SystemError when something about it cannot be found out
 */
export function describeImage(path: string, mounts: KnownMounts = new Map()): Description | undefined {
  const status = pathStatus(path);
  const description = describeByPath(path, status);
  if (description === undefined) return describeOpened(path);
  if (isFixed(path, status, mounts)) description.readOnly = true;
  return description;
}
