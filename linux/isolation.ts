import { constants } from 'node:os';
import { prctl } from './calls.js';
import { hasCode } from './errno.js';
import { callNumber } from './headers/call-numbers.js';
import {
  PR_SET_CHILD_SUBREAPER,
  PR_SET_DUMPABLE,
  PR_SET_NO_NEW_PRIVS,
  PRIO_USER,
  WNOHANG,
} from './headers/constants.js';
import {
  SECCOMP_FILTER_FLAG_TSYNC,
  SECCOMP_GET_ACTION_AVAIL,
  SECCOMP_RET_ERRNO,
  SECCOMP_SET_MODE_FILTER,
} from './headers/filter-constants.js';
import { sizes, sock_filter, sock_fprog } from './headers/structs.js';
import { addressOf, checked, lastErrno, native } from './native.js';

/** Where it is not known the call fails with ENOSYS. */
const seccompNumber = callNumber('seccomp') ?? -1;
const { ESRCH } = constants.errno;

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
  const action = Buffer.alloc(sizes.__u32);
  action.writeUInt32LE(SECCOMP_RET_ERRNO);
  return seccomp(seccompNumber, SECCOMP_GET_ACTION_AVAIL, 0, action) === 0;
}

/**
 * Filters the system calls of all threads of this process, and of what they start, for good (seccomp(2)). It gains no rights from
 * programs any more. `program` is an array of struct sock_filter.
 *
 * @throws SystemError EINVAL, or ENOSYS, where the kernel has no filters
 */
export function filterCalls(program: Buffer): void {
  checked('prctl', prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  const parameters = Buffer.alloc(sock_fprog.sizeof);
  parameters.writeUInt16LE(program.length / sock_filter.sizeof, sock_fprog.len);
  parameters.writeBigUInt64LE(addressOf(program), sock_fprog.filter);
  const result = seccomp(seccompNumber, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, parameters);
  checked('seccomp', result);
  if (result > 0) throw new Error(`thread ${result} has another filter of system calls`);
}

/** Takes note of the end of a child that nobody else waits for. Gives back whether it is gone. */
export function reap(pid: number): boolean {
  try {
    return checked('waitpid', waitpid(pid, null, WNOHANG)) === pid;
  } catch (error) {
    if (hasCode(error, 'ECHILD')) return true;
    throw error;
  }
}

const getpriority = native<number>('int getpriority(int which, uint who)');

/** Whether a process of that user is there, as far as this one sees processes (getpriority(2)). */
export function userHasProcesses(user: number): boolean {
  // The least of their priorities, which may be -1 as well: only then does errno tell.
  return getpriority(PRIO_USER, user) !== -1 || lastErrno() !== ESRCH;
}
