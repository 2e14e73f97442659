import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { changeFileFlags, FileFlag } from '../../../linux/attributes.js';
import { destroySubvolume, isSubvolume, setSubvolumeReadOnly } from '../../../linux/btrfs.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { hasCode } from '../../../linux/errno.js';
import {
  AT_REMOVEDIR,
  O_PATH,
  openat,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  unlinkat,
} from '../../../linux/files.js';
import { escapeText } from '../../../varlink/text.js';

type Name = string | Buffer;

const resistingFlags = FileFlag.immutable | FileFlag.appendOnly;

/** A path that leads to an entry through its open directory. */
function entryPath(directory: number, name: Name): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), Buffer.from(name)]);
}

function isRefusal(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EACCES');
}

/** Runs what makes the next call possible. That call tells when it was in vain. */
function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing to add.
  }
}

/** Runs a step that the file system may refuse; then once more after its obstacles have been taken away. */
function insist(step: () => void, clearTheWay: () => void): void {
  try {
    step();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    attempt(clearTheWay);
    step();
  }
}

/** Lets entries of a directory be removed: no immutable flag, and its owner may write and enter. */
function loosenDirectory(descriptor: number): void {
  attempt(() => changeFileFlags(descriptor, 0, resistingFlags));
  attempt(() => chmodSync(`/proc/self/fd/${descriptor}`, 0o700));
}

function loosenEntry(parent: number, name: Name): void {
  loosenDirectory(parent);
  const status = lstatSync(entryPath(parent, name));
  // Devices are never opened: their drivers would notice. They cannot carry flags either.
  if (!status.isFile() && !status.isDirectory()) return;
  if (status.isDirectory()) attempt(() => openUp(parent, name));
  const descriptor = openat(parent, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  attempt(() => changeFileFlags(descriptor, 0, resistingFlags));
  closeSync(descriptor);
}

/** Gives the owner access to a directory that not even the owner may read. */
function openUp(parent: number, name: Name): void {
  const descriptor = openat(parent, name, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  attempt(() => chmodSync(`/proc/self/fd/${descriptor}`, 0o700));
  closeSync(descriptor);
}

/** What is mounted inside a tree belongs to somebody else: nothing of it may be deleted. */
function mountPoint(name: Name): Failure {
  const path = name.toString();
  const message = `${escapeText(path)}, in a tree to be removed, is a mount point. Unmount it and try again`;
  return new Failure('FileSystemError', message, { path, errorName: 'EBUSY' });
}

/**
 * Looks for mounts before anything is deleted. Destroying a subvolume would detach them, which for a tmpfs is the end of
 * what it holds. proc_pid_mountinfo(5): the fifth field is the mount point, with octal escapes.
 *
 * @throws Failure FileSystemError when something is mounted on the entry or in it
 */
export function refuseMounts(parent: number, name: Name): void {
  const place = `${readlinkSync(`/proc/self/fd/${parent}`)}/${name.toString()}`;
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const escaped = line.split(' ')[4] ?? '';
    const point = escaped.replace(/\\([0-7]{3})/g, (_all, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    if (point === place || point.startsWith(`${place}/`)) throw mountPoint(point);
  }
}

/**
 * Opens a directory in another one, but no link and no mount point.
 *
 * @param more flags of open(2)
 * @throws SystemError ELOOP or ENOTDIR for a link, EXDEV for a mount point, and others
 */
export function openBeneath(parent: number, name: Name, more = 0): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | more;
  return openat2(parent, name, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

function openToRemove(parent: number, name: Name): number {
  try {
    return openBeneath(parent, name);
  } catch (error) {
    if (hasCode(error, 'EXDEV')) throw mountPoint(name);
    throw error;
  }
}

/** Whether a subvolume could be removed at once; otherwise it has to be emptied like a directory first. */
function removedAsSubvolume(parent: number, name: Name): boolean {
  try {
    destroySubvolume(parent, name);
    return true;
  } catch (error) {
    // ENOTEMPTY: it holds others. EPERM, EACCES: a user without the mount option user_subvol_rm_allowed.
    if (hasCode(error, 'ENOTEMPTY') || isRefusal(error)) return false;
    throw error;
  }
}

/** A directory that is being emptied. */
interface Emptied {
  name: Name;
  isSubvolume: boolean;
  /** What is still in it. */
  entries: Name[];
}

/** Opens a directory to empty it; undefined when it was a subvolume, and all of it could be removed at once. */
function enter(chain: DirectoryChain, name: Name): Emptied | undefined {
  const parent = chain.current;
  let descriptor = -1;
  insist(
    () => (descriptor = openToRemove(parent, name)),
    () => openUp(parent, name),
  );
  try {
    const subvolume = isSubvolume(descriptor);
    if (subvolume) attempt(() => setSubvolumeReadOnly(descriptor, false));
    if (subvolume && removedAsSubvolume(parent, name)) {
      closeSync(descriptor);
      return undefined;
    }
    // Whoever is not root has to search it, for what is in it and for the way back.
    if ((fstatSync(descriptor).mode & 0o700) !== 0o700) attempt(() => fchmodSync(descriptor, 0o700));
    const entries = readdirSync(`/proc/self/fd/${descriptor}`, { encoding: 'buffer' });
    chain.push(descriptor);
    return { name, isSubvolume: subvolume, entries };
  } catch (error) {
    if (chain.current !== descriptor) closeSync(descriptor);
    throw error;
  }
}

/** Removes a directory that has been emptied. */
function removeEmptied(parent: number, { name, isSubvolume: subvolume }: Emptied): void {
  if (subvolume && removedAsSubvolume(parent, name)) return;
  insist(
    () => unlinkat(parent, name, AT_REMOVEDIR),
    () => loosenEntry(parent, name),
  );
}

function removeOther(parent: number, name: Name): void {
  insist(
    () => unlinkat(parent, name),
    () => loosenEntry(parent, name),
  );
}

function isDirectory(parent: number, name: Name): boolean {
  return lstatSync(entryPath(parent, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Removes an entry of an open directory, whatever it is: a file, a tree with immutable files and directories nobody may
 * enter, a read-only subvolume with others inside. What is gone already is not an error. Never follows links, and leaves
 * what is mounted somewhere inside alone.
 *
 * @throws Failure FileSystemError when something is mounted in it, SystemError or Error of node when it cannot be removed
 */
export function removeEntry(parent: number, name: Name): void {
  refuseMounts(parent, name);
  using chain = new DirectoryChain(parent);
  const emptied: Emptied[] = [];
  begin(chain, emptied, name);
  for (let directory = emptied.at(-1); directory !== undefined; directory = emptied.at(-1)) {
    const entry = directory.entries.pop();
    if (entry !== undefined) {
      begin(chain, emptied, entry);
      continue;
    }
    emptied.pop();
    chain.pop();
    const done = directory;
    unlessGone(() => removeEmptied(chain.current, done));
  }
}

/** Removes an entry of the current directory, or enters it when it is a directory that has to be emptied first. */
function begin(chain: DirectoryChain, emptied: Emptied[], name: Name): void {
  unlessGone(() => {
    if (!isDirectory(chain.current, name)) {
      removeOther(chain.current, name);
      return;
    }
    const directory = enter(chain, name);
    if (directory !== undefined) emptied.push(directory);
  });
}

function unlessGone(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** The bytes on disk that removing an entry frees, at most: hard links count once, shared extents count fully. */
export function allocatedBytes(parent: number, name: Name): number {
  using chain = new DirectoryChain(parent);
  const counter = new Counter();
  const levels: Name[][] = [[name]];
  for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
    const next = names.pop();
    const below = next === undefined ? undefined : counter.count(chain, next);
    if (below !== undefined) levels.push(below);
    if (next !== undefined) continue;
    levels.pop();
    if (levels.length > 0) chain.pop();
  }
  return counter.bytes;
}

class Counter {
  bytes = 0;
  readonly #seen = new Set<string>();

  /** Counts an entry of the current directory. Enters it when it is a directory, and gives back what is in it. */
  count(chain: DirectoryChain, name: Name): Name[] | undefined {
    const status = lstatSync(entryPath(chain.current, name), { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    if (status.isDirectory()) {
      this.bytes += status.blocks * 512;
      return enterToCount(chain, name);
    }
    const key = `${status.dev}:${status.ino}`;
    if (status.nlink > 1 && this.#seen.has(key)) return undefined;
    if (status.nlink > 1) this.#seen.add(key);
    this.bytes += status.blocks * 512;
    return undefined;
  }
}

/** A directory that its own owner may not read, or that is gone by now, can be removed, but not counted. */
function enterToCount(chain: DirectoryChain, name: Name): Name[] | undefined {
  let descriptor: number;
  try {
    descriptor = openToRemove(chain.current, name);
  } catch (error) {
    if (hasCode(error, 'EACCES', 'ENOENT')) return undefined;
    throw error;
  }
  chain.push(descriptor);
  return readdirSync(`/proc/self/fd/${descriptor}`, { encoding: 'buffer' });
}
