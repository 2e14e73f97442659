import { fcntl, prctl } from './calls.js';
import { hasCode } from './errno.js';
import { callNumber } from './headers/call-numbers.js';
import {
  AT_FDCWD,
  AT_RECURSIVE,
  F_SETPIPE_SZ,
  MOUNT_ATTR_RDONLY,
  O_CLOEXEC,
  PR_SET_PDEATHSIG,
} from './headers/constants.js';
import { mount_attr, sizes } from './headers/structs.js';
import { checked, native } from './native.js';

const callNumbers = {
  mountSetattr: callNumber('mount_setattr') ?? -1,
  pidfdOpen: callNumber('pidfd_open') ?? -1,
  pidfdSendSignal: callNumber('pidfd_send_signal') ?? -1,
};

const pipe2 = native<number>('int pipe2(void *ends, int flags)');
const unshareCall = native<number>('int unshare(int flags)');
const setnsCall = native<number>('int setns(int fd, int type)');
const fchdirCall = native<number>('int fchdir(int fd)');
const chrootCall = native<number>('int chroot(const char *path)');
const mountCall = native<number>(
  'int mount(const char *source, const char *target, const char *type, ulong flags, const void *data)',
);
const mountSetattr = native<number>(
  'long syscall(long number, int directory, const char *path, uint flags, void *attributes, size_t size)',
);
const killCall = native<number>('int kill(int pid, int signal)');

/**
 * Makes a pipe that is closed on exec. `capacity` is in bytes; where the system's limit (fs.pipe-max-size) is lower the
 * default stays.
 *
 * @throws SystemError EMFILE, ENFILE
 */
export function pipe(capacity?: number): { readEnd: number; writeEnd: number } {
  const ends = Buffer.alloc(2 * sizes.int);
  checked('pipe2', pipe2(ends, O_CLOEXEC));
  const pair = { readEnd: ends.readInt32LE(0), writeEnd: ends.readInt32LE(sizes.int) };
  if (capacity !== undefined) fcntl(pair.writeEnd, F_SETPIPE_SZ, capacity);
  return pair;
}

/** Asks the kernel to kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG). */
export function dieWithParent(signal: number): void {
  checked('prctl', prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0));
}

/**
 * Gives the calling thread namespaces of its own (unshare(2)).
 *
 * @throws SystemError EPERM, EINVAL
 */
export function unshare(flags: number): void {
  checked('unshare', unshareCall(flags));
}

/**
 * Lets the calling thread enter a namespace of a type, CLONE_NEWNET for example (setns(2)).
 *
 * @throws SystemError EPERM, EINVAL
 */
export function setns(descriptor: number, type: number): void {
  checked('setns', setnsCall(descriptor, type));
}

/**
 * Makes a directory the current one.
 *
 * @throws SystemError
 */
export function changeDirectory(descriptor: number): void {
  checked('fchdir', fchdirCall(descriptor));
}

/**
 * Makes a directory the root of the calling thread and of those it shares that with (chroot(2)).
 *
 * @throws SystemError
 */
export function changeRoot(path: string): void {
  checked('chroot', chrootCall(path), path);
}

/**
 * mount(2) without data.
 *
 * @throws SystemError
 */
export function mount(source: string, target: string, type: string | undefined, flags: number): void {
  checked('mount', mountCall(source, target, type ?? null, flags, null), target);
}

/**
 * Makes a mount and all below it read-only (mount_setattr(2), Linux 5.12).
 *
 * @throws SystemError
 */
export function makeReadOnlyRecursively(path: string): void {
  const attributes = Buffer.alloc(mount_attr.sizeof);
  attributes.writeUInt32LE(MOUNT_ATTR_RDONLY, mount_attr.attr_set);
  const result = mountSetattr(callNumbers.mountSetattr, AT_FDCWD, path, AT_RECURSIVE, attributes, attributes.length);
  checked('mount_setattr', result, path);
}

const exitCall = native<null>('void _exit(int status)');

/** Ends the process at once (_exit(2)): without waiting for threads, which may be in calls that block for ever. */
export function exitNow(status: number): void {
  exitCall(status);
}

/** Sends a signal by number; 0 only asks whether the process is there. Gives back whether it was sent. */
export function sendSignal(pid: number, signal: number): boolean {
  return killCall(pid, signal) === 0;
}

const pidfdCall = native<number>('long syscall(long number, int first, int second, void *third, int fourth)');

/**
 * A descriptor that stands for a process, whoever gets its number later (pidfd_open(2)).
 *
 * @throws SystemError ESRCH when there is no such process
 */
export function openProcess(pid: number): number {
  return checked('pidfd_open', pidfdCall(callNumbers.pidfdOpen, pid, 0, null, 0), String(pid));
}

/** Whether the process of a descriptor runs. Its end is seen although its number may be another's by now. */
export function isRunning(processDescriptor: number): boolean {
  try {
    checked('pidfd_send_signal', pidfdCall(callNumbers.pidfdSendSignal, processDescriptor, 0, null, 0));
    return true;
  } catch (error) {
    // Not ours to send signals to, but there.
    return hasCode(error, 'EPERM');
  }
}
