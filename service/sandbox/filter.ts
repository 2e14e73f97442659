import { constants } from 'node:os';
import {
  CLONE_NEWNS,
  CLONE_THREAD,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_PDEATHSIG,
  SECCOMP_RET_ERRNO,
} from '../../linux/constants.js';
import type { ProcessNeeds } from './needs.js';

/*
 * A filter of system calls, as a program of the kernel's packet filter (seccomp(2), linux/bpf_common.h). A list of what is
 * denied, for node needs many calls, and others in each version. Numbers are those of asm/unistd_64.h and asm-generic/unistd.h.
 */

type Architecture = 'x64' | 'arm64';
type Numbers = readonly [x64: number | undefined, arm64: number | undefined];

/** What looks into other processes, or takes from them. */
const others: Record<string, Numbers> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  kcmp: [312, 272],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  pidfd_send_signal: [424, 424],
  tkill: [200, 130],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
};

/** What leads out of the group that is ended with the process. */
const escapes: Record<string, Numbers> = { setsid: [112, 157], setpgid: [109, 154] };

/** What is for those who manage a system, and parts of the kernel that have often had holes. */
const privileged: Record<string, Numbers> = {
  unshare: [272, 97],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_by_handle_at: [304, 265],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Not io_uring_enter: a ring that node has made by then would be of no use to it, and that ends node.
  io_uring_setup: [425, 425],
  io_uring_register: [427, 427],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  lookup_dcookie: [212, 18],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  vhangup: [153, 58],
  iopl: [172, undefined],
  ioperm: [173, undefined],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
};

/** What starts another program, or another process than a thread. */
const starts: Record<string, Numbers> = {
  fork: [57, undefined],
  vfork: [58, undefined],
  execve: [59, 221],
  execveat: [322, 281],
};

const looked: Record<'clone' | 'clone3' | 'setns' | 'prctl' | 'prlimit64' | Signalling, Numbers> = {
  clone: [56, 220],
  clone3: [435, 435],
  setns: [308, 268],
  prctl: [157, 167],
  prlimit64: [302, 261],
  kill: [62, 129],
  tgkill: [234, 131],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
};
type Signalling = 'kill' | 'tgkill' | 'rt_sigqueueinfo' | 'rt_tgsigqueueinfo';

const { EPERM, ENOSYS } = constants.errno;
/** All CLONE_NEW… flags of linux/sched.h that clone(2) takes. */
const CLONE_NEW_ANY = 0x7e020000;
const PR_SET_PTRACER = 0x59616d61;
const settings = [PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_PTRACER];

const auditNames: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** From here on x86-64 has the numbers of its x32 variant. */
const x32 = 0x40000000;

/** Offsets in struct seccomp_data. */
const offsets = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };

/** Codes of instructions: linux/bpf_common.h. */
const codes = { load: 0x20, jumpEqual: 0x15, jumpGreaterEqual: 0x35, jumpSet: 0x45, giveBack: 0x06 };
const verdicts = { allow: 0x7fff0000, kill: 0x80000000, error: (errno: number) => SECCOMP_RET_ERRNO | errno };

/** An instruction: what to do, how many to skip if so and if not, and its operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [codes.load, 0, 0, offset];
const giveBack = (verdict: number): Instruction => [codes.giveBack, 0, 0, verdict];
const deny = giveBack(verdicts.error(EPERM));
const allow = giveBack(verdicts.allow);

/** Does something if the loaded value is this one. */
function onEqual(value: number, then: readonly Instruction[]): Instruction[] {
  return [[codes.jumpEqual, 0, then.length, value], ...then];
}

/** Does something if the loaded value has any of these bits. */
function onAny(bits: number, then: readonly Instruction[]): Instruction[] {
  return [[codes.jumpSet, 0, then.length, bits], ...then];
}

/** The rules of one call whose parameters count: what they do not decide is allowed. */
function rules(number: number, argument: number, then: readonly Instruction[]): Instruction[] {
  return onEqual(number, [load(offsets.argument(argument)), ...then, allow]);
}

/** Allows a call if a parameter has this value only. */
function only(number: number, argument: number, value: number): Instruction[] {
  return onEqual(number, [load(offsets.argument(argument)), ...onEqual(value, [allow]), deny]);
}

function denied(needs: ProcessNeeds): Record<string, Numbers> {
  return { ...others, ...escapes, ...privileged, ...(needs.programs ? {} : starts) };
}

/** Threads are made, processes only by who starts programs. What clone3(2) is asked cannot be seen here: all know clone(2), too. */
function cloneRules(needs: ProcessNeeds, numberOf: (numbers: Numbers) => number): Instruction[] {
  const onlyThreads = needs.programs ? [] : [...onAny(CLONE_THREAD, [allow]), deny];
  return [
    ...onEqual(numberOf(looked.clone3), [giveBack(verdicts.error(ENOSYS))]),
    ...rules(numberOf(looked.clone), 0, [...onAny(CLONE_NEW_ANY, [deny]), ...onlyThreads]),
  ];
}

/** Signals and limits are for the process itself, and for what it has started. */
function signalRules(needs: ProcessNeeds, pid: number, numberOf: (numbers: Numbers) => number): Instruction[] {
  const own = only(numberOf(looked.prlimit64), 0, 0);
  if (needs.programs) return own;
  const names: Signalling[] = ['kill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo'];
  return [...own, ...names.flatMap((name) => only(numberOf(looked[name]), 0, pid))];
}

/** Who starts the process that converts needs the mount namespace of that one, and lets it set its own sandbox up. */
function wallRules(needs: ProcessNeeds, numberOf: (numbers: Numbers) => number): Instruction[] {
  const setns = numberOf(looked.setns);
  if (needs.rights && needs.programs) return only(setns, 1, CLONE_NEWNS);
  const fixed = settings.flatMap((setting) => onEqual(setting, [deny]));
  return [...onEqual(setns, [deny]), ...rules(numberOf(looked.prctl), 0, fixed)];
}

/**
 * The filter for a process of this kind, as an array of struct sock_filter; undefined where its architecture is not known here.
 *
 * @param pid the number by which the process knows itself
 */
export function systemCallFilter(needs: ProcessNeeds, pid: number, architecture: string): Buffer | undefined {
  if (architecture !== 'x64' && architecture !== 'arm64') return undefined;
  const numberOf = ([x64, arm64]: Numbers) => (architecture === 'x64' ? x64 : arm64) ?? -1;
  const numbers = Object.values(denied(needs)).map(numberOf);
  return assemble([
    load(offsets.architecture),
    [codes.jumpEqual, 1, 0, auditNames[architecture]],
    giveBack(verdicts.kill),
    load(offsets.number),
    [codes.jumpGreaterEqual, 0, 1, x32],
    deny,
    ...numbers.filter((number) => number >= 0).flatMap((number) => onEqual(number, [deny])),
    ...cloneRules(needs, numberOf),
    ...signalRules(needs, pid, numberOf),
    ...wallRules(needs, numberOf),
    allow,
  ]);
}

/** struct sock_filter: a code of 16 bits, two jumps of 8, an operand of 32. */
function assemble(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(8 * instructions.length);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    program.writeUInt16LE(code, 8 * index);
    program.writeUInt8(ifTrue, 8 * index + 2);
    program.writeUInt8(ifFalse, 8 * index + 3);
    program.writeUInt32LE(operand >>> 0, 8 * index + 4);
  }
  return program;
}
