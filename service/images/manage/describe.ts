import { type BigIntStats, closeSync, constants, existsSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { getAttribute } from '../../../linux/attributes.js';
import { blockDeviceSize, isBlockDeviceReadOnly } from '../../../linux/block.js';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import { isQuotaReliable, type QuotaGroup, subvolumeQuota } from '../../../linux/btrfs-quota.js';
import { hasCode } from '../../../linux/errno.js';
import { fileSystemSpace } from '../../../linux/space.js';
import { isImmutable } from '../install/read-only.js';

export type ImageType = 'directory' | 'subvolume' | 'raw' | 'block' | 'mstack';

/** What can be told about an image from what it is kept in. Times in µs since 1970, sizes in bytes, null where unknown. */
export interface Description {
  type: ImageType;
  readOnly: boolean;
  creationTimestamp: number | null;
  modificationTimestamp: number | null;
  usage: number | null;
  usageExclusive: number | null;
  limit: number | null;
  limitExclusive: number | null;
}

const nothingKnown = {
  creationTimestamp: null,
  modificationTimestamp: null,
  usage: null,
  usageExclusive: null,
  limit: null,
  limitExclusive: null,
};

function orElse<Value>(action: () => Value, otherwise: Value): Value {
  try {
    return action();
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EPERM', 'EACCES', 'ENOENT', 'EINVAL')) throw error;
    return otherwise;
  }
}

function microseconds(nanoseconds: bigint): number | null {
  return nanoseconds > 0n ? Number(nanoseconds / 1000n) : null;
}

/** When a file was made: what the file system says, or the attribute that travels with copies, whichever is earlier. */
function creationTime(descriptor: number, status: BigIntStats): number | null {
  const value = orElse(() => getAttribute(descriptor, 'user.crtime_usec'), undefined);
  const kept = value?.length === 8 ? Number(value.readBigUInt64LE(0)) : 0;
  const known = [microseconds(status.birthtimeNs), kept].filter((time) => time !== null && time > 0);
  return known.length === 0 ? null : Math.min(...known.map(Number));
}

function describeSubvolume(descriptor: number): Description {
  const { id, readOnly, createdAt, changedAt } = subvolumeInformation(descriptor);
  const unknown: QuotaGroup | undefined = undefined;
  const quota = orElse(() => (isQuotaReliable(descriptor) ? subvolumeQuota(descriptor, id) : unknown), unknown);
  return {
    ...nothingKnown,
    ...quota,
    limit: quota?.limit ?? null,
    limitExclusive: quota?.limitExclusive ?? null,
    type: 'subvolume',
    readOnly,
    creationTimestamp: createdAt || null,
    modificationTimestamp: changedAt || null,
  };
}

function describeDirectory(descriptor: number, status: BigIntStats, path: string): Description {
  if (path.endsWith('.mstack')) {
    const readOnly = !existsSync(join(`/proc/self/fd/${descriptor}`, 'rw'));
    return { ...nothingKnown, type: 'mstack', readOnly, creationTimestamp: microseconds(status.birthtimeNs) };
  }
  if (isSubvolume(descriptor)) return describeSubvolume(descriptor);
  const creationTimestamp = creationTime(descriptor, status);
  return { ...nothingKnown, type: 'directory', readOnly: isImmutable(descriptor), creationTimestamp };
}

function describeFile(descriptor: number, status: BigIntStats): Description {
  const [usage, limit] = [Number(status.blocks) * 512, Number(status.size)];
  return {
    type: 'raw',
    readOnly: (status.mode & 0o222n) === 0n,
    creationTimestamp: creationTime(descriptor, status),
    modificationTimestamp: microseconds(status.mtimeNs),
    usage,
    usageExclusive: usage,
    limit,
    limitExclusive: limit,
  };
}

function describeDevice(descriptor: number, status: BigIntStats): Description {
  const size = orElse(() => blockDeviceSize(descriptor), null);
  const readOnly = (status.mode & 0o222n) === 0n || orElse(() => isBlockDeviceReadOnly(descriptor), false);
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

function describeOpen(descriptor: number, path: string): Description | null {
  const status = fstatSync(descriptor, { bigint: true });
  if (status.isDirectory()) return describeDirectory(descriptor, status, path);
  if (status.isFile()) return describeFile(descriptor, status);
  return status.isBlockDevice() ? describeDevice(descriptor, status) : null;
}

/**
 * What a path (not a link) holds, from the outside; null for what is not an image.
 *
 * @throws Error of node with `code`
 */
export function describeUnopened(path: string): Description | null {
  const status = lstatSync(path);
  const shared = { ...nothingKnown, readOnly: (status.mode & 0o222) === 0 };
  if (status.isDirectory()) return { ...shared, type: path.endsWith('.mstack') ? 'mstack' : 'directory' };
  if (status.isFile()) return { ...shared, type: 'raw' };
  return status.isBlockDevice() ? { ...shared, type: 'block' } : null;
}

/**
 * Describes what a path (not a link) holds; null for what is not an image.
 *
 * @throws Error of node with `code` when it cannot be opened, SystemError when something about it cannot be found out
 */
export function describeImage(path: string): Description | null {
  const descriptor = openSync(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
  );
  try {
    const description = describeOpen(descriptor, path);
    if (description === null) return null;
    const fixed = path.startsWith('/usr/') || fileSystemSpace(descriptor).readOnly;
    return fixed ? { ...description, readOnly: true } : description;
  } finally {
    closeSync(descriptor);
  }
}
