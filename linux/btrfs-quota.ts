import { ioctl } from './calls.js';
import {
  BTRFS_IOC_QGROUP_ASSIGN,
  BTRFS_IOC_QGROUP_CREATE,
  BTRFS_IOC_QUOTA_CTL,
  BTRFS_IOC_TREE_SEARCH,
  BTRFS_QGROUP_INFO_KEY,
  BTRFS_QGROUP_LEVEL_SHIFT,
  BTRFS_QGROUP_LIMIT_KEY,
  BTRFS_QGROUP_LIMIT_MAX_EXCL,
  BTRFS_QGROUP_LIMIT_MAX_RFER,
  BTRFS_QGROUP_STATUS_FLAG_ON,
  BTRFS_QGROUP_STATUS_FLAG_RESCAN,
  BTRFS_QGROUP_STATUS_KEY,
  BTRFS_QUOTA_CTL_ENABLE,
  BTRFS_QUOTA_TREE_OBJECTID,
  btrfs_ioctl_qgroup_assign_args,
  btrfs_ioctl_qgroup_create_args,
  btrfs_ioctl_quota_ctl_args,
  btrfs_ioctl_search_args,
  btrfs_ioctl_search_header,
  btrfs_qgroup_info_item,
  btrfs_qgroup_limit_item,
  btrfs_qgroup_status_item,
} from './headers/btrfs.js';
import { checked } from './native.js';

/**
 * The bytes of one item of the quota tree, undefined when there is none. Needs CAP_SYS_ADMIN.
 *
 * @throws SystemError ENOENT if quota is off
 */
function quotaItem(descriptor: number, type: number, id: bigint): Buffer | undefined {
  const key = btrfs_ioctl_search_args;
  const argument = Buffer.alloc(key.sizeof);
  argument.writeBigUInt64LE(BTRFS_QUOTA_TREE_OBJECTID, key['key.tree_id']);
  argument.writeBigUInt64LE(id, key['key.min_offset']);
  argument.writeBigUInt64LE(id, key['key.max_offset']);
  argument.writeBigUInt64LE(0xffffffffffffffffn, key['key.max_transid']);
  argument.writeUInt32LE(type, key['key.min_type']);
  argument.writeUInt32LE(type, key['key.max_type']);
  argument.writeUInt32LE(1, key['key.nr_items']);
  checked('ioctl BTRFS_IOC_TREE_SEARCH', ioctl(descriptor, BTRFS_IOC_TREE_SEARCH, argument));
  if (argument.readUInt32LE(key['key.nr_items']) === 0) return undefined;
  const length = argument.readUInt32LE(key.buf + btrfs_ioctl_search_header.len);
  const start = key.buf + btrfs_ioctl_search_header.sizeof;
  return argument.subarray(start, start + length);
}

/**
 * Whether the numbers of the quota tree can be relied on: it is on, and not being counted anew.
 *
 * @throws SystemError
 */
export function isQuotaReliable(descriptor: number): boolean {
  const flags =
    quotaItem(descriptor, BTRFS_QGROUP_STATUS_KEY, 0n)?.readBigUInt64LE(btrfs_qgroup_status_item.flags) ?? 0n;
  return (flags & BTRFS_QGROUP_STATUS_FLAG_ON) !== 0n && (flags & BTRFS_QGROUP_STATUS_FLAG_RESCAN) === 0n;
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
  return (BigInt(level) << BTRFS_QGROUP_LEVEL_SHIFT) | subvolume;
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

function control(name: string, descriptor: number, request: number, argument: Buffer): void {
  checked(`ioctl ${name}`, ioctl(descriptor, request, argument));
}

/**
 * Switches quota on for a whole file system; no effect where it is on.
 *
 * @throws SystemError
 */
export function enableQuota(descriptor: number): void {
  const argument = Buffer.alloc(btrfs_ioctl_quota_ctl_args.sizeof);
  argument.writeBigUInt64LE(BTRFS_QUOTA_CTL_ENABLE, btrfs_ioctl_quota_ctl_args.cmd);
  control('BTRFS_IOC_QUOTA_CTL', descriptor, BTRFS_IOC_QUOTA_CTL, argument);
}

/**
 * Makes a quota group.
 *
 * @throws SystemError EEXIST
 */
export function createQuotaGroup(descriptor: number, id: bigint): void {
  const argument = Buffer.alloc(btrfs_ioctl_qgroup_create_args.sizeof);
  argument.writeBigUInt64LE(1n, btrfs_ioctl_qgroup_create_args.create);
  argument.writeBigUInt64LE(id, btrfs_ioctl_qgroup_create_args.qgroupid);
  control('BTRFS_IOC_QGROUP_CREATE', descriptor, BTRFS_IOC_QGROUP_CREATE, argument);
}

/**
 * Has a group count for another one of a higher level, too.
 *
 * @throws SystemError EEXIST
 */
export function assignQuotaGroup(descriptor: number, member: bigint, group: bigint): void {
  const argument = Buffer.alloc(btrfs_ioctl_qgroup_assign_args.sizeof);
  argument.writeBigUInt64LE(1n, btrfs_ioctl_qgroup_assign_args.assign);
  argument.writeBigUInt64LE(member, btrfs_ioctl_qgroup_assign_args.src);
  argument.writeBigUInt64LE(group, btrfs_ioctl_qgroup_assign_args.dst);
  control('BTRFS_IOC_QGROUP_ASSIGN', descriptor, BTRFS_IOC_QGROUP_ASSIGN, argument);
}

function quotaGroup(descriptor: number, id: bigint): QuotaGroup | undefined {
  const usage = quotaItem(descriptor, BTRFS_QGROUP_INFO_KEY, id);
  if (usage === undefined) return undefined;
  const limit = quotaItem(descriptor, BTRFS_QGROUP_LIMIT_KEY, id);
  const flags = limit?.readBigUInt64LE(btrfs_qgroup_limit_item.flags) ?? 0n;
  const limited = (flag: bigint, offset: number) =>
    limit === undefined || (flags & flag) === 0n ? undefined : Number(limit.readBigUInt64LE(offset));
  return {
    usage: Number(usage.readBigUInt64LE(btrfs_qgroup_info_item.rfer)),
    usageExclusive: Number(usage.readBigUInt64LE(btrfs_qgroup_info_item.excl)),
    limit: limited(BTRFS_QGROUP_LIMIT_MAX_RFER, btrfs_qgroup_limit_item.max_rfer),
    limitExclusive: limited(BTRFS_QGROUP_LIMIT_MAX_EXCL, btrfs_qgroup_limit_item.max_excl),
  };
}
