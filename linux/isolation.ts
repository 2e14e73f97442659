import { constants } from 'node:os';
import { prctl } from './calls.js';
import { PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, SECCOMP_RET_ERRNO } from './constants.js';
import { hasCode } from './errno.js';
import { addressOf, checked, lastErrno, native } from './native.js';

const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_GET_ACTION_AVAIL = 2;
const SECCOMP_FILTER_FLAG_TSYNC = 1;
const SYS_SECCOMP = process.arch === 'x64' ? 317 : 277;
const wnohang = 1;
const { ESRCH } = constants.errno;
const errorLength = 4;
/** struct sock_fprog: a length of 16 bits, and after a gap an address. */
const programLength = 16;

const seccomp = native<number>('long syscall(long number, uint operation, uint flags, void *parameters)');
const waitpid = native<number>('int waitpid(int pid, void *status, int options)');

/** Makes orphans of what this process has started its own children (prctl(2), PR_SET_CHILD_SUBREAPER). */
export function adoptOrphans(): void {
  checked('prctl', prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/** Keeps other processes of the same user from tracing this one, and from its memory and descriptors (PR_SET_DUMPABLE). */
export function forbidTracing(): void {
  checked('prctl', prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

/** Whether the kernel filters system calls. */
export function canFilterCalls(): boolean {
  const action = Buffer.alloc(errorLength);
  action.writeUInt32LE(SECCOMP_RET_ERRNO);
  return seccomp(SYS_SECCOMP, SECCOMP_GET_ACTION_AVAIL, 0, action) === 0;
}

/**
 * Filters the system calls of all threads of this process, and of what they start, for good (seccomp(2)). It gains no rights from
 * programs any more. `program` is an array of struct sock_filter.
 *
 * @throws SystemError EINVAL, or ENOSYS, where the kernel has no filters
 */
export function filterCalls(program: Buffer): void {
  checked('prctl', prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  const parameters = Buffer.alloc(programLength);
  parameters.writeUInt16LE(program.length / 8, 0);
  parameters.writeBigUInt64LE(addressOf(program), 8);
  const result = seccomp(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, parameters);
  checked('seccomp', result);
  if (result > 0) throw new Error(`thread ${result} has another filter of system calls`);
}

/** Takes note of the end of a child that nobody else waits for. Gives back whether it is gone. */
export function reap(pid: number): boolean {
  try {
    return checked('waitpid', waitpid(pid, null, wnohang)) === pid;
  } catch (error) {
    if (hasCode(error, 'ECHILD')) return true;
    throw error;
  }
}

const prioUser = 2;
const getpriority = native<number>('int getpriority(int which, uint who)');

/** Whether a process of that user is there, as far as this one sees processes (getpriority(2)). */
export function userHasProcesses(user: number): boolean {
  // The least of their priorities, which may be -1 as well: only then does errno tell.
  return getpriority(prioUser, user) !== -1 || lastErrno() !== ESRCH;
}
