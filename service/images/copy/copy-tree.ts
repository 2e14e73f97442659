import { constants, type Dirent, readdirSync } from 'node:fs';
import { getegid, geteuid } from 'node:process';
import { removeAttribute } from '../../../linux/attributes.js';
import { isSubvolume } from '../../../linux/btrfs.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { hasCode } from '../../../linux/errno.js';
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
} from '../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';
import { accessAcl, defaultAclName } from '../../formats/tar/acl.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';
import { withoutUmask } from '../../formats/tar/unpack/umask.js';
import { type CopiedDirectory, CopiedLinks, pathTo } from './copied-links.js';
import { ContentCopier } from './copy-content.js';
import {
  copyAttributes,
  copyNoCopyOnWrite,
  flagsOf,
  flagsToCopy,
  type LossKeeper,
  setFlags,
  strict,
} from './copy-metadata.js';
import { inSource, openSourceDirectory, reading } from './copy-source.js';

export interface CopyTreeOptions {
  /** Attributes of the root directory, and of the roots of subvolumes, that the copy does not get. */
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

/** One directory of both trees, while it is being copied. */
interface Place extends CopiedDirectory {
  status: FileStatus;
  fresh: Omit<Fresh, 'descriptor'>;
  /** Whether what is made here belongs to whom this process runs as: with some mounts (grpid, NFS) it does not. */
  own: boolean;
  /** What is still to be copied. */
  entries: Dirent<Buffer>[];
}

/** What a copy is like before it is described. */
interface Fresh {
  descriptor: number;
  mode: number;
  own: boolean;
}

/** The copying of one tree. Entries are numbered for the counting of losses. */
class TreeCopy implements Disposable {
  private entry = 0;
  private readonly losses: LossKeeper;
  private readonly content = new ContentCopier();
  private readonly user = geteuid?.() ?? 0;
  private readonly group = getegid?.() ?? 0;
  private readonly links: CopiedLinks;
  /** The directories of both trees that are being copied, and what is to be known of them. */
  private readonly sources: DirectoryChain;
  private readonly targets: DirectoryChain;
  private readonly places: Place[] = [];

  constructor(
    source: number,
    private readonly targetRoot: number,
    private readonly options: CopyTreeOptions,
  ) {
    this.losses = options.losses ?? strict;
    this.links = new CopiedLinks(targetRoot);
    this.sources = new DirectoryChain(source);
    this.targets = new DirectoryChain(targetRoot);
  }

  run(): void {
    // What the root passes on comes from where it was made; it is no part of the image.
    for (const acl of [defaultAclName, accessAcl]) forgetAcl(this.targetRoot, acl);
    const mode = statusAt(this.targetRoot, '').mode & permissions;
    const root = { name: '', above: undefined, length: 0, status: statusAt(this.sources.current, '') };
    this.enter({ ...root, fresh: { mode, own: false }, own: this.isOwn(this.targetRoot) });
    for (let place = this.places.at(-1); place !== undefined; place = this.places.at(-1)) {
      const entry = place.entries.pop();
      if (entry === undefined) this.leave(place);
      else this.guarded(place, entry.name.toString('latin1'), entry);
    }
  }

  [Symbol.dispose](): void {
    this.sources[Symbol.dispose]();
    this.targets[Symbol.dispose]();
  }

  /** Begins with the directory that both chains have come to. */
  private enter(place: Omit<Place, 'entries'>, isMount = false): void {
    const read = () =>
      readdirSync(`/proc/self/fd/${this.sources.current}`, { encoding: 'buffer', withFileTypes: true });
    this.places.push({ ...place, entries: isMount ? [] : read().reverse() });
  }

  /** Ends a directory all of whose entries have been copied, with what it says about itself. */
  private leave({ status, fresh }: Place): void {
    this.places.pop();
    const isRoot = this.places.length === 0;
    if (isRoot) this.links.finish();
    const [source, descriptor] = [this.sources.current, this.targets.current];
    this.describe(source, { ...fresh, descriptor }, status, isRoot, this.entry++, flagsOf(source));
    if (isRoot) return;
    this.sources.pop();
    this.targets.pop();
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
    const isAnyRoot = isRoot || (isDirectory(status) && isSubvolume(source));
    const drop = (isAnyRoot && this.options.dropRootAttribute) || nothingDropped;
    const kept = this.own(status, own, entry, () => fchown(descriptor, status.user, status.group));
    const mode = this.mode(status, kept, entry);
    if (mode !== current) fchmod(descriptor, mode);
    copyAttributes(source, descriptor, drop, this.losses, entry);
    futimens(descriptor, status.accessed, status.modified);
    const isLinked = !isDirectory(status) && status.links > 1;
    setFlags(descriptor, flagsToCopy(flags, !isRoot && !isLinked), this.losses, entry);
  }

  /** Gives a file with several names the flags that would have kept it from getting these, once it has them. */
  private lockLater(path: ByteString, flags: number, entry: number): void {
    const locking = flagsToCopy(flags, true);
    if (locking === flagsToCopy(flags, false)) return;
    this.links.atEnd(path, (descriptor) => setFlags(descriptor, locking, this.losses, entry));
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

  /** What cannot be read is told by its path in the source: the name of the copy says nothing about it. */
  private guarded(place: Place, name: ByteString, kind: Dirent<Buffer>): void {
    try {
      this.child(place, name, kind);
    } catch (error) {
      throw inSource(error, () => pathTo(place) + name, this.targetRoot);
    }
  }

  private child(place: Place, name: ByteString, kind: Dirent<Buffer>): void {
    if (kind.isFile()) this.openedFile(place, name);
    else {
      const status = reading(() => statusAt(this.sources.current, pathOf(name)));
      this.options.onEntry?.(name, status);
      if (isDirectory(status)) this.subdirectory(place, name, status);
      else if (!this.linked(name, status)) this.special(place, name, status);
    }
  }

  /** Whether the entry is a further link to something copied before. */
  private linked(name: ByteString, status: FileStatus): boolean {
    const first = status.links < 2 ? undefined : this.links.find(status.identity);
    if (first === undefined) return false;
    linkat(this.targetRoot, pathOf(first), this.targets.current, pathOf(name));
    return true;
  }

  private subdirectory(above: Place, name: ByteString, status: FileStatus): void {
    mkdirat(this.targets.current, pathOf(name), newDirectoryMode);
    const source = reading(() => openSourceDirectory(this.sources.current, pathOf(name)));
    this.sources.push(source.descriptor);
    this.targets.push(openat(this.targets.current, pathOf(name), openDirectory));
    const own = this.isOwn(this.targets.current);
    const fresh = { mode: newDirectoryMode, own };
    this.enter({ name, above, length: above.length + name.length + 1, status, fresh, own }, source.isMount);
  }

  /** Notes where the first of several names of a file is. */
  private remember(place: Place, name: ByteString, status: FileStatus): ByteString {
    return this.links.add(status.identity, place, this.targets.current, name);
  }

  private openedFile(place: Place, name: ByteString): void {
    const source = reading(() => openat(this.sources.current, pathOf(name), openFile));
    try {
      const status = statusAt(source, '');
      this.options.onEntry?.(name, status);
      if (!this.linked(name, status)) this.file(place, name, source, status);
    } finally {
      close(source);
    }
  }

  private file(place: Place, name: ByteString, source: number, status: FileStatus): void {
    const entry = this.entry++;
    const flags = flagsOf(source);
    const mode = status.mode & 0o777;
    const target = openat(this.targets.current, pathOf(name), createFile, mode);
    try {
      copyNoCopyOnWrite(flags, target);
      this.content.copy(source, target, status);
      this.describe(source, { descriptor: target, mode, own: place.own }, status, false, entry, flags);
      if (status.links > 1) this.lockLater(this.remember(place, name, status), flags, entry);
    } finally {
      close(target);
    }
  }

  /** Symbolic links, devices, fifos and sockets: nothing that could be opened. */
  private special(place: Place, name: ByteString, status: FileStatus): void {
    const entry = this.entry++;
    const path = pathOf(name);
    const source = this.sources.current;
    const target = this.targets.current;
    const isLink = (status.mode & constants.S_IFMT) === constants.S_IFLNK;
    const make = () => mknodat(target, path, status.mode, deviceNumber(status.major, status.minor));
    if (isLink) symlinkat(readlinkat(source, path), target, path);
    else if (!this.losses.attempt('devices', entry, make)) return;
    if (status.links > 1) this.remember(place, name, status);
    const change = () => fchownat(target, path, status.user, status.group, AT_SYMLINK_NOFOLLOW);
    const kept = this.own(status, place.own, entry, change);
    if (!isLink) fchmodat(target, path, this.mode(status, kept, entry));
    copyAttributes(below(source, name), below(target, name), nothingDropped, this.losses, entry);
    utimensat(target, path, status.accessed, status.modified, AT_SYMLINK_NOFOLLOW);
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

/**
 * Copies a tree into an empty directory, both open, as `cp -a --one-file-system` does, and more faithfully: data shared
 * where the file system can, holes, hard links, owners, modes, times to the nanosecond, all extended attributes, ACLs,
 * devices, fifos, sockets and flags of chattr(1). The root of the copy is never immutable, so that it can get its name.
 * Throws SystemError.
 */
export function copyTree(source: number, target: number, options: CopyTreeOptions = {}): void {
  withoutUmask(() => {
    using copy = new TreeCopy(source, target, options);
    copy.run();
  });
}
