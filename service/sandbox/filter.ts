import { constants } from 'node:os';
import { type CallName, callNumber } from '../../linux/headers/call-numbers.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  CLONE_THREAD,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_PDEATHSIG,
  PR_SET_PTRACER,
} from '../../linux/headers/constants.js';
import {
  __X32_SYSCALL_BIT,
  AUDIT_ARCH_AARCH64,
  AUDIT_ARCH_X86_64,
  BPF_ABS,
  BPF_JEQ,
  BPF_JGE,
  BPF_JMP,
  BPF_JSET,
  BPF_K,
  BPF_LD,
  BPF_RET,
  BPF_W,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
} from '../../linux/headers/filter-constants.js';
import { seccomp_data, sock_filter } from '../../linux/headers/structs.js';
import type { ProcessNeeds } from './needs.js';

/*
 * A filter of system calls, as a program of the kernel's packet filter (seccomp(2), linux/bpf_common.h). A list of what is
 * denied, for node needs many calls, and others in each version.
 */

type Architecture = 'x64' | 'arm64';

/** What looks into other processes, or takes from them. */
const others: readonly CallName[] = [
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'process_madvise',
  'process_mrelease',
  'kcmp',
  'pidfd_open',
  'pidfd_getfd',
  'pidfd_send_signal',
  'tkill',
  'migrate_pages',
  'move_pages',
];

/** What leads out of the group that is ended with the process. */
const escapes: readonly CallName[] = ['setsid', 'setpgid'];

/** What is for those who manage a system, and parts of the kernel that have often had holes. */
const privileged: readonly CallName[] = [
  'unshare',
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'open_tree',
  'open_tree_attr',
  'move_mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  'open_by_handle_at',
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'add_key',
  'request_key',
  'keyctl',
  // Not io_uring_enter: a ring that node has made by then would be of no use to it, and that ends node.
  'io_uring_setup',
  'io_uring_register',
  'fanotify_init',
  'quotactl',
  'quotactl_fd',
  'lookup_dcookie',
  'kexec_load',
  'kexec_file_load',
  'init_module',
  'finit_module',
  'delete_module',
  'reboot',
  'swapon',
  'swapoff',
  'acct',
  'syslog',
  'vhangup',
  'iopl',
  'ioperm',
  'settimeofday',
  'clock_settime',
  'adjtimex',
  'clock_adjtime',
  'sethostname',
  'setdomainname',
];

/** What starts another program, or another process than a thread. */
const starts: readonly CallName[] = ['fork', 'vfork', 'execve', 'execveat'];

const signalling = ['kill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo'] as const;

const { EPERM, ENOSYS } = constants.errno;
/** All of them that clone(2) takes. */
const CLONE_NEW_ANY =
  CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
const settings = [PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_PTRACER];

const auditNames: Record<Architecture, number> = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 };

/** Where the lower halves of a call's first two parameters are: the only ones that matter here. */
const parameters = [seccomp_data['args[0]'], seccomp_data['args[1]']] as const;

/** What instructions do. */
export const codes = {
  load: BPF_LD | BPF_W | BPF_ABS,
  jumpEqual: BPF_JMP | BPF_JEQ | BPF_K,
  jumpGreaterEqual: BPF_JMP | BPF_JGE | BPF_K,
  jumpSet: BPF_JMP | BPF_JSET | BPF_K,
  giveBack: BPF_RET | BPF_K,
};
const errorVerdict = (errno: number) => SECCOMP_RET_ERRNO | errno;

/** An instruction: what to do, how many to skip if so and if not, and its operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [codes.load, 0, 0, offset];
const giveBack = (verdict: number): Instruction => [codes.giveBack, 0, 0, verdict];
const deny = giveBack(errorVerdict(EPERM));
const allow = giveBack(SECCOMP_RET_ALLOW);

/** Does something if the loaded value is this one. */
function onEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [[codes.jumpEqual, 0, then.length, value], ...then];
}

/** Does something if the loaded value has any of these bits. */
function onAny(bits: number, then: readonly Instruction[]): Instruction[] {
  return [[codes.jumpSet, 0, then.length, bits], ...then];
}

/** The rules of one call whose parameters count: what they do not decide is allowed. */
function rules(number: number, argument: 0 | 1, then: readonly Instruction[]): Instruction[] {
  return onEqual(number, [load(parameters[argument]), ...then, allow]);
}

/** Allows a call if a parameter has this value only. */
function only(number: number, argument: 0 | 1, value: number): Instruction[] {
  return onEqual(number, [load(parameters[argument]), ...onEqual(value, [allow]), deny]);
}

function denied(needs: ProcessNeeds): CallName[] {
  return [...others, ...escapes, ...privileged, ...(needs.programs ? [] : starts)];
}

/** Threads are made, processes only by who starts programs. What clone3(2) is asked cannot be seen here: all know clone(2), too. */
function cloneRules(needs: ProcessNeeds, numberOf: (name: CallName) => number): Instruction[] {
  const onlyThreads = needs.programs ? [] : [...onAny(CLONE_THREAD, [allow]), deny];
  return [
    ...onEqual(numberOf('clone3'), [giveBack(errorVerdict(ENOSYS))]),
    ...rules(numberOf('clone'), 0, [...onAny(CLONE_NEW_ANY, [deny]), ...onlyThreads]),
  ];
}

/** Signals and limits are for the process itself, and for what it has started. */
function signalRules(needs: ProcessNeeds, pid: number, numberOf: (name: CallName) => number): Instruction[] {
  const own = only(numberOf('prlimit64'), 0, 0);
  if (needs.programs) return own;
  return [...own, ...signalling.flatMap((name) => only(numberOf(name), 0, pid))];
}

/** Who starts the process that converts needs the mount namespace of that one, and lets it set its own sandbox up. */
function wallRules(needs: ProcessNeeds, numberOf: (name: CallName) => number): Instruction[] {
  const setns = numberOf('setns');
  if (needs.rights && needs.programs) return only(setns, 1, CLONE_NEWNS);
  const fixed = settings.flatMap((setting) => onEqual(setting, [deny]));
  return [...onEqual(setns, [deny]), ...rules(numberOf('prctl'), 0, fixed)];
}

/**
 * The filter for a process of this kind, as an array of struct sock_filter; undefined where its architecture is not known here.
 *
 * @param pid the number by which the process knows itself
 */
export function systemCallFilter(needs: ProcessNeeds, pid: number, architecture: string): Buffer | undefined {
  if (architecture !== 'x64' && architecture !== 'arm64') return undefined;
  const numberOf = (name: CallName) => callNumber(name, architecture) ?? -1;
  const numbers = denied(needs).map(numberOf);
  return assemble([
    load(seccomp_data.arch),
    [codes.jumpEqual, 1, 0, auditNames[architecture]],
    giveBack(SECCOMP_RET_KILL_PROCESS),
    load(seccomp_data.nr),
    [codes.jumpGreaterEqual, 0, 1, __X32_SYSCALL_BIT],
    deny,
    ...numbers.filter((number) => number >= 0).flatMap((number) => onEqual(number, [deny])),
    ...cloneRules(needs, numberOf),
    ...signalRules(needs, pid, numberOf),
    ...wallRules(needs, numberOf),
    allow,
  ]);
}

/** A filter as the kernel takes it: an array of struct sock_filter. */
export function assemble(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(sock_filter.sizeof * instructions.length);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    const at = sock_filter.sizeof * index;
    program.writeUInt16LE(code, at + sock_filter.code);
    program.writeUInt8(ifTrue, at + sock_filter.jt);
    program.writeUInt8(ifFalse, at + sock_filter.jf);
    program.writeUInt32LE(operand >>> 0, at + sock_filter.k);
  }
  return program;
}
