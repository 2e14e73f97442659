import { constants, type Dirent, readdirSync } from 'node:fs';
import { getegid, geteuid } from 'node:process';
import { isSubvolume } from '../../../linux/btrfs.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { close, deviceNumber, linkat, mkdirat, mknodat, openat, readlinkat, symlinkat } from '../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';
import {
  type Attribute,
  accessAcl,
  attributesHeld,
  defaultAclName,
  isOriginAttribute,
  takeAcl,
} from '../../formats/metadata/attributes.js';
import { flagsOf, flagsToCopy, lockingFlags } from '../../formats/metadata/flags.js';
import { type Inode, NamedInode, OpenInode } from '../../formats/metadata/inode.js';
import { exact, type LossKeeper, type Subject } from '../../formats/metadata/losses.js';
import { type Creator, type FreshlyMade, MetadataWriter, withoutUmask } from '../../formats/metadata/writer.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';
import { type CopiedDirectory, CopiedLinks, Item, pathTo } from './copied-links.js';
import { ContentCopier } from './copy-content.js';
import { inSource, openSourceDirectory, reading } from './copy-source.js';
import { below, isDirectory, lossOf } from './kinds.js';
import { type Beneath, TargetDirectories, type TargetDirectory } from './target-directories.js';

export interface CopyTreeOptions {
  /** What the tree is copied over; undefined for an empty directory. */
  over?: Beneath | undefined;
  /** What to do where something cannot be kept; by default that is a failure. */
  losses?: LossKeeper;
  /** Called once for every entry, before it is copied, for progress and cancellation: it may throw. */
  onEntry?: (name: ByteString, status: FileStatus) => void;
}

const permissions = 0o7777;
const newDirectoryMode = 0o700;
const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const openFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const createFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** One directory of both trees, while it is being copied. */
interface Place extends CopiedDirectory, Subject {
  status: FileStatus;
  made: FreshlyMade;
  /** The owner of what is made here; undefined where that is not whom this process runs as (grpid, NFS). */
  owner: Creator | undefined;
  /** What is still to be copied. */
  entries: Dirent<Buffer>[];
}

/** The copying of one tree. */
class TreeCopy implements Disposable {
  private readonly losses: LossKeeper;
  private readonly metadata: MetadataWriter;
  private readonly content = new ContentCopier();
  private readonly creator: Creator = { user: geteuid?.() ?? 0, group: getegid?.() ?? 0 };
  private readonly links: CopiedLinks;
  /** The directories of both trees that are being copied, and what is to be known of them. */
  private readonly sources: DirectoryChain;
  private readonly targets: TargetDirectories;
  private readonly places: Place[] = [];

  constructor(
    source: number,
    private readonly targetRoot: number,
    private readonly options: CopyTreeOptions,
  ) {
    this.losses = options.losses ?? exact;
    // With SELinux a new file has a label already, without it only root may set one.
    this.metadata = new MetadataWriter(this.losses, 'try');
    this.links = new CopiedLinks(targetRoot);
    this.sources = new DirectoryChain(source);
    this.targets = new TargetDirectories(targetRoot);
  }

  run(): void {
    const { over } = this.options;
    if (over !== undefined) over.begin(this.targetRoot);
    // What the root passes on comes from where it was made; it does not belong to the image.
    else for (const acl of [defaultAclName, accessAcl]) takeAcl(this.targetRoot, acl);
    const mode = statusAt(this.targetRoot, '').mode & permissions;
    const root = { name: '', above: undefined, path: '', length: 0, status: statusAt(this.sources.current, '') };
    this.enter({ ...root, made: { mode, owner: undefined }, owner: this.ownerIn(this.targetRoot) });
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
    this.places.push(Object.assign(place, { entries: isMount ? [] : read().reverse() }));
  }

  /** Ends a directory all of whose entries have been copied, with what it says about itself. */
  private leave(place: Place): void {
    this.places.pop();
    const isRoot = this.places.length === 0;
    if (isRoot) this.links.finish();
    const [source, target] = [this.sources.current, this.targets.current];
    if (this.options.over?.leave(target) ?? true) this.describeDirectory(place, source, target, isRoot);
    if (isRoot) return;
    this.sources.pop();
    this.targets.pop();
  }

  private describeDirectory(place: Place, source: number, target: number, isRoot: boolean): void {
    const flags = flagsToCopy(flagsOf(source));
    const isOrigin = isRoot || isSubvolume(source) ? isOriginAttribute : () => false;
    const isLeftOut = (name: ByteString) => isOrigin(name) || this.options.over?.isLeftOut(name) === true;
    this.metadata.takeHint(target, place, flags);
    this.describe(new OpenInode(target), place, place.status, place.made, attributesHeld(source, isLeftOut));
    // The root still has to get its name.
    this.metadata.setFlags(target, place, isRoot ? flags & ~lockingFlags : flags);
  }

  private describe(
    inode: Inode,
    subject: Subject,
    status: FileStatus,
    made: FreshlyMade,
    attributes: Iterable<Attribute>,
  ): void {
    const { user, group, accessed, modified } = status;
    const mode = status.mode & permissions;
    this.metadata.describe(inode, subject, { user, group, mode, accessed, modified, attributes }, made);
  }

  /** Whom what this process makes in a directory belongs to. */
  private ownerIn(directory: number): Creator | undefined {
    const { user, group } = statusAt(directory, '');
    return user === this.creator.user && group === this.creator.group ? this.creator : undefined;
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
      else if (this.isLeftOut(name)) return;
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
    const { over } = this.options;
    const target = over === undefined ? this.newDirectory(name) : over.enter(this.targets.current, name);
    if (target === undefined) return;
    const { descriptor, mode, elsewhere } = target;
    this.targets.push(target);
    const source = reading(() => openSourceDirectory(this.sources.current, pathOf(name)));
    this.sources.push(source.descriptor);
    const item = elsewhere === undefined ? new Item(above, name) : this.itemElsewhere(elsewhere);
    const owner = this.ownerIn(descriptor);
    const made = { mode, owner };
    const before = elsewhere === undefined ? above.length + name.length : elsewhere.length;
    const length = elsewhere === '' ? 0 : before + 1;
    this.enter(Object.assign(item, { length, status, made, owner }), source.isMount);
  }

  private newDirectory(name: ByteString): TargetDirectory {
    const parent = this.targets.current;
    mkdirat(parent, pathOf(name), newDirectoryMode);
    const descriptor = openat(parent, pathOf(name), openDirectory);
    return { descriptor, mode: newDirectoryMode, elsewhere: undefined };
  }

  /** By its path from the root, as nothing else leads there. */
  private itemElsewhere(path: ByteString): Item {
    const [root] = this.places;
    return new Item(path === '' ? undefined : root, path);
  }

  /** Whether the entry is not to be copied. What stands in its place in the target is gone then, or makes way for it. */
  private isLeftOut(name: ByteString): boolean {
    return this.options.over?.makeWay(this.targets.current, name) === false;
  }

  private openedFile(place: Place, name: ByteString): void {
    const source = reading(() => openat(this.sources.current, pathOf(name), openFile));
    try {
      const status = statusAt(source, '');
      this.options.onEntry?.(name, status);
      if (this.isLeftOut(name)) return;
      if (!this.linked(name, status)) this.file(place, name, source, status);
    } finally {
      close(source);
    }
  }

  private file(place: Place, name: ByteString, source: number, status: FileStatus): void {
    const item = new Item(place, name);
    const flags = flagsToCopy(flagsOf(source));
    const mode = status.mode & 0o777;
    const target = openat(this.targets.current, pathOf(name), createFile, mode);
    try {
      this.metadata.takeHint(target, item, flags);
      this.content.copy(source, target, status);
      this.describe(new OpenInode(target), item, status, { mode, owner: place.owner }, this.attributesOf(source));
      this.metadata.setFlags(target, item, status.links > 1 ? flags & ~lockingFlags : flags);
      if (status.links > 1) this.lockLater(this.remember(place, name, status), item, flags & lockingFlags);
    } finally {
      close(target);
    }
  }

  private attributesOf(source: number): Iterable<Attribute> {
    const { over } = this.options;
    return attributesHeld(source, over === undefined ? undefined : (name) => over.isLeftOut(name));
  }

  /** Notes where the first of several names of a file is. */
  private remember(place: Place, name: ByteString, status: FileStatus): ByteString {
    return this.links.add(status.identity, place, this.targets.current, name);
  }

  /** Gives a file with several names the flags that would have kept it from getting these, once it has them. */
  private lockLater(path: ByteString, item: Item, locking: number): void {
    if (locking === 0) return;
    this.links.atEnd(path, (descriptor) => this.metadata.setFlags(descriptor, item, locking));
  }

  /** Symbolic links, devices, fifos and sockets: nothing that could be opened. */
  private special(place: Place, name: ByteString, status: FileStatus): void {
    const item = new Item(place, name);
    const path = pathOf(name);
    const source = this.sources.current;
    const target = this.targets.current;
    const isLink = (status.mode & constants.S_IFMT) === constants.S_IFLNK;
    const link = isLink ? reading(() => readlinkat(source, path)) : undefined;
    const make = () => {
      if (link !== undefined) symlinkat(link, target, path);
      else mknodat(target, path, status.mode, deviceNumber(status.major, status.minor));
    };
    if (!this.losses.attempt(lossOf(status), item, make)) return;
    if (status.links > 1) this.remember(place, name, status);
    const made = { mode: isLink ? undefined : status.mode & permissions, owner: place.owner };
    this.describe(new NamedInode(target, path), item, status, made, attributesHeld(below(source, name)));
  }
}

/**
 * Copies a tree into an empty directory, both open, as `cp -a --one-file-system` does, and more faithfully: data shared
 * where the file system can, holes, hard links, owners, modes, times to the nanosecond, all extended attributes, ACLs,
 * devices, fifos, sockets and flags of chattr(1). The root of the copy is never immutable, so that it can get its name.
 *
 * @throws Failure Corrupt when the tree changes meanwhile or has a file that says wrongly that it is empty, FileSystemError
 * when something in it cannot be read, InsufficientSpace, UnsupportedFormat when the file system cannot have a file of that
 * size; SystemError or Error of node when the copy cannot be written or the root cannot be read; what `onEntry` throws
 */
export function copyTree(source: number, target: number, options: CopyTreeOptions = {}): void {
  withoutUmask(() => {
    using copy = new TreeCopy(source, target, options);
    copy.run();
  });
}
