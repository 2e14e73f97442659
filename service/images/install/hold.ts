import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import { Failure, type FailureName } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { lockFile } from '../../../linux/locks.js';
import type { ImageHost } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { failOn } from './file-system-failure.js';
import { busy, type ImageLock, lockImage } from './locks.js';
import { openEntry } from './read-only.js';

/** What is there may be replaced between the two times that its path is looked at, so often. */
const attemptsMax = 10;

/** Why an image is read without systemd's locks: a running machine holds its image alone, or no lock file can be made. */
const unlocked: readonly FailureName[] = ['ImageBusy', 'FileSystemError', 'InsufficientSpace'];

function lockToRead(path: string, name: string, host: ImageHost): ImageLock | undefined {
  try {
    return lockImage(path, name, 'shared', host);
  } catch (error) {
    if (error instanceof Failure && unlocked.includes(error.kind)) return undefined;
    throw error;
  }
}

function isSame(one: BigIntStats, other: BigIntStats | undefined): boolean {
  return other !== undefined && one.ino === other.ino && one.dev === other.dev;
}

/**
 * An image that is open to be read, whole: with systemd's locks where they can be had, and flock(2), as long as it is open it
 * is neither removed nor replaced.
 */
export class HeldImage implements Disposable {
  readonly descriptor: number;
  readonly #path: string;
  readonly #lock: ImageLock | undefined;

  private constructor(path: string, descriptor: number, lock: ImageLock | undefined) {
    this.#path = path;
    this.descriptor = descriptor;
    this.#lock = lock;
  }

  /**
   * `name` is for people.
   *
   * @throws Failure ImageBusy while it is being removed, FileSystemError when it cannot be opened
   */
  static open(path: string, name: string, host: ImageHost): HeldImage {
    for (let attempts = 1; ; attempts++) {
      const lock = lockToRead(path, name, host);
      try {
        const held = HeldImage.#open(path, name, lock);
        // What was locked by its path may not be what was opened by it.
        if (held.isStillThere() || attempts === attemptsMax) return held;
        closeSync(held.descriptor);
      } catch (error) {
        lock?.[Symbol.dispose]();
        throw error;
      }
      lock?.[Symbol.dispose]();
    }
  }

  static #open(path: string, name: string, lock: ImageLock | undefined): HeldImage {
    return failOn(path, () => {
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
      try {
        if (!lockFile(descriptor, 'shared')) throw busy(name);
        return new HeldImage(path, descriptor, lock);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    });
  }

  /**
   * Whether its path still leads to it: where locks are switched off it may have been replaced.
   *
   * @throws Failure FileSystemError when nobody can tell
   */
  isStillThere(): boolean {
    const named = failOn(this.#path, () => statSync(this.#path, { bigint: true, throwIfNoEntry: false }));
    return isSame(fstatSync(this.descriptor, { bigint: true }), named);
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
    this.#lock?.[Symbol.dispose]();
  }
}

/** Opens a file or directory to lock it; undefined for what cannot be locked so: links, devices, and what is not ours to read. */
function openToLock(root: ImageRoot, fileName: string): number | undefined {
  const status = lstatSync(root.at(fileName));
  if (!status.isFile() && !status.isDirectory()) return undefined;
  try {
    return openEntry(root.descriptor, fileName);
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/**
 * Does something to an entry that nobody is reading meanwhile, by flock(2).
 *
 * @throws Failure ImageBusy while somebody reads it, SystemError or Error of node when it cannot be opened; what the
 * action throws
 */
export function whileUnread<Result>(root: ImageRoot, fileName: string, name: string, action: () => Result): Result {
  const descriptor = openToLock(root, fileName);
  try {
    if (descriptor !== undefined && !lockFile(descriptor, 'exclusive')) throw busy(name);
    return action();
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
