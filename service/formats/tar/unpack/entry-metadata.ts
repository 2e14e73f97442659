import { type FileStatus, statusAt } from '../../../../linux/status.js';
import { type Attribute, accessAcl, defaultAclName, isOriginAttribute } from '../../metadata/attributes.js';
import { readFlags } from '../../metadata/flags.js';
import { type Inode, OpenInode } from '../../metadata/inode.js';
import type { LossCounter } from '../../metadata/losses.js';
import type { Creator, FreshlyMade, MetadataWriter } from '../../metadata/writer.js';
import { type AclEntry, encodeAcl, isComplete, isMinimal, parseAcl, unresolved } from '../acl.js';
import type { ByteString } from '../byte-string.js';
import type { Entry } from '../entry.js';

/** An ACL whose users or groups are known by name only, to be set when the image's own lists of them are there. */
export interface NamedAcl {
  entry: Entry;
  attribute: ByteString;
  acl: AclEntry[];
}

/** Sets what an archive says of its entries. */
export class EntryMetadata {
  /** By attribute and path, so that what a later entry replaces is dropped. */
  readonly #namedAcls = new Map<ByteString, NamedAcl>();
  readonly #losses: LossCounter;
  readonly #creator: Creator;
  readonly #writer: MetadataWriter;

  constructor(losses: LossCounter, creator: Creator, writer: MetadataWriter) {
    this.#losses = losses;
    this.#creator = creator;
    this.#writer = writer;
  }

  /** Whether nothing but the time has to be set on a file that was created with the entry's permissions. */
  isPlain(entry: Entry): boolean {
    return (
      entry.user === this.#creator.user &&
      entry.group === this.#creator.group &&
      (entry.mode & 0o7000) === 0 &&
      entry.attributes.length === 0 &&
      entry.accessAcl === undefined &&
      entry.defaultAcl === undefined
    );
  }

  /**
   * Sets all of an entry's metadata but its flags.
   *
   * @throws SystemError when something cannot be set for another reason than that the kernel cannot store it
   */
  apply(inode: Inode, entry: Entry, made: FreshlyMade): void {
    const { user, group, mode, modified } = entry;
    const attributes = this.#attributes(entry);
    this.#writer.describe(inode, entry, { user, group, mode, accessed: modified, modified, attributes }, made);
  }

  /** Sets no more than the time of an entry. */
  setTime(inode: Inode, entry: Entry): void {
    this.#writer.setTimes(inode, entry, { accessed: entry.modified, modified: entry.modified });
  }

  /** Gives an open file what is known of itself from before, or of a file that it is a copy of. */
  restore(descriptor: number, entry: Entry, known: FileStatus, attributes: Iterable<Attribute>): void {
    const { user, group, accessed, modified } = known;
    const now = statusAt(descriptor, '');
    const wanted = { user, group, mode: known.mode & 0o7777, accessed, modified, attributes };
    const made = { mode: now.mode & 0o7777, owner: { user: now.user, group: now.group } };
    this.#writer.describe(new OpenInode(descriptor), entry, wanted, made);
  }

  #attributes(entry: Entry): Attribute[] {
    const attributes: Attribute[] = [];
    if (entry.accessAcl !== undefined) attributes.push(...this.#acl(entry, accessAcl, entry.accessAcl));
    if (entry.defaultAcl !== undefined) attributes.push(...this.#acl(entry, defaultAclName, entry.defaultAcl));
    attributes.push(...entry.attributes.filter(({ name }) => isWanted(entry, name)));
    return attributes;
  }

  #acl(entry: Entry, attribute: ByteString, text: ByteString): Attribute[] {
    const acl = parseAcl(text);
    if (acl?.length === 0 || (attribute === accessAcl && acl !== undefined && isMinimal(acl))) return [];
    // The kernel takes none without these, and a default one on directories only (acl(5)).
    if (acl === undefined || !isComplete(acl) || (attribute === defaultAclName && entry.type !== 'directory')) {
      this.#losses.count('attributes', entry, 'ACL');
      return [];
    }
    if (!acl.some(unresolved)) return [{ name: attribute, value: encodeAcl(acl) }];
    this.#namedAcls.set(`${attribute} ${entry.path}`, { entry, attribute, acl });
    return [];
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
  setAttribute(inode: Inode, entry: Entry, attribute: Attribute): void {
    this.#writer.setAttribute(inode, entry, attribute);
  }

  /** Counts a part of an ACL as lost: entries for names that nobody knows. */
  loseAclOf(entry: Entry, name: ByteString): void {
    this.#losses.count('attributes', entry, `ACL entry for ${name}`);
  }

  /** Sets inode flags, which file systems differ in. Before there is any content. */
  flags(descriptor: number, entry: Entry): void {
    const { flags, unknown } = readFlags(entry.fileFlags ?? '');
    for (const name of unknown) this.#losses.count('flags', entry, name);
    this.#writer.takeHint(descriptor, entry, flags);
    this.#writer.setFlags(descriptor, entry, flags);
  }
}

/** Whether an attribute is set as the archive has it: an ACL is not where its text was there too. */
function isWanted(entry: Entry, name: ByteString): boolean {
  if (entry.path === '' && isOriginAttribute(name)) return false;
  if (name === accessAcl) return entry.accessAcl === undefined;
  return name !== defaultAclName || entry.defaultAcl === undefined;
}
