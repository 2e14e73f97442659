import { closeSync, constants } from 'node:fs';
import { fcntl, lseek } from './calls.js';
import { hasCode } from './errno.js';
import { F_GETFL, O_ACCMODE, O_CLOEXEC, O_PATH, SEEK_CUR, SEEK_END } from './headers/constants.js';
import { checked, native } from './native.js';
import { type Waiting, waitUntilReady } from './poll.js';

const { O_RDONLY, O_WRONLY, O_APPEND } = constants;

const dup3 = native<number>('int dup3(int from, int to, int flags)');

/** What a descriptor that somebody else opened may be used for (fcntl(2), F_GETFL). */
export interface AccessMode {
  readable: boolean;
  writable: boolean;
  append: boolean;
}

/** @throws SystemError EBADF */
export function accessMode(descriptor: number): AccessMode {
  const flags = checked('fcntl', fcntl(descriptor, F_GETFL, 0));
  const usable = (flags & O_PATH) === 0;
  const mode = flags & O_ACCMODE;
  return {
    readable: usable && mode !== O_WRONLY,
    writable: usable && mode !== O_RDONLY,
    append: (flags & O_APPEND) !== 0,
  };
}

/**
 * Gives a descriptor another number, in the place of what had it. It is closed on exec.
 *
 * @throws SystemError
 */
export function moveDescriptor(from: number, to: number): void {
  if (from === to) return;
  checked('dup3', dup3(from, to, O_CLOEXEC));
  closeSync(from);
}

/** The file offset in bytes; undefined for what has none (pipes, sockets, terminals). */
export function currentOffset(descriptor: number): number | undefined {
  const offset = lseek(descriptor, 0, SEEK_CUR);
  return offset < 0 ? undefined : Number(offset);
}

/**
 * Puts the file offset behind the last byte, where sequential writing would have left it.
 *
 * @throws SystemError ESPIPE
 */
export function seekToEnd(descriptor: number): void {
  checked('lseek', lseek(descriptor, 0, SEEK_END));
}

/**
 * Does something to a descriptor that may be in non-blocking mode, and waits while it cannot be done: the mode belongs to
 * the open file, which others share, so it is not changed.
 */
function patiently(waiting: Waiting, action: () => number): number {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) throw error;
      waitUntilReady([waiting]);
    }
  }
}

/** Calls `read` again whenever data have come, until it does not fail with EAGAIN. */
export function readPatiently(descriptor: number, read: () => number): number {
  return patiently({ descriptor, for: 'reading' }, read);
}

/** Calls `write` again whenever there is room, until it does not fail with EAGAIN. */
export function writePatiently(descriptor: number, write: () => number): number {
  return patiently({ descriptor, for: 'writing' }, write);
}
