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

function microseconds(nanoseconds: bigint): number | undefined {
  return nanoseconds > 0n ? Number(nanoseconds / 1000n) : undefined;
}

/** When a file was made: what the file system says, or the attribute that travels with copies, whichever is earlier. */
function creationTime(descriptor: number, status: BigIntStats): number | undefined {
  const value = orElse(() => getAttribute(descriptor, 'user.crtime_usec'), undefined);
  const kept = value?.length === 8 ? Number(value.readBigUInt64LE(0)) : 0;
  const known = [microseconds(status.birthtimeNs), kept].filter((time) => time !== undefined && time > 0);
  return known.length === 0 ? undefined : Math.min(...known.map(Number));
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
  const size = orElse(() => blockDeviceSize(descriptor), undefined);
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

function describeOpen(descriptor: number, path: string): Description | undefined {
  const status = fstatSync(descriptor, { bigint: true });
  if (status.isDirectory()) return describeDirectory(descriptor, status, path);
  if (status.isFile()) return describeFile(descriptor, status);
  return status.isBlockDevice() ? describeDevice(descriptor, status) : undefined;
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

/**
 * Describes what a path (not a link) holds; undefined for what is not an image.
 *
 * @throws Error of node with `code` when it cannot be opened, SystemError when something about it cannot be found out
 */
export function describeImage(path: string): Description | undefined {
  const descriptor = openSync(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY,
  );
  try {
    const description = describeOpen(descriptor, path);
    if (description === undefined) return undefined;
    const fixed = path.startsWith('/usr/') || fileSystemSpace(descriptor).readOnly;
    return fixed ? { ...description, readOnly: true } : description;
  } finally {
    closeSync(descriptor);
  }
}
