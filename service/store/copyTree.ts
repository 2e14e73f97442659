import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, readdirSync } from 'node:fs';
import { cloneOrCopy, copySparse } from '../stages/disk/copy.js';
import { hasCode } from '../system/call.js';
import {
  AT_SYMLINK_NOFOLLOW,
  fchmod,
  fchmodat,
  fchown,
  fchownat,
  futimens,
  linkat,
  mkdirat,
  mknodat,
  openat,
  readlinkat,
  symlinkat,
  timestamp,
  utimensat,
} from '../system/files.js';
import { copyAttributes, copyNoCopyOnWrite, flagsToCopy, type LossKeeper, setFlags, strict } from './copyMetadata.js';
import { openBeneath } from './removeTree.js';

export interface CopyTreeOptions {
  /** Attributes of the root directory that the copy does not get. */
  dropRootAttribute?: (name: string) => boolean;
  /** What to do where something cannot be kept; by default that is a failure. */
  losses?: LossKeeper;
  /** Called once for every entry, before it is copied, for progress and cancellation: it may throw. */
  onEntry?: (name: Buffer, status: BigIntStats) => void;
}

const permissions = 0o7777;
const nothingDropped = () => false;
const setIdBits = 0o6000;

/** One directory of both trees. */
interface Place {
  source: number;
  target: number;
  /** The path below the target's root, ending with a slash unless it is empty. */
  path: Buffer;
}

/** The copying of one tree. Entries are numbered for the counting of losses. */
class TreeCopy {
  private entry = 0;
  private sharing = true;
  private readonly losses: LossKeeper;
  /** Where the first of several links to a file went. */
  private readonly links = new Map<string, Buffer>();
  /** Files with several names that must not be locked before they have all of them. */
  private readonly unlocked: { path: Buffer; flags: number; entry: number }[] = [];

  constructor(
    private readonly targetRoot: number,
    private readonly options: CopyTreeOptions,
  ) {
    this.losses = options.losses ?? strict;
  }

  /** Copies all of a directory's entries, and then what it says about itself. */
  directory(place: Place, status: BigIntStats, isRoot: boolean): void {
    for (const name of readdirSync(`/proc/self/fd/${place.source}`, { encoding: 'buffer' })) this.child(place, name);
    const entry = this.entry++;
    this.describe(place.source, place.target, status, isRoot, entry);
  }

  /** Owner first (it clears set-id bits and capabilities), then mode, attributes, times, and flags, which may lock it. */
  private describe(source: number, target: number, status: BigIntStats, isRoot: boolean, entry: number): void {
    const drop = (isRoot ? this.options.dropRootAttribute : undefined) ?? nothingDropped;
    const change = () => fchown(target, Number(status.uid), Number(status.gid));
    const kept = this.own(change, entry);
    fchmod(target, this.mode(status, kept, entry));
    copyAttributes(source, target, drop, this.losses, entry);
    futimens(target, timestamp(status.atimeNs), timestamp(status.mtimeNs));
    const isLinked = status.isFile() && status.nlink > 1n;
    setFlags(target, flagsToCopy(source, !isRoot && !isLinked), this.losses, entry);
  }

  private lockLater(path: Buffer, source: number, entry: number): void {
    const flags = flagsToCopy(source, true);
    if (flags !== flagsToCopy(source, false)) this.unlocked.push({ path, flags, entry });
  }

  /** Gives files with several names the flags that would have kept them from getting these. */
  lock(): void {
    for (const { path, flags, entry } of this.unlocked) {
      const descriptor = openat(this.targetRoot, path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        setFlags(descriptor, flags, this.losses, entry);
      } finally {
        closeSync(descriptor);
      }
    }
  }

  /** Whether the copy belongs to the owner of the original. */
  private own(change: () => void, entry: number): boolean {
    return this.losses.attempt('owners', entry, change);
  }

  /** With another owner, set-user-id and set-group-id would give away other rights than they were meant to. */
  private mode(status: BigIntStats, kept: boolean, entry: number): number {
    const mode = Number(status.mode) & permissions;
    if (kept || (mode & setIdBits) === 0) return mode;
    this.losses.count('modes', entry);
    return mode & ~setIdBits;
  }

  private child(place: Place, name: Buffer): void {
    const path = Buffer.concat([Buffer.from(`/proc/self/fd/${place.source}/`), name]);
    const status = lstatSync(path, { bigint: true });
    this.options.onEntry?.(name, status);
    if (status.isDirectory()) this.subdirectory(place, name, status);
    else if (!this.linked(place, name, status)) this.other(place, name, status);
  }

  private other(place: Place, name: Buffer, status: BigIntStats): void {
    if (status.isFile()) this.file(place, name);
    else this.special(place, name, status);
    if (status.nlink > 1n) this.links.set(`${status.dev}:${status.ino}`, Buffer.concat([place.path, name]));
  }

  /** Whether the entry is a further link to something copied before. */
  private linked(place: Place, name: Buffer, status: BigIntStats): boolean {
    const first = status.nlink > 1n ? this.links.get(`${status.dev}:${status.ino}`) : undefined;
    if (first === undefined) return false;
    linkat(this.targetRoot, first, place.target, name);
    return true;
  }

  private subdirectory(place: Place, name: Buffer, status: BigIntStats): void {
    mkdirat(place.target, name, 0o700);
    const source = openSourceDirectory(place.source, name);
    const target = openat(place.target, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      const path = Buffer.concat([place.path, name, Buffer.from('/')]);
      if (source.isMount) this.describe(source.descriptor, target, status, false, this.entry++);
      else this.directory({ source: source.descriptor, target, path }, status, false);
    } finally {
      closeSync(target);
      closeSync(source.descriptor);
    }
  }

  private file(place: Place, name: Buffer): void {
    const entry = this.entry++;
    const source = openat(place.source, name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    let target: number | null = null;
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      target = openat(place.target, name, flags, 0o600);
      const status = fstatSync(source, { bigint: true });
      copyNoCopyOnWrite(source, target);
      if (status.size > 0n) this.contents(source, target);
      this.describe(source, target, status, false, entry);
      if (status.nlink > 1n) this.lockLater(Buffer.concat([place.path, name]), source, entry);
    } finally {
      if (target !== null) closeSync(target);
      closeSync(source);
    }
  }

  /** Once two files could not share blocks, the others cannot either. */
  private contents(source: number, target: number): void {
    if (this.sharing) this.sharing = cloneOrCopy(source, target).cloned;
    else copySparse(source, target);
  }

  /** Symbolic links, devices, fifos and sockets: nothing that could be opened. */
  private special(place: Place, name: Buffer, status: BigIntStats): void {
    const entry = this.entry++;
    const make = () => mknodat(place.target, name, Number(status.mode), BigInt(status.rdev));
    if (status.isSymbolicLink()) symlinkat(readlinkat(place.source, name), place.target, name);
    else if (!this.losses.attempt('devices', entry, make)) return;
    const change = () => fchownat(place.target, name, Number(status.uid), Number(status.gid), AT_SYMLINK_NOFOLLOW);
    const kept = this.own(change, entry);
    if (!status.isSymbolicLink()) fchmodat(place.target, name, this.mode(status, kept, entry));
    const path = (directory: number) => Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]);
    copyAttributes(path(place.source), path(place.target), nothingDropped, this.losses, entry);
    utimensat(place.target, name, timestamp(status.atimeNs), timestamp(status.mtimeNs), AT_SYMLINK_NOFOLLOW);
  }
}

/** A directory of the source. What is mounted on it does not belong to the tree: then only the directory itself counts. */
function openSourceDirectory(parent: number, name: Buffer): { descriptor: number; isMount: boolean } {
  try {
    return { descriptor: openBeneath(parent, name), isMount: false };
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    return { descriptor: openat(parent, name, flags), isMount: true };
  }
}

/**
 * Copies a tree into an empty directory, both open, as `cp -a --one-file-system` does, and more faithfully: data shared
 * where the file system can, holes, hard links, owners, modes, times to the nanosecond, all extended attributes, ACLs,
 * devices, fifos, sockets and flags of chattr(1). The root of the copy is never immutable, so that it can get its name.
 * Throws SystemError.
 */
export function copyTree(source: number, target: number, options: CopyTreeOptions = {}): void {
  const copy = new TreeCopy(target, options);
  copy.directory({ source, target, path: Buffer.alloc(0) }, fstatSync(source, { bigint: true }), true);
  copy.lock();
}
