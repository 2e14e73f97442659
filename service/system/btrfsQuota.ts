import { checked, native } from './call.js';

/** linux/btrfs.h and linux/btrfs_tree.h. */
const TREE_SEARCH = 0xd0009411;
const QUOTA_TREE = 8n;
const QGROUP_STATUS_KEY = 240;
const QGROUP_INFO_KEY = 242;
const QGROUP_LIMIT_KEY = 244;
const STATUS_ON = 1n;
const STATUS_RESCAN = 2n;
const LIMIT_REFERENCED = 1n;
const LIMIT_EXCLUSIVE = 2n;

const ioctl = native<number>('int ioctl(int descriptor, unsigned long request, void *argument)');

/** The bytes of one item of the quota tree, null when there is none. Needs CAP_SYS_ADMIN. Throws SystemError (ENOENT: quota is off). */
function quotaItem(descriptor: number, type: number, id: bigint): Buffer | null {
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
  if (argument.readUInt32LE(64) === 0) return null;
  const length = argument.readUInt32LE(104 + 28);
  return argument.subarray(104 + 32, 104 + 32 + length);
}

/** Whether the numbers of the quota tree can be relied on: it is on, and not being counted anew. Throws SystemError. */
export function isQuotaReliable(descriptor: number): boolean {
  const flags = quotaItem(descriptor, QGROUP_STATUS_KEY, 0n)?.readBigUInt64LE(16) ?? 0n;
  return (flags & STATUS_ON) !== 0n && (flags & STATUS_RESCAN) === 0n;
}

/** Bytes; null where there is no limit, or nothing is known. */
export interface QuotaGroup {
  usage: number;
  usageExclusive: number;
  limit: number | null;
  limitExclusive: number | null;
}

/** systemd collects an image and what is made from it in a group of this level. */
const hierarchyLevel = 255n << 48n;

/** The quota group that stands for a subvolume: the one systemd set up for its subtree, or else its own. */
export function subvolumeQuota(descriptor: number, subvolume: bigint): QuotaGroup | null {
  return quotaGroup(descriptor, hierarchyLevel | subvolume) ?? quotaGroup(descriptor, subvolume);
}

function quotaGroup(descriptor: number, id: bigint): QuotaGroup | null {
  const usage = quotaItem(descriptor, QGROUP_INFO_KEY, id);
  if (usage === null) return null;
  const limit = quotaItem(descriptor, QGROUP_LIMIT_KEY, id);
  const flags = limit?.readBigUInt64LE(0) ?? 0n;
  const limited = (flag: bigint, offset: number) =>
    limit === null || (flags & flag) === 0n ? null : Number(limit.readBigUInt64LE(offset));
  return {
    usage: Number(usage.readBigUInt64LE(8)),
    usageExclusive: Number(usage.readBigUInt64LE(24)),
    limit: limited(LIMIT_REFERENCED, 8),
    limitExclusive: limited(LIMIT_EXCLUSIVE, 16),
  };
}
