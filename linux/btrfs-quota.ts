import { ioctl } from './calls.js';
import { checked } from './native.js';

/** linux/btrfs.h and linux/btrfs_tree.h. */
const TREE_SEARCH = 0xd0009411;
const QUOTA_CTL = 0xc0109428;
const QGROUP_ASSIGN = 0x40189429;
const QGROUP_CREATE = 0x4010942a;
const QUOTA_CTL_ENABLE = 1n;
const QUOTA_TREE = 8n;
const QGROUP_STATUS_KEY = 240;
const QGROUP_INFO_KEY = 242;
const QGROUP_LIMIT_KEY = 244;
const STATUS_ON = 1n;
const STATUS_RESCAN = 2n;
const LIMIT_REFERENCED = 1n;
const LIMIT_EXCLUSIVE = 2n;

/**
 * The bytes of one item of the quota tree, undefined when there is none. Needs CAP_SYS_ADMIN.
 *
 * @throws SystemError ENOENT if quota is off
 */
function quotaItem(descriptor: number, type: number, id: bigint): Buffer | undefined {
  // struct btrfs_ioctl_search_args: a key of 104 bytes (tree, object, offset and transaction ranges, types, count), then
  // items, each with a header of 32 bytes (transaction, object, offset: 8 each; type, length: 4 each)
  const argument = Buffer.alloc(4096);
  argument.writeBigUInt64LE(QUOTA_TREE, 0);
  argument.writeBigUInt64LE(id, 24);
  argument.writeBigUInt64LE(id, 32);
  argument.writeBigUInt64LE(0xffffffffffffffffn, 48);
  argument.writeUInt32LE(type, 56);
  argument.writeUInt32LE(type, 60);
  argument.writeUInt32LE(1, 64);
  checked('ioctl BTRFS_IOC_TREE_SEARCH', ioctl(descriptor, TREE_SEARCH, argument));
  if (argument.readUInt32LE(64) === 0) return undefined;
  const length = argument.readUInt32LE(104 + 28);
  return argument.subarray(104 + 32, 104 + 32 + length);
}

/**
 * Whether the numbers of the quota tree can be relied on: it is on, and not being counted anew.
 *
 * @throws SystemError
 */
export function isQuotaReliable(descriptor: number): boolean {
  const flags = quotaItem(descriptor, QGROUP_STATUS_KEY, 0n)?.readBigUInt64LE(16) ?? 0n;
  return (flags & STATUS_ON) !== 0n && (flags & STATUS_RESCAN) === 0n;
}

/** Bytes; undefined where there is no limit, or nothing is known. */
export interface QuotaGroup {
  usage: number;
  usageExclusive: number;
  limit: number | undefined;
  limitExclusive: number | undefined;
}

/** The level of groups is in the upper 16 bits of their numbers; those of single subvolumes have level 0. */
export function quotaGroupId(level: number, subvolume: bigint): bigint {
  return (BigInt(level) << 48n) | subvolume;
}

/**
 * systemd collects a subvolume and all below it in a group of its number: of the uppermost level, or of the one beneath
 * where the directory that holds it has such a group itself.
 */
export const subtreeLevels = [255, 254] as const;

/** The quota group that stands for a subvolume: the one that was set up for its subtree, or else its own. */
export function subvolumeQuota(descriptor: number, subvolume: bigint): QuotaGroup | undefined {
  const groups = [...subtreeLevels, 0].map((level) => quotaGroupId(level, subvolume));
  return groups.reduce((found: QuotaGroup | undefined, id) => found ?? quotaGroup(descriptor, id), undefined);
}

function control(name: string, descriptor: number, request: number, values: bigint[]): void {
  const argument = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) argument.writeBigUInt64LE(value, index * 8);
  checked(`ioctl ${name}`, ioctl(descriptor, request, argument));
}

/**
 * Switches quota on for a whole file system; no effect where it is on.
 *
 * @throws SystemError
 */
export function enableQuota(descriptor: number): void {
  control('BTRFS_IOC_QUOTA_CTL', descriptor, QUOTA_CTL, [QUOTA_CTL_ENABLE, 0n]);
}

/**
 * Makes a quota group.
 *
 * @throws SystemError EEXIST
 */
export function createQuotaGroup(descriptor: number, id: bigint): void {
  control('BTRFS_IOC_QGROUP_CREATE', descriptor, QGROUP_CREATE, [1n, id]);
}

/**
 * Has a group count for another one of a higher level, too.
 *
 * @throws SystemError EEXIST
 */
export function assignQuotaGroup(descriptor: number, member: bigint, group: bigint): void {
  control('BTRFS_IOC_QGROUP_ASSIGN', descriptor, QGROUP_ASSIGN, [1n, member, group]);
}

function quotaGroup(descriptor: number, id: bigint): QuotaGroup | undefined {
  const usage = quotaItem(descriptor, QGROUP_INFO_KEY, id);
  if (usage === undefined) return undefined;
  const limit = quotaItem(descriptor, QGROUP_LIMIT_KEY, id);
  const flags = limit?.readBigUInt64LE(0) ?? 0n;
  const limited = (flag: bigint, offset: number) =>
    limit === undefined || (flags & flag) === 0n ? undefined : Number(limit.readBigUInt64LE(offset));
  return {
    usage: Number(usage.readBigUInt64LE(8)),
    usageExclusive: Number(usage.readBigUInt64LE(24)),
    limit: limited(LIMIT_REFERENCED, 8),
    limitExclusive: limited(LIMIT_EXCLUSIVE, 16),
  };
}
