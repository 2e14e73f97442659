/** The system calls that node has no door to. Loaded only by those who need them: --machine= and exports to files. */
import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import type Koffi from 'koffi';

// Not an import declaration: bundlers would hoist it, and every program would load the binding at its start.
const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');

type Argument = number | bigint | Buffer | string | null;

// The C library of some hosts has no functions for these: syscall(2). The numbers are those of all newer architectures.
const libc = koffi.load(null);
const prototypes = {
  openat2: 'long syscall(long number, int directory, const char *path, const void *how, size_t size)',
  pidfd: 'long syscall(long number, int first, int second, const void *third, int fourth)',
};
const callOpenat2 = libc.func(prototypes.openat2) as (...values: Argument[]) => number | bigint;
const callPidfd = libc.func(prototypes.pidfd) as (...values: Argument[]) => number | bigint;

const callFlock = libc.func('int flock(int descriptor, int operation)') as (...values: Argument[]) => number;

const SYS_pidfd_send_signal = 424;
const SYS_pidfd_open = 434;
const SYS_openat2 = 437;

export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;

function checked(call: string, result: number | bigint, subject: string): number {
  if (result >= 0) return Number(result);
  const code = getSystemErrorName(-koffi.errno());
  throw Object.assign(new Error(`${call} ${subject}: ${code}`), { code });
}

/**
 * Opens a path as it is seen by a process whose root directory is `root`: no symbolic link leads out of it, and those of
 * /proc are not followed (openat2(2)). The caller closes what is returned.
 *
 * @throws Error with the errno's name in `code`
 */
export function openBeneath(root: number, path: string, flags: number): number {
  // struct open_how: flags, mode, resolve
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16);
  return checked('openat2', callOpenat2(SYS_openat2, root, path, how, how.length), path);
}

/** A descriptor that stands for a process, whoever gets its number later (pidfd_open(2)). @throws Error with `code` */
export function openProcess(pid: number): number {
  return checked('pidfd_open', callPidfd(SYS_pidfd_open, pid, 0, null, 0), String(pid));
}

/** Whether the process of a descriptor runs. Its end is seen although its number may be another's by now. */
export function isRunning(processDescriptor: number): boolean {
  try {
    checked('pidfd_send_signal', callPidfd(SYS_pidfd_send_signal, processDescriptor, 0, null, 0), '');
    return true;
  } catch (error) {
    // Not ours to send signals to, but there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks a file as long as anybody has this descriptor or one that came of it, the service included (flock(2)).
 *
 * @returns false if another one has locked it, or it cannot be locked
 */
export function tryLock(descriptor: number): boolean {
  return callFlock(descriptor, LOCK_EX | LOCK_NB) === 0;
}
