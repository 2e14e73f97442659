import { closeSync, constants, lstatSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { createSubvolume, isBtrfs } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { mkdirat, openat } from '../../../linux/files.js';
import { lockFile, unlockFile } from '../../../linux/locks.js';
import { beginTree } from '../../../linux/owners/foreign-owners.js';
import type { ImageRoot } from '../layout/root.js';
import { allocatedBytes, removeEntry } from '../manage/remove-tree.js';
import { failOn } from './file-system-failure.js';
import { Holder, heldName, isStillThere, isTemporaryName, openTree } from './holder.js';

/**
 * Something under construction in an image directory, where nobody but its owner can reach it. It is locked for as long as it is
 * open, which tells it from what a crash has left. Disposal removes it, unless it was installed: `settle()`.
 */
export class Temporary implements Disposable {
  #fileName: string;
  #holder: Holder | undefined;
  #settled = false;
  #kept = false;

  constructor(
    readonly root: ImageRoot,
    fileName: string,
    readonly format: ImageFormat,
    /** Open for reading and writing, or the open directory. Whoever wants to keep it duplicates it. */
    readonly descriptor: number,
    /** What it is in; undefined for what has a name of its own in the image directory. */
    holder?: Holder | undefined,
  ) {
    this.#fileName = fileName;
    this.#holder = holder;
  }

  /** Its path from the image directory. */
  get name(): string {
    return this.#fileName;
  }

  get path(): string {
    return this.root.pathOf(this.name);
  }

  /** It has been renamed, and is not at its target yet. With `kept`, disposal leaves it where it is. */
  renamed(name: string, { kept }: { kept: boolean }): void {
    this.#fileName = name;
    this.#kept = kept;
    if (!kept) return;
    this.#holder?.[Symbol.dispose]();
    this.#holder = undefined;
  }

  /**
   * The name that it has to be given to be out of reach again.
   *
   * @throws SystemError when its holder cannot be made
   */
  heldName(tag: string): string {
    this.#holder ??= Holder.create(this.root, tag);
    return this.#holder.held;
  }

  /** It has another name now: disposal leaves it alone, and others may lock it. */
  settle(): void {
    this.#settled = true;
    unlockFile(this.descriptor);
    this.#holder?.removeEmpty();
  }

  /** What is in a holder is removed from there: the holder need not be read, which takes calls that can fail. */
  #remove(): void {
    if (this.#holder === undefined) removeEntry(this.root.descriptor, this.name);
    else this.#holder.removeAll();
  }

  [Symbol.dispose](): void {
    try {
      if (!this.#settled && !this.#kept) failOn(this.path, () => this.#remove());
    } finally {
      this.#holder?.[Symbol.dispose]();
      closeSync(this.descriptor);
    }
  }
}

type Create = (directory: number, name: string) => number;

/** Makes something in a holder of its own. */
function make(root: ImageRoot, tag: string, format: ImageFormat, create: Create): Temporary {
  return failOn(root.path, () => {
    const holder = Holder.create(root, tag);
    try {
      const descriptor = create(holder.descriptor, heldName);
      lockFile(descriptor, 'exclusive');
      return new Temporary(root, holder.held, format, descriptor, holder);
    } catch (error) {
      holder.abandon();
      holder[Symbol.dispose]();
      throw error;
    }
  });
}

/**
 * Makes an empty file with the given mode less the umask.
 *
 * @throws Failure FileSystemError, InsufficientSpace
 */
export function createTemporaryFile(root: ImageRoot, tag: string, mode = 0o644): Temporary {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return make(root, tag, 'raw', (directory, name) => openat(directory, name, flags, mode));
}

/** Makes an empty tree, mode 0755 less the umask: a subvolume where `subvolume` is set and the file system has them. */
export function createTemporaryTree(root: ImageRoot, tag: string, { subvolume = true } = {}): Temporary {
  const asSubvolume = subvolume && isBtrfs(root.descriptor);
  const temporary = createTemporaryBy(root, tag, (directory, name) => {
    if (asSubvolume) createSubvolume(directory, name);
    else mkdirat(directory, name, 0o755);
  });
  try {
    failOn(root.path, () => beginTree(temporary.descriptor));
    return temporary;
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

/** Makes a tree in a way of the caller's, for example as a snapshot: `create` makes it in that directory, with that name. */
export function createTemporaryBy(
  root: ImageRoot,
  tag: string,
  create: (directory: number, name: string) => void,
): Temporary {
  return make(root, tag, 'tar', (directory, name) => {
    create(directory, name);
    return openTree(directory, name);
  });
}

/** Something that an ended transfer had left. */
export interface RemovedLeftover {
  path: string;
  /** The disk space it took, in bytes. */
  bytes: number;
}

/** Opens a leftover and locks it; 'held' while a transfer does, 'unlockable' when it is neither file nor directory. */
function lockStale(root: ImageRoot, name: string): number | 'held' | 'unlockable' {
  const status = lstatSync(root.at(name));
  if (!status.isFile() && !status.isDirectory()) return 'unlockable';
  const descriptor = openat(root.descriptor, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (lockFile(descriptor, 'exclusive') && isStillThere(root, name, descriptor)) return descriptor;
  closeSync(descriptor);
  return 'held';
}

/** What was replaced while somebody copied from it is locked, and not the holder that it is in. */
function lockHeld(root: ImageRoot, name: string): number | 'held' | 'unlockable' {
  try {
    return lockStale(root, `${name}/${heldName}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return 'unlockable';
    throw error;
  }
}

/**
 * Removes an entry unless somebody holds a lock on it; undefined then, or when it is gone already.
 *
 * @throws Failure FileSystemError when something is mounted in it, SystemError or Error of node when it cannot be removed
 */
export function removeUnlocked(root: ImageRoot, name: string, dryRun = false): RemovedLeftover | undefined {
  const locks: (number | 'held' | 'unlockable')[] = [];
  try {
    for (const lock of [lockStale, lockHeld]) {
      locks.push(lock(root, name));
      if (locks.includes('held')) return undefined;
    }
    const bytes = allocatedBytes(root.descriptor, name);
    if (!dryRun) removeEntry(root.descriptor, name);
    return { path: root.pathOf(name), bytes };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  } finally {
    for (const lock of locks) if (typeof lock === 'number') closeSync(lock);
  }
}

export interface CleanOptions {
  /** Only say what would be removed. */
  dryRun?: boolean;
  /** Told of what could not be removed, one failure each; by default the first one is thrown after all has been tried. */
  onFailure?: ((failure: unknown) => void) | undefined;
}

/** Does something for each of several entries: one that fails does not keep the others from their turn. */
export function forEachLeftover<Result>(
  root: ImageRoot,
  names: readonly string[],
  remove: (name: string) => Result | undefined,
  onFailure: (failure: unknown) => void,
): Result[] {
  const removed: Result[] = [];
  for (const name of names) {
    try {
      const one = failOn(root.pathOf(name), () => remove(name));
      if (one !== undefined) removed.push(one);
    } catch (error) {
      onFailure(error);
    }
  }
  return removed;
}

/**
 * Passes on what went wrong once all has been tried.
 *
 * @throws Failure, the first one that the action told of, unless `onFailure` is told of each
 */
export function withFailures<Result>(
  onFailure: CleanOptions['onFailure'],
  action: (onFailure: (failure: unknown) => void) => Result,
): Result {
  const failures: unknown[] = [];
  const result = action(onFailure ?? ((failure) => failures.push(failure)));
  if (failures.length > 0) throw failures[0];
  return result;
}

/**
 * Removes what crashed or killed transfers have left in an image directory, and nothing else: names of ours that nobody
 * holds a lock on.
 *
 * @throws Failure FileSystemError, the first one when all has been tried, unless `onFailure` is told of each
 */
export function cleanStale(root: ImageRoot, { dryRun = false, onFailure }: CleanOptions = {}): RemovedLeftover[] {
  const names = root.names().filter(isTemporaryName).sort();
  return withFailures(onFailure, (failed) =>
    forEachLeftover(root, names, (name) => removeUnlocked(root, name, dryRun), failed),
  );
}
