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
  timestamp,
  unlinkat,
} from '../../../../linux/files.js';
import { accessAcl, defaultAclName, takeAcl } from '../../metadata/attributes.js';
import { OpenInode } from '../../metadata/inode.js';
import type { Creator } from '../../metadata/writer.js';
import { type ByteString, display, pathOf } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import { type Entry, merged } from '../entry.js';
import { nameOf, parentOf } from '../paths.js';
import type { Directory } from './directory.js';
import type { EntryMetadata } from './entry-metadata.js';
import { FollowedLinks } from './followed-links.js';
import { disposable, isDirectory, openable } from './opening.js';
import { refusal } from './refusal.js';

const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const beneathFlags = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
const newMode = 0o700;
const implicitMode = 0o755;
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
  readonly #links = new FollowedLinks(
    (path) => (path === '' ? this.root : this.#keep(this.#existing(path))).descriptor,
  );
  #last: Directory;

  constructor(root: number, creator: Creator, metadata: EntryMetadata) {
    this.#creator = creator;
    this.#metadata = metadata;
    this.root = this.#reopened('', root);
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
  at(path: ByteString, entry: Entry): Directory {
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
      if (this.#links.leadsToDirectory(entry.path)) return undefined;
      this.#metadata.forget(entry.path);
      // Following the link may have closed it.
      parent = this.at(above, entry);
      unlinkat(parent.descriptor, name);
      this.#links.forget();
      mkdirat(parent.descriptor, name, mode);
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

  /** Drops what is about to be removed: a directory, or something that may be a link. */
  forget(path: ByteString): void {
    this.#links.forget();
    this.#close(path);
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
  #makeWithParents(path: ByteString, entry: Entry): Directory {
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

  #make(path: ByteString, entry: Entry): Directory {
    const parent = this.at(parentOf(path), entry);
    mkdirat(parent.descriptor, pathOf(nameOf(path)), implicitMode);
    return this.#fresh(path, parent, implicitMode);
  }

  #fresh(path: ByteString, parent: Directory, mode: number): Directory {
    const descriptor = openat(parent.descriptor, pathOf(nameOf(path)), openDirectory);
    return { path, descriptor, entry: undefined, owner: parent.owner && this.#creator, mode, restore: undefined };
  }

  /** Opens a directory that was left, or was there before; undefined when there is nothing of that name. */
  #reopen(path: ByteString, entry: Entry): Directory | undefined {
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
      return this.#reopened(path, openat2(this.root.descriptor, pathOf(path), openDirectory, beneathFlags));
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
      const directory = this.#reopened(path, unlocked);
      if (directory.restore !== undefined) directory.restore.mode = mode;
      return directory;
    } finally {
      close(location);
    }
  }

  #reopened(path: ByteString, descriptor: number): Directory {
    const stat = fstatSync(descriptor, { bigint: true });
    const mode = Number(stat.mode) & 0o7777;
    // Its owner may have been locked out for good: then writing needs a right that only root has.
    const quiet = (mode & ~0o2000) | newMode;
    if (quiet !== mode) fchmod(descriptor, quiet);
    const defaultAcl = takeAcl(descriptor, defaultAclName);
    const group = Number(stat.gid);
    // Some mounts (grpid) hand a directory's group on; then the owner of what is made here has to be set.
    const owner = group === this.#creator.group ? this.#creator : undefined;
    const restore = { mode, modified: timestamp(stat.mtimeNs), defaultAcl };
    return { path, descriptor, entry: undefined, owner, mode: quiet, restore };
  }

  #leave(directory: Directory): void {
    this.#apply(directory);
    this.#close(directory.path);
  }

  #apply(directory: Directory): void {
    const { entry, restore, descriptor } = directory;
    const inode = new OpenInode(descriptor);
    try {
      if (restore?.defaultAcl) inode.setAttribute(defaultAclName, restore.defaultAcl);
      if (entry !== undefined) {
        // Its owner is known only where it was made here just now.
        const owner = restore === undefined && directory !== this.root ? directory.owner : undefined;
        this.#metadata.flags(descriptor, entry);
        this.#metadata.apply(inode, entry, { mode: directory.mode, owner });
      } else if (restore !== undefined) {
        if (restore.mode !== directory.mode) inode.changeMode(restore.mode);
        inode.setTimes(restore.modified, restore.modified);
      }
    } catch (error) {
      throw refusal(error, directory.path, this.root.descriptor);
    }
  }
}
