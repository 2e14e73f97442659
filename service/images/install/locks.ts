import { closeSync, constants, fstatSync, openSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeDirectory } from '../../../common/directories.js';
import { Failure } from '../../../common/failure.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import { NAME_MAX } from '../../../linux/headers/constants.js';
import { isLockedByOthers, type LockKind, lockOpenFileDescription } from '../../../linux/locks.js';
import { escapeText } from '../../../varlink/text.js';
import { type ImageHost, lockDirectory } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { failOn } from './file-system-failure.js';

/** A lock file as systemd makes them: an open-file-description lock on it counts, and the last holder removes it. */
class LockFile implements Disposable {
  private constructor(
    private readonly path: string,
    private readonly descriptor: number,
  ) {}

  /** Undefined when somebody else holds a conflicting lock. */
  static acquire(path: string, kind: LockKind): LockFile | undefined {
    for (;;) {
      const { O_CREAT, O_RDWR, O_NOFOLLOW, O_NOCTTY } = constants;
      const descriptor = openSync(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_NOCTTY, 0o600);
      const held = lockOpenFileDescription(descriptor, kind);
      // The holder before may have removed the file between our opening and locking it.
      if (held && fstatSync(descriptor).nlink > 0) return new LockFile(path, descriptor);
      closeSync(descriptor);
      if (!held) return undefined;
    }
  }

  [Symbol.dispose](): void {
    try {
      if (lockOpenFileDescription(this.descriptor, 'exclusive')) unlinkSync(this.path);
    } catch {
      // Closing it ends the lock in any case, and an empty file that stays goes with the next holder.
    } finally {
      closeSync(this.descriptor);
    }
  }
}

/** Locks that end together. */
export class ImageLock implements Disposable {
  private readonly files: LockFile[] = [];

  /** Whether the lock file could be had. */
  add(path: string, kind: LockKind): boolean {
    const file = LockFile.acquire(path, kind);
    if (file !== undefined) this.files.push(file);
    return file !== undefined;
  }

  /** Takes over what another one holds. */
  adopt(other: ImageLock): void {
    this.files.push(...other.files.splice(0));
  }

  [Symbol.dispose](): void {
    for (const file of this.files.splice(0).reverse()) file[Symbol.dispose]();
  }
}

/** What to throw when somebody else uses an image. */
export function busy(name: string): Failure {
  const message = `'${escapeText(name)}' is in use, perhaps by a running machine, a clone or an export. Stop what uses it and try again`;
  return new Failure('ImageBusy', message, { name });
}

/** The lock file that stands for what a path leads to, wherever else that may be mounted. */
function inodeLockPath(directory: string, path: string): string {
  const status = statSync(path, { bigint: true });
  if (!status.isBlockDevice()) return join(directory, `inode-${status.dev}:${status.ino}`);
  const major = ((status.rdev >> 8n) & 0xfffn) | ((status.rdev >> 32n) & 0xfffff000n);
  const minor = (status.rdev & 0xffn) | ((status.rdev >> 12n) & 0xffffff00n);
  return join(directory, `block-${major}:${minor}`);
}

/** The lock file beside an image; undefined where its name leaves no room for one, so that nobody can have it. */
function neighbourLockPath(path: string): string | undefined {
  if (statSync(path).isBlockDevice()) return undefined;
  const fileName = `.#${basename(path)}.lck`;
  return Buffer.byteLength(fileName) > NAME_MAX ? undefined : join(dirname(path), fileName);
}

/** Whether a name is that of a lock file beside an image. */
export function isLockName(name: string): boolean {
  return /^\.#.+\.lck$/s.test(name);
}

/** Removes the lock files in an image directory that nobody holds: those of processes that were killed. */
export function removeStaleLocks(root: ImageRoot): void {
  for (const name of root.names().filter(isLockName)) {
    try {
      LockFile.acquire(root.at(name), 'exclusive')?.[Symbol.dispose]();
    } catch (error) {
      // Nothing of ours, or not ours to remove.
      if (errnoName(error) === undefined) throw error;
    }
  }
}

/**
 * The directory of lock files, made if need be; undefined where there is none and none can be made.
 *
 * @throws Failure FileSystemError or InsufficientSpace when something else is in its place, or there is no room for it
 */
function openLockDirectory(host: ImageHost): string | undefined {
  const directory = lockDirectory(host);
  return directory === undefined ? undefined : failOn(directory, () => makeLockDirectory(directory));
}

function makeLockDirectory(directory: string): string | undefined {
  try {
    makeDirectory(directory, 0o700);
    return directory;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT')) return undefined;
    throw error;
  }
}

function lockFilesOf(path: string, host: ImageHost): string[] {
  const directory = openLockDirectory(host);
  return [neighbourLockPath(path), directory === undefined ? undefined : inodeLockPath(directory, path)].filter(
    (file) => file !== undefined,
  );
}

/** Nobody can change what is on a read-only file system: to read it, no lock is needed there. */
function isLocked(lock: ImageLock, file: string, kind: LockKind): boolean {
  try {
    return lock.add(file, kind);
  } catch (error) {
    // Nobody can have a lock file whose name the file system does not take.
    if (hasCode(error, 'ENAMETOOLONG')) return true;
    if (kind === 'shared' && hasCode(error, 'EROFS', 'EACCES')) return true;
    throw error;
  }
}

/**
 * Takes systemd's locks on an image (image_path_lock() of discover-image.c): one on `.#FILE.lck` beside it and one
 * named after its inode, which also holds while it has another name or is mounted elsewhere. A running systemd-nspawn
 * holds them. Never waits. `path` may be a link; `name` is for people.
 *
 * @throws Failure ImageBusy when somebody else holds one of them, FileSystemError or InsufficientSpace when one cannot be
 * had for another reason
 */
export function lockImage(path: string, name: string, kind: LockKind, host: ImageHost): ImageLock {
  const lock = new ImageLock();
  if (!host.settings.locks) return lock;
  try {
    failOn(path, () => {
      for (const file of lockFilesOf(realpathSync(path), host)) if (!isLocked(lock, file, kind)) throw busy(name);
    });
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Whether a lock file is there and somebody holds it; undefined where it cannot be read. */
function isHeld(file: string): boolean | undefined {
  try {
    // Most are not there, and an error takes long to make.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return false;
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return isLockedByOthers(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return hasCode(error, 'ENOENT', 'ENAMETOOLONG') ? false : undefined;
  }
}

/**
 * Whether somebody holds one of systemd's locks on an image. Takes none.
 *
 * @throws Error of node when the image is gone
 */
export function lockStateOf(path: string, host: ImageHost): 'locked' | 'free' | 'unknown' {
  const directory = lockDirectory(host);
  const files = [neighbourLockPath(path), directory === undefined ? undefined : inodeLockPath(directory, path)];
  const held = files.map((file) => file !== undefined && isHeld(file));
  if (held.includes(true)) return 'locked';
  return held.includes(undefined) ? 'unknown' : 'free';
}

/**
 * Whether somebody holds one of systemd's locks on an image, as far as that can be seen. Takes none.
 *
 * @throws Error of node when the image is gone
 */
export function isImageLocked(path: string, host: ImageHost): boolean {
  return lockStateOf(path, host) === 'locked';
}

/** Between two attempts to get a lock that others keep only briefly, in milliseconds. */
export const pauseMs = 20;
/** Five seconds: only a faulty program keeps such a lock longer. */
export const attemptsMax = 250;

/** Holds up all of this process. */
export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Takes systemd's lock on the name of an image (image_name_lock()), so that nobody else gives the same name at the same
 * time. It is held for moments only, and stands for one name in all classes: waits up to five seconds.
 *
 * @param mostAttempts how often it is tried, every 20 milliseconds
 * @throws Failure ImageBusy when somebody else holds it all that time, FileSystemError or InsufficientSpace when it cannot
 * be had for another reason
 */
export function lockName(name: string, host: ImageHost, mostAttempts = attemptsMax): ImageLock {
  const lock = new ImageLock();
  const directory = !host.settings.locks ? undefined : openLockDirectory(host);
  const fileName = `name-${name}`;
  if (directory === undefined || Buffer.byteLength(fileName) > NAME_MAX) return lock;
  return failOn(directory, () => {
    for (let attempts = 0; attempts < mostAttempts; attempts++) {
      if (lock.add(join(directory, fileName), 'exclusive')) return lock;
      sleep(pauseMs);
    }
    throw busy(name);
  });
}
