/*
 * Numbers of system calls by their names: asm/unistd_64.h of x86-64, and asm-generic/unistd.h, which arm64 has. A test compares all of
 * them with these.
 */

type Numbers = readonly [x64: number | undefined, arm64: number | undefined];

export const callNumbers = {
  clone: [56, 220],
  fork: [57, undefined],
  vfork: [58, undefined],
  execve: [59, 221],
  kill: [62, 129],
  ptrace: [101, 117],
  syslog: [103, 116],
  setpgid: [109, 154],
  setsid: [112, 157],
  rt_sigqueueinfo: [129, 138],
  vhangup: [153, 58],
  pivot_root: [155, 41],
  prctl: [157, 167],
  adjtimex: [159, 171],
  chroot: [161, 51],
  acct: [163, 89],
  settimeofday: [164, 170],
  mount: [165, 40],
  umount2: [166, 39],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, undefined],
  getpriority: [140, 141],
  ioperm: [173, undefined],
  init_module: [175, 105],
  delete_module: [176, 106],
  quotactl: [179, 60],
  tkill: [200, 130],
  lookup_dcookie: [212, 18],
  clock_settime: [227, 112],
  tgkill: [234, 131],
  kexec_load: [246, 104],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  migrate_pages: [256, 238],
  unshare: [272, 97],
  move_pages: [279, 239],
  rt_tgsigqueueinfo: [297, 240],
  perf_event_open: [298, 241],
  fanotify_init: [300, 262],
  prlimit64: [302, 261],
  open_by_handle_at: [304, 265],
  clock_adjtime: [305, 266],
  setns: [308, 268],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  finit_module: [313, 273],
  seccomp: [317, 277],
  kexec_file_load: [320, 294],
  bpf: [321, 280],
  execveat: [322, 281],
  userfaultfd: [323, 282],
  pidfd_send_signal: [424, 424],
  io_uring_setup: [425, 425],
  io_uring_register: [427, 427],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  pidfd_open: [434, 434],
  clone3: [435, 435],
  openat2: [437, 437],
  pidfd_getfd: [438, 438],
  process_madvise: [440, 440],
  mount_setattr: [442, 442],
  quotactl_fd: [443, 443],
  process_mrelease: [448, 448],
  open_tree_attr: [467, 467],
} as const satisfies Record<string, Numbers>;

export type CallName = keyof typeof callNumbers;

/** Since Linux 5.1 new calls have the same number on every architecture (asm-generic/unistd.h). */
const firstCommon = 424;

/** The number of a call on an architecture, by node's name for that; undefined where it is not there, or not known here. */
export function callNumber(name: CallName, architecture: string = process.arch): number | undefined {
  const [x64, arm64] = callNumbers[name];
  if (architecture === 'x64') return x64;
  return architecture === 'arm64' || (arm64 ?? 0) >= firstCommon ? arm64 : undefined;
}
