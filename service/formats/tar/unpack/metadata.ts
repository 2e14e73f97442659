import { changeFileFlags, FileFlag } from '../../../../linux/attributes.js';
import { keepOwner } from '../../../../linux/files.js';
import {
  type AclEntry,
  accessAcl,
  defaultAclName,
  encodeAcl,
  isComplete,
  isMinimal,
  parseAcl,
  unresolved,
} from '../acl.js';
import { type ByteString, pathOf } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import { type Attribute, type Entry, isOwner } from '../entry.js';
import { isOriginAttribute } from '../root-attributes.js';
import type { Inode } from './inode.js';
import type { LossCounter } from './losses.js';

/** Owner of what this process creates. */
export interface Creator {
  user: number;
  group: number;
}

/** An ACL whose users or groups are known by name only, to be set when the image's own lists of them are there. */
export interface NamedAcl {
  entry: Entry;
  attribute: ByteString;
  acl: AclEntry[];
}

const setIdBits = 0o6000;

/** File flags that systemd keeps too; immutable and append-only would make the image hard to remove. */
const flagNames = new Map<string, number>([
  ['nodump', FileFlag.noDump],
  ['noatime', FileFlag.noAccessTime],
  ['nocow', FileFlag.noCopyOnWrite],
  ['projinherit', FileFlag.projectInherit],
  ['sync', FileFlag.sync],
  ['dirsync', FileFlag.directorySync],
]);

/** Sets owners, modes, attributes and times as the archive has them, in the order that the kernel's side effects demand. */
export class MetadataWriter {
  /** By attribute and path, so that what a later entry replaces is dropped. */
  readonly #namedAcls = new Map<ByteString, NamedAcl>();
  readonly #losses: LossCounter;
  readonly #selinux: boolean;
  readonly #creator: Creator;

  constructor(losses: LossCounter, creator: Creator, selinux: boolean) {
    this.#losses = losses;
    this.#creator = creator;
    this.#selinux = selinux;
  }

  /** Whether nothing but the time has to be set on a file that was created with the entry's permissions. */
  isPlain(entry: Entry): boolean {
    return (
      entry.user === this.#creator.user &&
      entry.group === this.#creator.group &&
      (entry.mode & 0o7000) === 0 &&
      entry.attributes.length === 0 &&
      entry.accessAcl === null &&
      entry.defaultAcl === null
    );
  }

  /**
   * Sets all of an entry's metadata. `current` is what is known of it: the mode, and the owner unless that is uncertain.
   * The owner comes first because chown(2) clears set-id bits and capabilities; the time last. `mode` null leaves it.
   */
  apply(inode: Inode, entry: Entry, current: { mode: number | null; owner: Creator | null }): void {
    const kept = this.#owner(inode, entry, current.owner);
    let { mode } = entry;
    if (!kept && (mode & setIdBits) !== 0) {
      // A program that runs as whoever unpacked it is not what the archive meant.
      mode &= ~setIdBits;
      this.#losses.count('modes', entry.offset);
    }
    const special = (mode & 0o7000) !== 0;
    if (current.mode !== null && (mode !== current.mode || special)) inode.changeMode(mode);
    if (entry.accessAcl !== null) this.#acl(inode, entry, accessAcl, entry.accessAcl);
    if (entry.defaultAcl !== null) this.#acl(inode, entry, defaultAclName, entry.defaultAcl);
    for (const attribute of entry.attributes) this.#attribute(inode, entry, attribute);
    inode.setModified(entry.modified);
  }

  /** Gives back whether the owner is the entry's now. */
  #owner(inode: Inode, entry: Entry, current: Creator | null): boolean {
    const user = isOwner(entry.user) ? entry.user : keepOwner;
    const group = isOwner(entry.group) ? entry.group : keepOwner;
    const known = user !== keepOwner && group !== keepOwner;
    if (!known) this.#losses.count('owners', entry.offset);
    if (current !== null && user === current.user && group === current.group) return true;
    const done = this.#losses.attempt('owners', entry.offset, () => inode.changeOwner(user, group));
    return done && known;
  }

  #acl(inode: Inode, entry: Entry, attribute: ByteString, text: ByteString): void {
    const acl = parseAcl(text);
    if (acl === null) throw corruptArchive('has an ACL that cannot be read', entry.offset, entry.path);
    if (acl.length === 0 || (attribute === accessAcl && isMinimal(acl))) return;
    if (!isComplete(acl))
      throw corruptArchive(
        'has an ACL without exactly one entry each for its owner, its group and others',
        entry.offset,
        entry.path,
      );
    if (attribute === defaultAclName && entry.type !== 'directory')
      throw corruptArchive('has an ACL for what is made in it, though it is not a directory', entry.offset, entry.path);
    if (acl.some(unresolved)) this.#namedAcls.set(`${attribute} ${entry.path}`, { entry, attribute, acl });
    else this.setAttribute(inode, entry, attribute, encodeAcl(acl));
  }

  #attribute(inode: Inode, entry: Entry, { name, value }: Attribute): void {
    if (name === 'security.selinux' && !this.#selinux) return;
    if (entry.path === '' && isOriginAttribute(name)) return;
    if (name === accessAcl && entry.accessAcl !== null) return;
    if (name === defaultAclName && entry.defaultAcl !== null) return;
    this.setAttribute(inode, entry, name, value);
  }

  /** How many ACLs wait for `takeNamedAcls`. */
  get waiting(): number {
    return this.#namedAcls.size;
  }

  /** Gives out the ACLs that are still to be set, once. */
  takeNamedAcls(): NamedAcl[] {
    const acls = [...this.#namedAcls.values()];
    this.#namedAcls.clear();
    return acls;
  }

  /** What had this path is being replaced. */
  forget(path: ByteString): void {
    for (const attribute of [accessAcl, defaultAclName]) this.#namedAcls.delete(`${attribute} ${path}`);
  }

  /** Sets one attribute, or counts it as lost. */
  setAttribute(inode: Inode, entry: Entry, name: ByteString, value: Buffer): void {
    this.#losses.attempt('attributes', entry.offset, () => inode.setAttribute(pathOf(name), value));
  }

  /** Counts an ACL as lost whose names nobody knows. Gives back whether that may be. */
  loseAcl(entry: Entry): boolean {
    if (this.#losses.lenient) this.#losses.count('attributes', entry.offset);
    return this.#losses.lenient;
  }

  /** Sets inode flags, which file systems differ in: what is not supported is counted and no failure. Before any data: nocow. */
  flags(descriptor: number, entry: Entry): void {
    let set = 0;
    for (const name of (entry.fileFlags ?? '').split(',')) set |= flagNames.get(name) ?? 0;
    if (set === 0) return;
    try {
      changeFileFlags(descriptor, set, 0);
    } catch {
      this.#losses.count('flags', entry.offset);
    }
  }
}
