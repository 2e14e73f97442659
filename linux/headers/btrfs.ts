/*
 * btrfs: constants of linux/btrfs.h and linux/btrfs_tree.h under the names there, and sizes and offsets of their structs, in bytes.
 * A test compares all of them with the headers.
 */

export const BTRFS_IOC_SNAP_DESTROY = 0x5000940f;
export const BTRFS_IOC_TREE_SEARCH = 0xd0009411;
export const BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417;
export const BTRFS_IOC_SUBVOL_CREATE_V2 = 0x50009418;
export const BTRFS_IOC_SUBVOL_GETFLAGS = 0x80089419;
export const BTRFS_IOC_SUBVOL_SETFLAGS = 0x4008941a;
export const BTRFS_IOC_QUOTA_CTL = 0xc0109428;
export const BTRFS_IOC_QGROUP_ASSIGN = 0x40189429;
export const BTRFS_IOC_QGROUP_CREATE = 0x4010942a;
export const BTRFS_IOC_GET_SUBVOL_INFO = 0x81f8943c;
export const BTRFS_IOC_GET_SUBVOL_ROOTREF = 0xd000943d;
export const BTRFS_IOC_INO_LOOKUP_USER = 0xd000943e;

export const BTRFS_SUBVOL_RDONLY = 2n;
/** The same as it is kept on the disk. */
export const BTRFS_ROOT_SUBVOL_RDONLY = 1n;
/** The inode number of the root directory of every subvolume. */
export const BTRFS_FIRST_FREE_OBJECTID = 256n;
/** How many subvolumes one call lists. */
export const BTRFS_MAX_ROOTREF_BUFFER_NUM = 255;

export const BTRFS_QUOTA_CTL_ENABLE = 1n;
export const BTRFS_QUOTA_TREE_OBJECTID = 8n;
export const BTRFS_QGROUP_STATUS_KEY = 240;
export const BTRFS_QGROUP_INFO_KEY = 242;
export const BTRFS_QGROUP_LIMIT_KEY = 244;
export const BTRFS_QGROUP_STATUS_FLAG_ON = 1n;
export const BTRFS_QGROUP_STATUS_FLAG_RESCAN = 2n;
export const BTRFS_QGROUP_LIMIT_MAX_RFER = 1n;
export const BTRFS_QGROUP_LIMIT_MAX_EXCL = 2n;
/** The level of a group is above these bits of its number. */
export const BTRFS_QGROUP_LEVEL_SHIFT = 48n;

export const btrfs_ioctl_vol_args = { sizeof: 4096, name: 8 } as const;
export const btrfs_ioctl_vol_args_v2 = { sizeof: 4096, fd: 0, flags: 16, name: 56 } as const;
export const btrfs_ioctl_timespec = { sizeof: 16, sec: 0, nsec: 8 } as const;
export const btrfs_ioctl_get_subvol_info_args = {
  sizeof: 504,
  treeid: 0,
  flags: 288,
  uuid: 296,
  parent_uuid: 312,
  received_uuid: 328,
  ctransid: 344,
  ctime: 376,
  otime: 392,
} as const;
export const btrfs_ioctl_ino_lookup_user_args = { sizeof: 4096, dirid: 0, treeid: 8, name: 16, path: 272 } as const;
/** `rootref[1]` is where the second pair of numbers begins. */
export const btrfs_ioctl_get_subvol_rootref_args = {
  sizeof: 4096,
  min_treeid: 0,
  'rootref[0].treeid': 8,
  'rootref[0].dirid': 16,
  'rootref[1]': 24,
  num_items: 4088,
} as const;

export const btrfs_ioctl_quota_ctl_args = { sizeof: 16, cmd: 0, status: 8 } as const;
export const btrfs_ioctl_qgroup_create_args = { sizeof: 16, create: 0, qgroupid: 8 } as const;
export const btrfs_ioctl_qgroup_assign_args = { sizeof: 24, assign: 0, src: 8, dst: 16 } as const;
export const btrfs_ioctl_search_args = {
  sizeof: 4096,
  'key.tree_id': 0,
  'key.min_objectid': 8,
  'key.max_objectid': 16,
  'key.min_offset': 24,
  'key.max_offset': 32,
  'key.min_transid': 40,
  'key.max_transid': 48,
  'key.min_type': 56,
  'key.max_type': 60,
  'key.nr_items': 64,
  buf: 104,
} as const;
export const btrfs_ioctl_search_header = { sizeof: 32, type: 24, len: 28 } as const;
export const btrfs_qgroup_status_item = { sizeof: 32, flags: 16 } as const;
export const btrfs_qgroup_info_item = { sizeof: 40, rfer: 8, excl: 24 } as const;
export const btrfs_qgroup_limit_item = { sizeof: 40, flags: 0, max_rfer: 8, max_excl: 16 } as const;
