/*
 * Constants of the kernel's interface and of the C library's, under the names that their headers give them. They are the same on every
 * architecture that Ferry runs on; those that are not are node:fs's and node:os's. A test compares all of them with the headers.
 */

/** linux/limits.h: the longest path that one call takes, with its NUL, and the longest file name, in bytes. */
export const PATH_MAX = 4096;
export const NAME_MAX = 255;
/** linux/limits.h: the largest value of an extended attribute, and the longest list of names, in bytes. */
export const XATTR_SIZE_MAX = 65536;

/** open(2): what node does not name. */
export const O_ACCMODE = 3;
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;

/** openat(2) and others: to resolve relative to the working directory instead of a descriptor. */
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
export const AT_RECURSIVE = 0x8000;

/** openat2(2): how a path may be resolved. */
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;

/** renameat2(2). */
export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

/** utimensat(2): the current time, or no change. */
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

/** statx(2). */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const STATX_ATTR_IMMUTABLE = 0x10;
/** struct dirent: the file system does not say, or a directory. */
export const DT_UNKNOWN = 0;
export const DT_DIR = 4;

/** lseek(2). */
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** fcntl(2). */
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

/** flock(2). */
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

/** poll(2). */
export const POLLIN = 0x001;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;

/** clone(2), unshare(2) and setns(2). */
export const CLONE_FS = 0x00000200;
export const CLONE_THREAD = 0x00010000;
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWCGROUP = 0x02000000;
export const CLONE_NEWUTS = 0x04000000;
export const CLONE_NEWIPC = 0x08000000;
export const CLONE_NEWUSER = 0x10000000;
/** Of the children of the calling thread, not of itself. */
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;

/** mount(2) and mount_setattr(2): linux/mount.h. */
export const MS_BIND = 0x1000;
export const MS_REC = 0x4000;
export const MS_PRIVATE = 0x40000;
export const MOUNT_ATTR_RDONLY = 0x1;

/** prctl(2). */
export const PR_SET_PDEATHSIG = 1;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_CHILD_SUBREAPER = 36;
export const PR_SET_NO_NEW_PRIVS = 38;
export const PR_SET_PTRACER = 0x59616d61;

/** waitpid(2) and getpriority(2). */
export const WNOHANG = 1;
export const PRIO_USER = 2;

/** Sockets: socket(2), unix(7), send(2), recv(2). */
export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SCM_RIGHTS = 1;
export const SO_PEERCRED = 17;
export const SO_ACCEPTCONN = 30;
/** Linux 6.5 */
export const SO_PEERPIDFD = 77;
export const MSG_PEEK = 0x2;
export const MSG_CTRUNC = 0x8;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** The longest path of a socket, without its NUL, in bytes (sun_path of unix(7)). */
export const socketPathMax = 107;

/** sync_file_range(2) and statvfs(3). */
export const SYNC_FILE_RANGE_WRITE = 2;
export const ST_RDONLY = 1;

/** linux/magic.h: f_type of statfs(2). */
export const BTRFS_SUPER_MAGIC = 0x9123683e;
export const EXT4_SUPER_MAGIC = 0xef53;
export const XFS_SUPER_MAGIC = 0x58465342;
export const TMPFS_MAGIC = 0x01021994;
export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
export const NFS_SUPER_MAGIC = 0x6969;

/** linux/fs.h: block devices, shared blocks, and the flags of chattr(1). */
export const BLKROSET = 0x125d;
export const BLKROGET = 0x125e;
export const BLKGETSIZE64 = 0x80081272;
export const FICLONE = 0x40049409;
export const FICLONERANGE = 0x4020940d;
export const FS_IOC_GETFLAGS = 0x80086601;
export const FS_IOC_SETFLAGS = 0x40086602;
export const FS_COMPR_FL = 0x4;
export const FS_SYNC_FL = 0x8;
export const FS_IMMUTABLE_FL = 0x10;
export const FS_APPEND_FL = 0x20;
export const FS_NODUMP_FL = 0x40;
export const FS_NOATIME_FL = 0x80;
export const FS_DIRSYNC_FL = 0x10000;
export const FS_NOCOW_FL = 0x800000;
export const FS_PROJINHERIT_FL = 0x20000000;

/** linux/posix_acl.h and linux/posix_acl_xattr.h: tags and version of an ACL. */
export const ACL_USER_OBJ = 0x01;
export const ACL_USER = 0x02;
export const ACL_GROUP_OBJ = 0x04;
export const ACL_GROUP = 0x08;
export const ACL_MASK = 0x10;
export const ACL_OTHER = 0x20;
export const ACL_UNDEFINED_ID = 0xffffffff;
export const POSIX_ACL_XATTR_VERSION = 2;
