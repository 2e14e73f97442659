import { hasCode } from './errno.js';
import {
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
} from './headers/constants.js';
import { flock } from './headers/structs.js';
import { checked, native } from './native.js';

const lockTypes = { shared: F_RDLCK, exclusive: F_WRLCK } as const;

const fcntl = native<number>('int fcntl(int descriptor, int command, void *lock)');
const flockCall = native<number>('int flock(int descriptor, int operation)');

export type LockKind = keyof typeof lockTypes;

/** Whether a locking call got its lock; false when somebody else holds a conflicting one. */
function acquired(lock: () => void): boolean {
  try {
    lock();
    return true;
  } catch (error) {
    if (hasCode(error, 'EAGAIN', 'EACCES')) return false;
    throw error;
  }
}

/**
 * Takes a lock on a whole file that belongs to the open file description (fcntl(2), F_OFD_SETLK), without waiting:
 * false when it is taken. It meets other locks of fcntl, not those of flock(2), and ends with the last duplicate of the
 * descriptor. An exclusive one needs a descriptor that is open for writing.
 *
 * @throws SystemError
 */
export function lockOpenFileDescription(descriptor: number, kind: LockKind): boolean {
  // Zeros elsewhere: from the first byte to the end.
  const lock = Buffer.alloc(flock.sizeof);
  lock.writeInt16LE(lockTypes[kind], flock.l_type);
  return acquired(() => checked('fcntl F_OFD_SETLK', fcntl(descriptor, F_OFD_SETLK, lock)));
}

/**
 * Whether somebody else has a lock of fcntl(2) on a file, of whichever kind (F_OFD_GETLK). Takes none.
 *
 * @throws SystemError
 */
export function isLockedByOthers(descriptor: number): boolean {
  const lock = Buffer.alloc(flock.sizeof);
  lock.writeInt16LE(lockTypes.exclusive, flock.l_type);
  checked('fcntl F_OFD_GETLK', fcntl(descriptor, F_OFD_GETLK, lock));
  return lock.readInt16LE(flock.l_type) !== F_UNLCK;
}

/**
 * flock(2) without waiting: false when somebody else holds a conflicting lock. Works on descriptors of any access mode,
 * directories too, and ends with the last duplicate of the descriptor.
 *
 * @throws SystemError
 */
export function lockFile(descriptor: number, kind: LockKind): boolean {
  const operation = (kind === 'exclusive' ? LOCK_EX : LOCK_SH) | LOCK_NB;
  return acquired(() => checked('flock', flockCall(descriptor, operation)));
}

/**
 * flock(2) with LOCK_UN: gives up the lock that lockFile() took.
 *
 * @throws SystemError
 */
export function unlockFile(descriptor: number): void {
  checked('flock', flockCall(descriptor, LOCK_UN));
}
