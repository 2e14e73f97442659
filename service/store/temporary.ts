import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync } from 'node:fs';
import { createSubvolume, isBtrfs } from '../system/btrfs.js';
import { hasCode } from '../system/call.js';
import { mkdirat, openat } from '../system/files.js';
import { lockFile, unlockFile } from '../system/locks.js';
import type { ImageFormat } from './classes.js';
import { failOn } from './fileSystemFailure.js';
import { allocatedBytes, removeEntry } from './removeTree.js';
import type { ImageRoot } from './root.js';

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

/**
 * Something under construction in an image directory, beside the name it will get. It is locked for as long as it is
 * open, which tells it from what a crash has left. Disposal removes it, unless it was installed: `settle()`.
 */
export class Temporary implements Disposable {
  private settled = false;
  private kept = false;

  constructor(
    readonly root: ImageRoot,
    private fileName: string,
    readonly format: ImageFormat,
    /** Open for reading and writing, or the open directory. Whoever wants to keep it duplicates it. */
    readonly descriptor: number,
  ) {}

  get name(): string {
    return this.fileName;
  }

  get path(): string {
    return this.root.pathOf(this.name);
  }

  /** It has been renamed, and is not at its target yet. With `kept`, disposal leaves it where it is. */
  renamed(name: string, { kept }: { kept: boolean }): void {
    this.fileName = name;
    this.kept = kept;
  }

  /** It has another name now: disposal leaves it alone, and others may lock it. */
  settle(): void {
    this.settled = true;
    unlockFile(this.descriptor);
  }

  [Symbol.dispose](): void {
    try {
      if (!this.settled && !this.kept) failOn(this.path, () => removeEntry(this.root.descriptor, this.name));
    } finally {
      closeSync(this.descriptor);
    }
  }
}

/** Goes on with what was just made, which is removed when that fails. */
function orRemove<Result>(root: ImageRoot, name: string, use: () => Result): Result {
  try {
    return use();
  } catch (error) {
    // The first error is the one to tell; what cannot be removed either goes with the next cleaning.
    try {
      removeEntry(root.descriptor, name);
    } catch {}
    throw error;
  }
}

/** Makes something under a fresh name until it is there, open and locked: cleanStale() may come between these steps. */
function make(root: ImageRoot, tag: string, format: ImageFormat, create: (name: string) => number): Temporary {
  return failOn(root.path, () => {
    for (let attempts = 1; ; attempts++) {
      const name = temporaryName(tag);
      let descriptor: number;
      try {
        descriptor = create(name);
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'EEXIST') && attempts < 10) continue;
        throw error;
      }
      const isOurs = orRemove(
        root,
        name,
        () => lockFile(descriptor, 'exclusive') && isStillThere(root, name, descriptor),
      );
      if (isOurs) return new Temporary(root, name, format, descriptor);
      closeSync(descriptor);
    }
  });
}

/** Makes an empty file with the given mode less the umask. Throws Failure. */
export function createTemporaryFile(root: ImageRoot, tag: string, mode = 0o644): Temporary {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return make(root, tag, 'raw', (name) => openat(root.descriptor, name, flags, mode));
}

function openTree(root: ImageRoot, name: string): number {
  return openat(root.descriptor, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

/** Makes an empty tree, mode 0755 less the umask: a subvolume where `subvolume` is set and the file system has them. */
export function createTemporaryTree(root: ImageRoot, tag: string, { subvolume = true } = {}): Temporary {
  const asSubvolume = subvolume && isBtrfs(root.descriptor);
  return createTemporaryBy(root, tag, (name) => {
    if (asSubvolume) createSubvolume(root.descriptor, name);
    else mkdirat(root.descriptor, name, 0o755);
  });
}

/** Makes a tree in a way of the caller's, for example as a snapshot. `create` makes the directory of that name. */
export function createTemporaryBy(root: ImageRoot, tag: string, create: (name: string) => void): Temporary {
  return make(root, tag, 'tar', (name) => {
    create(name);
    return orRemove(root, name, () => openTree(root, name));
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

/** Removes an entry unless somebody holds a lock on it; null then, or when it is gone already. Throws SystemError. */
export function removeUnlocked(root: ImageRoot, name: string, dryRun = false): RemovedLeftover | null {
  let lock: number | 'held' | 'unlockable' = 'held';
  try {
    lock = lockStale(root, name);
    if (lock === 'held') return null;
    const bytes = allocatedBytes(root.descriptor, name);
    if (!dryRun) removeEntry(root.descriptor, name);
    return { path: root.pathOf(name), bytes };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  } finally {
    if (typeof lock === 'number') closeSync(lock);
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
  remove: (name: string) => Result | null,
  onFailure: (failure: unknown) => void,
): Result[] {
  const removed: Result[] = [];
  for (const name of names) {
    try {
      const one = failOn(root.pathOf(name), () => remove(name));
      if (one !== null) removed.push(one);
    } catch (error) {
      onFailure(error);
    }
  }
  return removed;
}

/** Passes on what went wrong once all has been tried: the first of it is thrown, unless somebody wants to hear of each. */
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
 * holds a lock on. Throws Failure.
 */
export function cleanStale(root: ImageRoot, { dryRun = false, onFailure }: CleanOptions = {}): RemovedLeftover[] {
  const names = root.names().filter(isTemporaryName).sort();
  return withFailures(onFailure, (failed) =>
    forEachLeftover(root, names, (name) => removeUnlocked(root, name, dryRun), failed),
  );
}
