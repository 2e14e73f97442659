/*
 * Constants of the kernel's interface that more than one folder needs. Those that one wrapper needs stand beside it, and node:fs and
 * node:os have others.
 */

/** The longest path that one call takes, with its NUL, in bytes (linux/limits.h). */
export const PATH_MAX = 4096;
/** The longest file name, in bytes (linux/limits.h). */
export const NAME_MAX = 255;
/** The longest path of a socket, without its NUL, in bytes (sun_path of unix(7)). */
export const socketPathMax = 107;

/** clone(2), unshare(2) and setns(2): linux/sched.h. */
export const CLONE_FS = 0x00000200;
export const CLONE_THREAD = 0x00010000;
export const CLONE_NEWNS = 0x00020000;
/** Of the children of the calling thread, not of itself. */
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;

/** prctl(2). */
export const PR_SET_PDEATHSIG = 1;
export const PR_SET_DUMPABLE = 4;
export const PR_SET_CHILD_SUBREAPER = 36;

/** What a filter of system calls decides, with an errno in the lower 16 bits (seccomp(2)). */
export const SECCOMP_RET_ERRNO = 0x00050000;
