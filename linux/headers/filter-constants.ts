/* Constants of filters of system calls (seccomp(2)), under the names of their headers. A test compares all of them with these. */

/** linux/seccomp.h */
export const SECCOMP_SET_MODE_FILTER = 1;
export const SECCOMP_GET_ACTION_AVAIL = 2;
export const SECCOMP_FILTER_FLAG_TSYNC = 1;
/** What a filter decides; with an errno in the lower 16 bits. */
export const SECCOMP_RET_ERRNO = 0x00050000;
export const SECCOMP_RET_ALLOW = 0x7fff0000;
export const SECCOMP_RET_KILL_PROCESS = 0x80000000;

/** linux/audit.h */
export const AUDIT_ARCH_X86_64 = 0xc000003e;
export const AUDIT_ARCH_AARCH64 = 0xc00000b7;
/** From here on x86-64 has the numbers of its x32 variant (asm/unistd.h there). */
export const __X32_SYSCALL_BIT = 0x40000000;

/** linux/bpf_common.h: the parts of an instruction's code. */
export const BPF_LD = 0x00;
export const BPF_JMP = 0x05;
export const BPF_RET = 0x06;
export const BPF_W = 0x00;
export const BPF_ABS = 0x20;
export const BPF_K = 0x00;
export const BPF_JEQ = 0x10;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;
