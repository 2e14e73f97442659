import { constants, fstatSync } from 'node:fs';
import { hasCode } from '../../../../linux/errno.js';
import {
  AT_FDCWD,
  close,
  fchmod,
  mkdirat,
  O_PATH,
  openat,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  unlinkat,
} from '../../../../linux/files.js';
import { accessAcl, takeAcl } from '../../metadata/attributes.js';
import type { Creator } from '../../metadata/writer.js';
import { type ByteString, display, pathOf } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import { type Entry, merged } from '../entry.js';
import { nameOf, parentOf } from '../paths.js';
import { type Directory, finishDirectory, inheritGroup, newMode, reopened } from './directory.js';
import type { EntryMetadata } from './entry-metadata.js';
import { FollowedLinks } from './followed-links.js';
import type { LayerNotes } from './layer-notes.js';
import { disposable, isDirectory, type Kind, kindBeneath, openable } from './opening.js';
import { refusal } from './refusal.js';

const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const beneathFlags = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
const implicitMode = 0o755;
/** What is being put into place, for messages. */
type Place = Pick<Entry, 'path' | 'offset'>;

/** Enough for the path to where the archive is and some around it: archives go depth first, nearly always. */
const openMax = 64;

/**
 * The directories beneath a root that are open just now, found by path. Each is resolved by the kernel, beneath the root
 * and without following any link, and only directories are kept, which nothing but `forget` and a removal replaces: so
 * the memory of them cannot be fooled. A path through links of the archive is replaced by the one that they lead to within the root.
 * Those not used for longest are finished first, so memory stays flat.
 *
 * While open, a directory passes nothing on to what is made in it: default ACLs and the set-group-id bit are set last.
 */
export class OpenDirectories implements Disposable {
  readonly root: Directory;
  readonly #rootMode: number;
  readonly #creator: Creator;
  readonly #metadata: EntryMetadata;
  readonly #open = new Map<ByteString, Directory>();
  readonly #layer: LayerNotes | undefined;
  readonly #links: FollowedLinks;
  #last: Directory;

  /** `layer`: of a layer, where directories are noted that it says nothing of. */
  constructor(root: number, creator: Creator, metadata: EntryMetadata, layer?: LayerNotes) {
    this.#creator = creator;
    this.#metadata = metadata;
    this.#layer = layer;
    const open = (path: ByteString) => (path === '' ? this.root : this.#keep(this.#existing(path))).descriptor;
    this.#links = new FollowedLinks(open, { dangling: layer !== undefined });
    this.root = reopened('', root, creator);
    const mode = this.root.restore?.mode ?? this.root.mode;
    // What the root passed on to children came from where it was made; it is not part of the image.
    this.#rootMode = mode & ~0o2000;
    this.root.restore = undefined;
    takeAcl(root, accessAcl);
    this.#last = this.root;
  }

  /**
   * Opens a directory, and makes it where it is missing. Its path is another one where links lead to it.
   *
   * @throws Failure Corrupt when something else is in the way, FileSystemError or InsufficientSpace when one that is left
   * for it cannot be finished, SystemError or Error of node when it cannot be opened or made
   */
  at(path: ByteString, entry: Place): Directory {
    if (path === this.#last.path) return this.#last;
    if (path === '') return this.root;
    let found = this.#open.get(path);
    if (found === undefined) found = this.#reopen(path, entry) ?? this.#makeWithParents(path, entry);
    return found === this.root ? found : this.#keep(found);
  }

  /**
   * Makes or merges the directory of an entry. What stands in the way and is not a directory is replaced, unless it is a link to one:
   * that stays, and what the entry says is not for where it leads, as with dpkg and GNU tar's --keep-directory-symlink.
   */
  enter(entry: Entry): void {
    const { path } = entry;
    if (path === '') {
      this.root.entry = merged(this.root.entry, entry);
      return;
    }
    const known = this.#open.get(path);
    const directory = known ?? this.#enterNew(entry);
    if (directory === undefined) return;
    directory.entry = merged(directory.entry, entry);
    this.#layer?.placed(path);
    this.#keep(directory);
  }

  /** Undefined where a link to a directory stays. */
  #enterNew(entry: Entry): Directory | undefined {
    const above = parentOf(entry.path);
    let parent = this.at(above, entry);
    const name = pathOf(nameOf(entry.path));
    const mode = (entry.mode & 0o777) | newMode;
    try {
      mkdirat(parent.descriptor, name, mode);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
      if (isDirectory(parent.descriptor, name)) return this.at(entry.path, entry);
      if (this.#layer === undefined && this.#links.leadsToDirectory(entry.path)) return undefined;
      this.#metadata.forget(entry.path);
      // Following the link may have closed it.
      parent = this.at(above, entry);
      unlinkat(parent.descriptor, name);
      this.#links.forget();
      mkdirat(parent.descriptor, name, mode);
      this.#layer?.replacedByDirectory(entry);
    }
    return this.#fresh(entry.path, parent, mode);
  }

  /** Finds the directory of a hard link's target, to which nothing is done. Calls back with a descriptor of it. */
  find<Result>(path: ByteString, entry: Entry, use: (descriptor: number) => Result): Result {
    const known = path === '' ? this.root : this.#open.get(path);
    if (known !== undefined) return use(known.descriptor);
    try {
      const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
      using found = disposable(openat2(this.root.descriptor, pathOf(path), flags, beneathFlags));
      if (this.#creator.user === 0) return use(found.descriptor);
    } catch (error) {
      if (hasCode(error, 'ENOTDIR', 'ELOOP', 'EXDEV')) {
        const real = this.#links.follow(path);
        if (real === undefined) throw error;
        return this.find(real, entry, use);
      }
      if (!hasCode(error, 'EACCES')) throw error;
    }
    // Whoever is not root may have to unlock it first.
    return use(this.at(path, entry).descriptor);
  }

  /** The path of a directory without the links in it, whether it is there or not. */
  real(path: ByteString): ByteString {
    return this.#open.has(path) ? path : (this.#links.follow(path) ?? path);
  }

  /** What is there of that path, no link in it being followed. */
  kindOf(path: ByteString): Kind {
    if (path === '') return 'directory';
    try {
      return kindBeneath(this.root.descriptor, pathOf(path));
    } catch (error) {
      if (!hasCode(error, 'EACCES')) throw error;
      // A user other than root has to unlock what is above it.
      this.#keep(this.#existing(parentOf(path)));
      return kindBeneath(this.root.descriptor, pathOf(path));
    }
  }

  /** Drops what is about to be removed: a directory and what is in it, or something that may be a link. */
  forget(path: ByteString): void {
    this.#links.forget();
    for (const open of [...this.#open.keys()]) if (open === path || open.startsWith(`${path}/`)) this.#close(open);
  }

  #close(path: ByteString): void {
    const directory = this.#open.get(path);
    if (directory === undefined) return;
    this.#open.delete(path);
    if (this.#last === directory) this.#last = this.root;
    close(directory.descriptor);
  }

  /** Leaves all directories: sets their metadata, that of the root last. */
  finish(): void {
    for (const directory of [...this.#open.values()].reverse()) this.#leave(directory);
    this.#apply(this.root);
    if (this.root.entry === undefined && this.root.mode !== this.#rootMode)
      fchmod(this.root.descriptor, this.#rootMode);
  }

  /** Closes what is open, after a failure, without setting anything. */
  [Symbol.dispose](): void {
    for (const path of [...this.#open.keys()]) this.#close(path);
  }

  #keep(directory: Directory): Directory {
    this.#open.delete(directory.path);
    this.#open.set(directory.path, directory);
    this.#last = directory;
    if (this.#open.size > openMax) {
      const [oldest] = this.#open.values();
      if (oldest !== undefined) this.#leave(oldest);
    }
    return directory;
  }

  /** Makes a directory, after those above it that are missing, of which there may be two thousand. */
  #makeWithParents(path: ByteString, entry: Place): Directory {
    const missing: ByteString[] = [];
    for (let above = parentOf(path); above !== '' && !this.#open.has(above); above = parentOf(above)) {
      const found = this.#reopen(above, entry);
      if (found !== undefined) {
        this.#keep(found);
        break;
      }
      missing.push(above);
    }
    for (const above of missing.reverse()) this.#keep(this.#make(above, entry));
    return this.#make(path, entry);
  }

  #make(path: ByteString, entry: Place): Directory {
    const parent = this.at(parentOf(path), entry);
    mkdirat(parent.descriptor, pathOf(nameOf(path)), implicitMode);
    const made = this.#fresh(path, parent, implicitMode);
    if (this.#layer === undefined) return made;
    this.#layer.madeFor(path, entry);
    return inheritGroup(made, parent);
  }

  #fresh(path: ByteString, parent: Directory, mode: number): Directory {
    const descriptor = openat(parent.descriptor, pathOf(nameOf(path)), openDirectory);
    return { path, descriptor, entry: undefined, owner: parent.owner && this.#creator, mode, restore: undefined };
  }

  /** Opens a directory that was left, or was there before; undefined when there is nothing of that name. */
  #reopen(path: ByteString, entry: Place): Directory | undefined {
    const known = this.#links.known(path);
    if (known !== undefined) return this.at(known, entry);
    try {
      return this.#existing(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      if (!hasCode(error, 'ENOTDIR', 'ELOOP', 'EXDEV')) throw error;
    }
    const real = this.#links.follow(path);
    if (real !== undefined) return this.at(real, entry);
    const reason = `lies below '${display(path)}', which is neither a directory nor a link to one in the image`;
    throw corruptArchive(reason, entry.offset, entry.path);
  }

  /** Opens a directory to which no link leads. */
  #existing(path: ByteString): Directory {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    try {
      return reopened(path, openat2(this.root.descriptor, pathOf(path), openDirectory, beneathFlags), this.#creator);
    } catch (error) {
      if (!hasCode(error, 'EACCES')) throw error;
      return this.#unlock(path);
    }
  }

  /** Opens a directory whose final mode, or that of one above it, locks out its own, unprivileged owner. */
  #unlock(path: ByteString): Directory {
    let directory = this.root;
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      const above = path.slice(0, end);
      directory = this.#keep(this.#open.get(above) ?? this.#unlockIn(directory, above));
    }
    return this.#unlockIn(directory, path);
  }

  #unlockIn(parent: Directory, path: ByteString): Directory {
    const location = openat(parent.descriptor, pathOf(nameOf(path)), O_PATH | openDirectory);
    try {
      const mode = fstatSync(location).mode & 0o7777;
      const unlocked = openat(AT_FDCWD, openable(location, mode | newMode), openDirectory & ~constants.O_NOFOLLOW);
      const directory = reopened(path, unlocked, this.#creator);
      if (directory.restore !== undefined) directory.restore.mode = mode;
      return directory;
    } finally {
      close(location);
    }
  }

  #leave(directory: Directory): void {
    this.#apply(directory);
    this.#close(directory.path);
  }

  #apply(directory: Directory): void {
    try {
      finishDirectory(directory, directory === this.root, this.#metadata);
    } catch (error) {
      throw refusal(error, directory.path, this.root.descriptor);
    }
  }
}
