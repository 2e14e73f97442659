import { constants, type Dirent, readdirSync } from 'node:fs';
import { getegid, geteuid } from 'node:process';
import { ACCESS_ACL, DEFAULT_ACL } from '../stages/tree/acl.js';
import { type ByteString, pathOf } from '../stages/tree/byteString.js';
import { withoutUmask } from '../stages/tree/umask.js';
import { removeAttribute } from '../system/attributes.js';
import { hasCode } from '../system/call.js';
import {
  AT_SYMLINK_NOFOLLOW,
  close,
  deviceNumber,
  fchmod,
  fchmodat,
  fchown,
  fchownat,
  futimens,
  linkat,
  mkdirat,
  mknodat,
  openat,
  type Path,
  readlinkat,
  symlinkat,
  utimensat,
} from '../system/files.js';
import { type FileStatus, statusAt } from '../system/status.js';
import { ContentCopier } from './copyContent.js';
import {
  copyAttributes,
  copyNoCopyOnWrite,
  flagsOf,
  flagsToCopy,
  type LossKeeper,
  setFlags,
  strict,
} from './copyMetadata.js';
import { openBeneath } from './removeTree.js';

export interface CopyTreeOptions {
  /** Attributes of the root directory that the copy does not get. */
  dropRootAttribute?: (name: string) => boolean;
  /** What to do where something cannot be kept; by default that is a failure. */
  losses?: LossKeeper;
  /** Called once for every entry, before it is copied, for progress and cancellation: it may throw. */
  onEntry?: (name: ByteString, status: FileStatus) => void;
}

const permissions = 0o7777;
const nothingDropped = () => false;
const setIdBits = 0o6000;
const newDirectoryMode = 0o700;
const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const openFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const createFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** One directory of both trees. */
interface Place {
  source: number;
  target: number;
  /** The path below the target's root, ending with a slash unless it is empty. */
  path: ByteString;
  /** Whether what is made here belongs to whom this process runs as: with some mounts (grpid, NFS) it does not. */
  own: boolean;
}

/** What a copy is like before it is described. */
interface Fresh {
  descriptor: number;
  mode: number;
  own: boolean;
}

/** The copying of one tree. Entries are numbered for the counting of losses. */
class TreeCopy {
  private entry = 0;
  private readonly losses: LossKeeper;
  private readonly content = new ContentCopier();
  private readonly user = geteuid?.() ?? 0;
  private readonly group = getegid?.() ?? 0;
  /** Where the first of several links to a file went. */
  private readonly links = new Map<string, ByteString>();
  /** Files with several names that must not be locked before they have all of them. */
  private readonly unlocked: { path: ByteString; flags: number; entry: number }[] = [];

  constructor(
    private readonly targetRoot: number,
    private readonly options: CopyTreeOptions,
  ) {
    this.losses = options.losses ?? strict;
  }

  root(source: number): void {
    const target = this.targetRoot;
    // What the root passes on comes from where it was made; it is no part of the image.
    for (const acl of [DEFAULT_ACL, ACCESS_ACL]) forgetAcl(target, acl);
    const mode = statusAt(target, '').mode & permissions;
    const place = { source, target, path: '', own: this.isOwn(target) };
    this.directory(place, statusAt(source, ''), { descriptor: target, mode, own: false }, true);
    this.lock();
  }

  /** Copies all of a directory's entries, and then what it says about itself. */
  private directory(place: Place, status: FileStatus, fresh: Fresh, isRoot: boolean): void {
    const path = `/proc/self/fd/${place.source}`;
    for (const child of readdirSync(path, { encoding: 'buffer', withFileTypes: true })) {
      this.child(place, child.name.toString('latin1'), child);
    }
    this.describe(place.source, fresh, status, isRoot, this.entry++, flagsOf(place.source));
  }

  /** Owner first (it clears set-id bits and capabilities), then mode, attributes, times, and flags, which may lock it. */
  private describe(
    source: number,
    { descriptor, own, mode: current }: Fresh,
    status: FileStatus,
    isRoot: boolean,
    entry: number,
    flags: number,
  ): void {
    const drop = (isRoot ? this.options.dropRootAttribute : undefined) ?? nothingDropped;
    const kept = this.own(status, own, entry, () => fchown(descriptor, status.user, status.group));
    const mode = this.mode(status, kept, entry);
    if (mode !== current) fchmod(descriptor, mode);
    copyAttributes(source, descriptor, drop, this.losses, entry);
    futimens(descriptor, status.accessed, status.modified);
    const isLinked = !isDirectory(status) && status.links > 1;
    setFlags(descriptor, flagsToCopy(flags, !isRoot && !isLinked), this.losses, entry);
  }

  private lockLater(path: ByteString, flags: number, entry: number): void {
    const locking = flagsToCopy(flags, true);
    if (locking !== flagsToCopy(flags, false)) this.unlocked.push({ path, flags: locking, entry });
  }

  /** Gives files with several names the flags that would have kept them from getting these. */
  private lock(): void {
    for (const { path, flags, entry } of this.unlocked) {
      const descriptor = openat(this.targetRoot, pathOf(path), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        setFlags(descriptor, flags, this.losses, entry);
      } finally {
        close(descriptor);
      }
    }
  }

  /** Whether what this process makes in a directory is its own. */
  private isOwn(directory: number): boolean {
    const { user, group } = statusAt(directory, '');
    return user === this.user && group === this.group;
  }

  /** Whether the copy, `own` or not until now, belongs to the owner of the original. */
  private own(status: FileStatus, own: boolean, entry: number, change: () => void): boolean {
    if (own && status.user === this.user && status.group === this.group) return true;
    return this.losses.attempt('owners', entry, change);
  }

  /** With another owner, set-user-id and set-group-id would give away other rights than they were meant to. */
  private mode(status: FileStatus, kept: boolean, entry: number): number {
    const mode = status.mode & permissions;
    if (kept || (mode & setIdBits) === 0) return mode;
    this.losses.count('modes', entry);
    return mode & ~setIdBits;
  }

  private child(place: Place, name: ByteString, kind: Dirent<Buffer>): void {
    if (kind.isFile()) this.openedFile(place, name);
    else {
      const status = statusAt(place.source, pathOf(name));
      this.options.onEntry?.(name, status);
      if (isDirectory(status)) this.subdirectory(place, name, status);
      else if (!this.linked(place, name, status)) this.special(place, name, status);
    }
  }

  /** Whether the entry is a further link to something copied before; if not, it is remembered as the first. */
  private linked(place: Place, name: ByteString, status: FileStatus): boolean {
    if (status.links < 2) return false;
    const first = this.links.get(status.identity);
    if (first === undefined) {
      this.links.set(status.identity, place.path + name);
      return false;
    }
    linkat(this.targetRoot, pathOf(first), place.target, pathOf(name));
    return true;
  }

  private subdirectory(place: Place, name: ByteString, status: FileStatus): void {
    mkdirat(place.target, pathOf(name), newDirectoryMode);
    const source = openSourceDirectory(place.source, pathOf(name));
    const target = openat(place.target, pathOf(name), openDirectory);
    try {
      const fresh = { descriptor: target, mode: newDirectoryMode, own: this.isOwn(target) };
      const below = { source: source.descriptor, target, path: `${place.path}${name}/`, own: fresh.own };
      if (!source.isMount) this.directory(below, status, fresh, false);
      else this.describe(source.descriptor, fresh, status, false, this.entry++, flagsOf(source.descriptor));
    } finally {
      close(target);
      close(source.descriptor);
    }
  }

  private openedFile(place: Place, name: ByteString): void {
    const source = openat(place.source, pathOf(name), openFile);
    try {
      const status = statusAt(source, '');
      this.options.onEntry?.(name, status);
      if (!this.linked(place, name, status)) this.file(place, name, source, status);
    } finally {
      close(source);
    }
  }

  private file(place: Place, name: ByteString, source: number, status: FileStatus): void {
    const entry = this.entry++;
    const flags = flagsOf(source);
    const mode = status.mode & 0o777;
    const target = openat(place.target, pathOf(name), createFile, mode);
    try {
      copyNoCopyOnWrite(flags, target);
      this.content.copy(source, target, status);
      this.describe(source, { descriptor: target, mode, own: place.own }, status, false, entry, flags);
      if (status.links > 1) this.lockLater(place.path + name, flags, entry);
    } finally {
      close(target);
    }
  }

  /** Symbolic links, devices, fifos and sockets: nothing that could be opened. */
  private special(place: Place, name: ByteString, status: FileStatus): void {
    const entry = this.entry++;
    const path = pathOf(name);
    const isLink = (status.mode & constants.S_IFMT) === constants.S_IFLNK;
    const make = () => mknodat(place.target, path, status.mode, deviceNumber(status.major, status.minor));
    if (isLink) symlinkat(readlinkat(place.source, path), place.target, path);
    else if (!this.losses.attempt('devices', entry, make)) return;
    const change = () => fchownat(place.target, path, status.user, status.group, AT_SYMLINK_NOFOLLOW);
    const kept = this.own(status, place.own, entry, change);
    if (!isLink) fchmodat(place.target, path, this.mode(status, kept, entry));
    copyAttributes(below(place.source, name), below(place.target, name), nothingDropped, this.losses, entry);
    utimensat(place.target, path, status.accessed, status.modified, AT_SYMLINK_NOFOLLOW);
  }
}

function isDirectory({ mode }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFDIR;
}

/** There is no listxattrat(2) before Linux 6.13. */
function below(directory: number, name: ByteString): Path {
  return Buffer.from(`/proc/self/fd/${directory}/${name}\0`, 'latin1');
}

function forgetAcl(descriptor: number, name: string): void {
  try {
    removeAttribute(descriptor, name);
  } catch (error) {
    if (!hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) throw error;
  }
}

/** A directory of the source. What is mounted on it does not belong to the tree: then only the directory itself counts. */
function openSourceDirectory(parent: number, name: Path): { descriptor: number; isMount: boolean } {
  try {
    return { descriptor: openBeneath(parent, name), isMount: false };
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    return { descriptor: openat(parent, name, openDirectory), isMount: true };
  }
}

/**
 * Copies a tree into an empty directory, both open, as `cp -a --one-file-system` does, and more faithfully: data shared
 * where the file system can, holes, hard links, owners, modes, times to the nanosecond, all extended attributes, ACLs,
 * devices, fifos, sockets and flags of chattr(1). The root of the copy is never immutable, so that it can get its name.
 * Throws SystemError.
 */
export function copyTree(source: number, target: number, options: CopyTreeOptions = {}): void {
  withoutUmask(() => new TreeCopy(target, options).root(source));
}
