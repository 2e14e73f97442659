/*
 * Sizes of structs and offsets of what Ferry uses in them, in bytes, under their names in the headers of 64-bit Linux. A test compares
 * all of them with these; all structs of the kernel are little endian here.
 */

/** Sizes of what is no struct. */
export const sizes = { int: 4, __u32: 4, __u64: 8, size_t: 8, loff_t: 8, uuid_t: 16 } as const;

export const open_how = { sizeof: 24, flags: 0, mode: 8, resolve: 16 } as const;
export const timespec = { sizeof: 16, tv_sec: 0, tv_nsec: 8 } as const;
export const mount_attr = { sizeof: 32, attr_set: 0 } as const;
export const flock = { sizeof: 32, l_type: 0 } as const;
export const pollfd = { sizeof: 8, fd: 0, events: 4, revents: 6 } as const;
export const file_clone_range = { sizeof: 32, src_fd: 0, src_offset: 8, src_length: 16, dest_offset: 24 } as const;

/** Filters of system calls. */
export const sock_fprog = { sizeof: 16, len: 0, filter: 8 } as const;
export const sock_filter = { sizeof: 8, code: 0, jt: 2, jf: 3, k: 4 } as const;
export const seccomp_data = { sizeof: 64, nr: 0, arch: 4, 'args[0]': 16, 'args[1]': 24 } as const;

/** Sockets. */
export const ucred = { sizeof: 12, pid: 0, uid: 4, gid: 8 } as const;
export const sockaddr_un = { sizeof: 110, sun_family: 0, sun_path: 2 } as const;
export const iovec = { sizeof: 16, iov_base: 0, iov_len: 8 } as const;
export const msghdr = {
  sizeof: 56,
  msg_iov: 16,
  msg_iovlen: 24,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const;
export const cmsghdr = { sizeof: 16, cmsg_len: 0, cmsg_level: 8, cmsg_type: 12 } as const;

/** getdents64(2): struct linux_dirent64 of the kernel is this one of the C library, but for the room that it has for the name. */
export const dirent64 = { sizeof: 280, d_ino: 0, d_reclen: 16, d_type: 18, d_name: 19 } as const;
export const statfs = {
  sizeof: 120,
  f_type: 0,
  f_bsize: 8,
  f_blocks: 16,
  f_bfree: 24,
  f_bavail: 32,
  f_files: 40,
  f_ffree: 48,
  f_frsize: 72,
  f_flags: 80,
} as const;
export const statx = {
  sizeof: 256,
  stx_mask: 0,
  stx_attributes: 8,
  stx_nlink: 16,
  stx_uid: 20,
  stx_gid: 24,
  stx_mode: 28,
  stx_ino: 32,
  stx_size: 40,
  stx_blocks: 48,
  stx_attributes_mask: 56,
  stx_atime: 64,
  stx_btime: 80,
  stx_mtime: 112,
  stx_rdev_major: 128,
  stx_rdev_minor: 132,
  stx_dev_major: 136,
  stx_dev_minor: 140,
  stx_mnt_id: 144,
} as const;
export const statx_timestamp = { sizeof: 16, tv_sec: 0, tv_nsec: 8 } as const;

export const posix_acl_xattr_header = { sizeof: 4, a_version: 0 } as const;
export const posix_acl_xattr_entry = { sizeof: 8, e_tag: 0, e_perm: 2, e_id: 4 } as const;
