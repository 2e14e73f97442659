import { readFileSync } from 'node:fs';
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from '../headers/constants.js';
import { statx as statxOffsets } from '../headers/structs.js';
import { checked, native } from '../native.js';

/**
 * Owners of what is in trees, in a process whose user namespace has its own user as root and beside that only the foreign UID range,
 * as systemd-nsresourced makes it. On disk such a tree belongs to that range; what is said of it here, in archives and by the
 * wrappers of this library, is as in the container: from 0 on. Whether that is so belongs to the process, like its umask.
 */

/** The first of the UIDs and GIDs that systemd keeps for trees that several users' containers may have (systemd's UIDS-GIDS page). */
export const foreignFirst = 0x7ffe0000;
/** How many there are. */
export const foreignCount = 0x10000;

const STATX_UID = 0x8;
/** An owner that chown leaves as it is ((uid_t) -1). */
const keepOwner = 0xffffffff;
/** An owner that no user namespace maps: setting it fails with EINVAL, as it does for any that is not mapped. */
const noOwner = 0xfffffffe;

const fchownat = native<number>(
  'int fchownat(int directory, const char *path, uint32_t user, uint32_t group, int flags)',
);
const statx = native<number>('int statx(int directory, const char *path, int flags, unsigned int mask, void *result)');
const status = Buffer.alloc(statxOffsets.sizeof);

let inUse = false;

/** Whether an id is one of the foreign UID range. */
export function isForeign(id: number): boolean {
  return id >= foreignFirst && id < foreignFirst + foreignCount;
}

/** Whether a map of user_namespaces(7) has one's own user as root and the foreign UID range as it is. */
export function mapsForeignOwners(map: string): boolean {
  const lines = map.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const has = (first: number, outside: number | undefined, count: number) =>
    lines.some((line) => line[0] === first && (outside === undefined || line[1] === outside) && line[2] === count);
  return has(0, undefined, 1) && has(foreignFirst, foreignFirst, foreignCount);
}

/** Begins to say owners as they are in the container, if the user namespace of this process is one for that. */
export function useForeignOwners(): void {
  inUse = mapsForeignOwners(readFileSync('/proc/self/uid_map', 'latin1'));
}

/** Whether trees belong to the foreign UID range here. */
export function hasForeignOwners(): boolean {
  return inUse;
}

/** What chown(2) has to be told. */
export function toDisk(id: number): number {
  if (!inUse || id === keepOwner) return id;
  return id < foreignCount ? foreignFirst + id : noOwner;
}

/** The owner in the container, of what stat(2) has told. */
export function fromDisk(id: number): number {
  return inUse && isForeign(id) ? id - foreignFirst : id;
}

/** The directory that the last component of a path is in, as a path from the same directory. */
function above(path: string | Buffer): string {
  const text = typeof path === 'string' ? path : path.toString('latin1');
  const end = text.lastIndexOf('/');
  return end < 0 ? '' : text.slice(0, end);
}

function ownerOf(directory: number, path: string): number | undefined {
  const failed = statx(directory, path, AT_EMPTY_PATH, STATX_UID, status) < 0;
  return failed ? undefined : status.readUInt32LE(statxOffsets.stx_uid);
}

/**
 * Gives what was just made in a directory of the range to its root: it belongs to the process otherwise, whom nothing in the
 * container is. `path` is as the system call got it. Gives back the result of chown(2), 0 if there is nothing to do.
 */
export function giveToTree(directory: number, path: string | Buffer): number {
  const owner = inUse ? ownerOf(directory, above(path)) : undefined;
  if (owner === undefined || !isForeign(owner)) return 0;
  return fchownat(directory, path, foreignFirst, foreignFirst, AT_SYMLINK_NOFOLLOW);
}

/**
 * Makes an open, empty directory the root of a tree of the range, where trees belong to that.
 *
 * @throws SystemError
 */
export function beginTree(descriptor: number): void {
  if (inUse) checked('fchownat', fchownat(descriptor, '', foreignFirst, foreignFirst, AT_EMPTY_PATH));
}

/** Of posix_acl_xattr_header and its entries (linux/posix_acl_xattr.h): a version of 32 bits, then tag, permissions and id. */
const acl = { header: 4, entry: 8, id: 4, namedUser: 0x02, namedGroup: 0x08 };
/** Of vfs_ns_cap_data (linux/capability.h): revision 2 has no user whose namespace it is for, revision 3 has at the end. */
const capability = { length2: 20, length3: 24, revision2: 0x02000000, revision3: 0x03000000, revisions: 0xff000000 };

function withIds(value: Buffer, change: (id: number) => number): Buffer {
  const changed = Buffer.from(value);
  for (let at = acl.header; at + acl.entry <= changed.length; at += acl.entry) {
    const tag = changed.readUInt16LE(at);
    if (tag !== acl.namedUser && tag !== acl.namedGroup) continue;
    changed.writeUInt32LE(change(changed.readUInt32LE(at + acl.id)) >>> 0, at + acl.id);
  }
  return changed;
}

function revisionOf(value: Buffer): number {
  return value.length < 4 ? 0 : (value.readUInt32LE(0) & capability.revisions) >>> 0;
}

function withRevision(value: Buffer, revision: number, length: number): Buffer {
  const changed = Buffer.alloc(length);
  value.copy(changed, 0, 0, Math.min(value.length, length));
  changed.writeUInt32LE(((value.readUInt32LE(0) & ~capability.revisions) | revision) >>> 0, 0);
  return changed;
}

function isAcl(name: string): boolean {
  return name === 'system.posix_acl_access' || name === 'system.posix_acl_default';
}

/** What setxattr(2) has to be told: ids in access control lists, and whose capabilities a file has. */
export function attributeToDisk(name: string, value: Buffer): Buffer {
  if (!inUse) return value;
  if (isAcl(name)) return withIds(value, toDisk);
  if (name !== 'security.capability') return value;
  const revision = revisionOf(value);
  if (revision === capability.revision2 && value.length === capability.length2) {
    const changed = withRevision(value, capability.revision3, capability.length3);
    changed.writeUInt32LE(foreignFirst, capability.length2);
    return changed;
  }
  if (revision !== capability.revision3 || value.length !== capability.length3) return value;
  const changed = Buffer.from(value);
  changed.writeUInt32LE(toDisk(value.readUInt32LE(capability.length2)) >>> 0, capability.length2);
  return changed;
}

/** The value in the container, of what getxattr(2) has told. */
export function attributeFromDisk(name: string, value: Buffer): Buffer {
  if (!inUse) return value;
  if (isAcl(name)) return withIds(value, fromDisk);
  if (name !== 'security.capability' || revisionOf(value) !== capability.revision3) return value;
  if (value.length !== capability.length3) return value;
  const root = fromDisk(value.readUInt32LE(capability.length2));
  if (root === 0) return withRevision(value, capability.revision2, capability.length2);
  const changed = Buffer.from(value);
  changed.writeUInt32LE(root >>> 0, capability.length2);
  return changed;
}
