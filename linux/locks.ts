import { hasCode } from './errno.js';
import { checked, native } from './native.js';

/** fcntl(2) F_OFD_SETLK and l_type of struct flock, from the kernel's asm-generic/fcntl.h. */
const F_OFD_SETLK = 37;
const F_OFD_GETLK = 36;
const lockTypes = { shared: 0, exclusive: 1 } as const;
/** F_UNLCK */
const unlocked = 2;

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

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
  // struct flock: type (2 bytes), whence (2), start (8, at 8), length (8; 0 is to the end), pid
  const lock = Buffer.alloc(32);
  lock.writeInt16LE(lockTypes[kind], 0);
  return acquired(() => checked('fcntl F_OFD_SETLK', fcntl(descriptor, F_OFD_SETLK, lock)));
}

/**
 * Whether somebody else has a lock of fcntl(2) on a file, of whichever kind (F_OFD_GETLK). Takes none.
 *
 * @throws SystemError
 */
export function isLockedByOthers(descriptor: number): boolean {
  const lock = Buffer.alloc(32);
  lock.writeInt16LE(lockTypes.exclusive, 0);
  checked('fcntl F_OFD_GETLK', fcntl(descriptor, F_OFD_GETLK, lock));
  return lock.readInt16LE(0) !== unlocked;
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
