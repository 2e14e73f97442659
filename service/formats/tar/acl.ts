import {
  ACL_GROUP,
  ACL_GROUP_OBJ,
  ACL_MASK,
  ACL_OTHER,
  ACL_UNDEFINED_ID,
  ACL_USER,
  ACL_USER_OBJ,
  POSIX_ACL_XATTR_VERSION,
} from '../../../linux/headers/constants.js';
import { posix_acl_xattr_entry, posix_acl_xattr_header } from '../../../linux/headers/structs.js';
import type { ByteString } from './byte-string.js';

/**
 * POSIX ACLs: text as tar stores it (acl(5), "ACL TEXT FORMS"; star and libarchive add a fourth field with the numeric
 * id), bytes as the kernel stores it in `system.posix_acl_access` and `_default` (linux/posix_acl_xattr.h).
 */

const Tag = {
  userObject: ACL_USER_OBJ,
  user: ACL_USER,
  groupObject: ACL_GROUP_OBJ,
  group: ACL_GROUP,
  mask: ACL_MASK,
  other: ACL_OTHER,
} as const;
const headerSize = posix_acl_xattr_header.sizeof;
const { sizeof: entrySize, e_tag, e_perm, e_id } = posix_acl_xattr_entry;
/** As many as the kernel takes in one attribute of 64 KiB. */
const entriesMax = 8191;

export interface AclEntry {
  tag: number;
  /** Read 4, write 2, execute 1. */
  permissions: number;
  /** The user or group; undefined as long as only its name is known. */
  id: number | undefined;
  name: ByteString;
}

const kinds: Readonly<Record<string, { object: number; named: number }>> = {
  user: { object: Tag.userObject, named: Tag.user },
  u: { object: Tag.userObject, named: Tag.user },
  group: { object: Tag.groupObject, named: Tag.group },
  g: { object: Tag.groupObject, named: Tag.group },
  mask: { object: Tag.mask, named: 0 },
  m: { object: Tag.mask, named: 0 },
  other: { object: Tag.other, named: 0 },
  o: { object: Tag.other, named: 0 },
};

function parseEntry(line: ByteString): AclEntry | undefined {
  const fields = line.replace(/^(default|d):/, '').split(':');
  const kind = kinds[fields[0] ?? ''];
  // "other:r--" without the empty field is old but legal.
  const [name = '', permissions = '', number = ''] = fields.length === 2 ? ['', fields[1]] : fields.slice(1);
  if (kind === undefined || !/^[r-][w-][xX-]$/.test(permissions)) return undefined;
  const tag = name === '' ? kind.object : kind.named;
  if (tag === 0) return undefined;
  const digits = /^\d+$/.test(number) ? number : name;
  const numeric = /^\d+$/.test(digits) && Number(digits) < ACL_UNDEFINED_ID;
  return { tag, permissions: bits(permissions), id: name !== '' && numeric ? Number(digits) : undefined, name };
}

function bits(permissions: string): number {
  return (permissions[0] === 'r' ? 4 : 0) + (permissions[1] === 'w' ? 2 : 0) + (permissions[2] === '-' ? 0 : 1);
}

/** Entries separated by newlines or commas, with `#` comments; undefined when it is not an ACL. */
export function parseAcl(text: ByteString): AclEntry[] | undefined {
  const entries: AclEntry[] = [];
  for (const line of text.split(/[\n,]/)) {
    const bare = line.replace(/#.*$/, '').trim();
    if (bare === '') continue;
    const entry = parseEntry(bare);
    if (entry === undefined || entries.length === entriesMax) return undefined;
    entries.push(entry);
  }
  return entries;
}

/** Whether owner, group and others each have the one entry that the kernel demands, and the mask no more than one. */
export function isComplete(entries: readonly AclEntry[]): boolean {
  const count = (wanted: number) => entries.filter(({ tag }) => tag === wanted).length;
  return [Tag.userObject, Tag.groupObject, Tag.other].every((tag) => count(tag) === 1) && count(Tag.mask) <= 1;
}

/** Whether the ACL says no more than the mode does. */
export function isMinimal(entries: readonly AclEntry[]): boolean {
  return entries.every(({ tag }) => tag === Tag.userObject || tag === Tag.groupObject || tag === Tag.other);
}

/** The mask that named entries need where a text has none: what the group class may at most (acl_calc_mask(3)). */
function withMask(entries: readonly AclEntry[]): readonly AclEntry[] {
  if (isMinimal(entries) || entries.some(({ tag }) => tag === Tag.mask)) return entries;
  const groupClass = entries.filter(({ tag }) => tag === Tag.user || tag === Tag.groupObject || tag === Tag.group);
  const permissions = groupClass.reduce((all, entry) => all | entry.permissions, 0);
  return [...entries, { tag: Tag.mask, permissions, id: undefined, name: '' }];
}

/** The kernel's form, sorted as it demands. Every named entry has its id by now. */
export function encodeAcl(entries: readonly AclEntry[]): Buffer {
  const sorted = [...withMask(entries)].sort((a, b) => a.tag - b.tag || (a.id ?? 0) - (b.id ?? 0));
  const bytes = Buffer.alloc(headerSize + sorted.length * entrySize);
  bytes.writeUInt32LE(POSIX_ACL_XATTR_VERSION, posix_acl_xattr_header.a_version);
  sorted.forEach(({ tag, permissions, id }, index) => {
    const at = headerSize + index * entrySize;
    bytes.writeUInt16LE(tag, at + e_tag);
    bytes.writeUInt16LE(permissions, at + e_perm);
    bytes.writeUInt32LE(id ?? ACL_UNDEFINED_ID, at + e_id);
  });
  return bytes;
}

const words = new Map<number, string>([
  [Tag.userObject, 'user'],
  [Tag.user, 'user'],
  [Tag.groupObject, 'group'],
  [Tag.group, 'group'],
  [Tag.mask, 'mask'],
  [Tag.other, 'other'],
]);

/** The text form of the kernel's bytes, with numeric ids; undefined when they are not an ACL. */
export function formatAcl(bytes: Buffer): ByteString | undefined {
  if (bytes.length < headerSize || (bytes.length - headerSize) % entrySize !== 0) return undefined;
  if (bytes.readUInt32LE(posix_acl_xattr_header.a_version) !== POSIX_ACL_XATTR_VERSION) return undefined;
  const lines: string[] = [];
  for (let at: number = headerSize; at < bytes.length; at += entrySize) {
    const tag = bytes.readUInt16LE(at + e_tag);
    const permissions = bytes.readUInt16LE(at + e_perm);
    const word = words.get(tag);
    if (word === undefined) return undefined;
    const id = tag === Tag.user || tag === Tag.group ? bytes.readUInt32LE(at + e_id) : '';
    lines.push(`${word}:${id}:${letters(permissions)}`);
  }
  return lines.join('\n');
}

/** What the kernel's bytes allow the owning group, within the mask, as bits of a mode; nothing when they are not an ACL. */
export function groupPermissions(bytes: Buffer): number {
  let [group, mask] = [0, 0o7];
  for (let at: number = headerSize; at + entrySize <= bytes.length; at += entrySize) {
    const [tag, permissions] = [bytes.readUInt16LE(at + e_tag), bytes.readUInt16LE(at + e_perm)];
    if (tag === Tag.groupObject) group = permissions;
    if (tag === Tag.mask) mask = permissions;
  }
  return group & mask & 0o7;
}

function letters(permissions: number): string {
  return `${permissions & 4 ? 'r' : '-'}${permissions & 2 ? 'w' : '-'}${permissions & 1 ? 'x' : '-'}`;
}

/** Whether an entry names a user or a group (true: a user) whose number has yet to be found. */
export function unresolved(entry: AclEntry): boolean {
  return entry.id === undefined && (entry.tag === Tag.user || entry.tag === Tag.group);
}

export function namesUser(entry: AclEntry): boolean {
  return entry.tag === Tag.user;
}
