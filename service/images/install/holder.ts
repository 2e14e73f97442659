import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { AT_REMOVEDIR, mkdirat, openat, unlinkat } from '../../../linux/files.js';
import { lockFile } from '../../../linux/locks.js';
import type { ImageRoot } from '../layout/root.js';
import { removeEntry } from '../manage/remove-tree.js';

const namePattern = /^\.#ferry-[a-z0-9.]+-[0-9a-f]{16}$/;

/** A name of ours for something that does not have its own yet. `tag` says what it is to be: letters, digits, dots. */
export function temporaryName(tag: string): string {
  return `.#ferry-${tag}-${randomBytes(8).toString('hex')}`;
}

export function isTemporaryName(name: string): boolean {
  return namePattern.test(name);
}

/** Whether an open file is still what its directory has under that name. */
export function isStillThere(root: ImageRoot, name: string, descriptor: number): boolean {
  const named = lstatSync(root.at(name), { throwIfNoEntry: false, bigint: true });
  const open = fstatSync(descriptor, { bigint: true });
  return named?.ino === open.ino && named.dev === open.dev;
}

/** The name in its holder of what is made. */
export const heldName = 'image';

/** The entry of the image directory that a name of ours is, or is in. */
export function entryOf(name: string): string {
  return name.replace(/\/.*$/s, '');
}

/**
 * A locked directory that only its owner may enter, in an image directory. What is made, and what is to be removed, is in one: nobody
 * else can reach a program in it that has not been verified, whatever its mode. It leaves by the rename that gives it its name.
 */
export class Holder implements Disposable {
  private isGone = false;

  private constructor(
    private readonly root: ImageRoot,
    readonly name: string,
    readonly descriptor: number,
  ) {}

  /**
   * Makes one until it is there, open and locked: cleanStale() may come between these steps.
   *
   * @throws SystemError
   */
  static create(root: ImageRoot, tag: string): Holder {
    for (let attempts = 1; ; attempts++) {
      const name = temporaryName(tag);
      try {
        mkdirat(root.descriptor, name, 0o700);
        const descriptor = Holder.lock(root, name);
        if (descriptor !== undefined) return new Holder(root, name, descriptor);
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'EEXIST') || attempts >= 10) throw error;
      }
    }
  }

  /**
   * Opens and locks one that was just made; undefined when somebody else was faster.
   *
   * @throws SystemError, after an attempt to remove it
   */
  private static lock(root: ImageRoot, name: string): number | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = openTree(root.descriptor, name);
      if (lockFile(descriptor, 'exclusive') && isStillThere(root, name, descriptor)) return descriptor;
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      if (!hasCode(error, 'ENOENT')) removeDirectory(root, name);
      throw error;
    }
    closeSync(descriptor);
    return undefined;
  }

  /** The path of what is in it, from the image directory. */
  get held(): string {
    return `${this.name}/${heldName}`;
  }

  /** Removes it if nothing is in it any more. Otherwise it goes with what is, at the latest with the next cleaning. */
  removeEmpty(): void {
    if (!this.isGone) this.isGone = removeDirectory(this.root, this.name);
  }

  /**
   * Removes it with what is in it.
   *
   * @throws Failure FileSystemError when something is mounted in it, SystemError or Error of node when it cannot be removed
   */
  removeAll(): void {
    removeEntry(this.descriptor, heldName);
    removeEntry(this.root.descriptor, this.name);
    this.isGone = true;
  }

  /** Removes it with what is in it, after a failure, which is the one to tell. */
  abandon(): void {
    try {
      this.removeAll();
    } catch {}
  }

  [Symbol.dispose](): void {
    this.removeEmpty();
    closeSync(this.descriptor);
  }
}

/** Removes a directory that is empty; gives back whether it could be. */
function removeDirectory(root: ImageRoot, name: string): boolean {
  try {
    unlinkat(root.descriptor, name, AT_REMOVEDIR);
    return true;
  } catch {
    return false;
  }
}

export function openTree(directory: number, name: string): number {
  return openat(directory, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/**
 * Moves something into a new holder, with the action that renames it, and gives back its name there.
 *
 * @throws SystemError when no holder can be made; what the action throws
 */
export function holdAside(root: ImageRoot, tag: string, rename: (name: string) => void): string {
  using holder = Holder.create(root, tag);
  rename(holder.held);
  return holder.held;
}
