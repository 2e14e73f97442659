import { existsSync } from 'node:fs';
import { type AttributeHolder, getAttribute, listAttributes, removeAttribute } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { type ByteString, pathOf } from '../tar/byte-string.js';

/** An extended attribute, or an ACL in the kernel's form. */
export interface Attribute {
  name: ByteString;
  value: Buffer;
}

export const accessAcl = 'system.posix_acl_access';
export const defaultAclName = 'system.posix_acl_default';
const label = 'security.selinux';

/** Whether an attribute is one that only Ferry writes, such as the record of how a download was verified. */
export function isOwnAttribute(name: ByteString): boolean {
  return /^(user|trusted|security|system)\.ferry\./.test(name);
}

/**
 * Whether an attribute says where an image came from, when it was made or how it was verified. This is the one rule for what
 * comes in, in whichever way: on the root of a tree, on the root of every subvolume in it and on a disk such attributes are
 * dropped, for an archive, a directory or a file must not vouch for itself. Those that Ferry sets come afterwards.
 */
export function isOriginAttribute(name: ByteString): boolean {
  return isOwnAttribute(name) || /^user\.source_|^user\.crtime_usec$/.test(name);
}

/** What becomes of SELinux labels: `set` like others, `try`: without them where they cannot be set, `leave` out. */
export type Labels = 'set' | 'try' | 'leave';

/** What becomes of a label that comes from elsewhere, in an archive: it means something only where SELinux is on. */
export function foreignLabels(): Labels {
  return existsSync('/sys/fs/selinux/enforce') ? 'set' : 'leave';
}

/** What becomes of an attribute, of which `labels` says what becomes of labels. */
export function treatmentOf(name: ByteString, labels: Labels): Labels {
  return name === label ? labels : 'set';
}

/**
 * The names of the attributes that something has: none where the file system has no attributes.
 *
 * @throws SystemError
 */
export function attributeNames(holder: AttributeHolder): ByteString[] {
  try {
    return listAttributes(holder);
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return [];
    throw error;
  }
}

/** The attributes that something has, ACLs among them, less those that are left out. Each is read when it is asked for. */
export function attributesHeld(
  holder: AttributeHolder,
  isLeftOut?: (name: ByteString) => boolean,
): Iterable<Attribute> {
  const names = attributeNames(holder);
  return names.length === 0 ? [] : readAttributes(holder, isLeftOut ? names.filter((name) => !isLeftOut(name)) : names);
}

function* readAttributes(holder: AttributeHolder, names: readonly ByteString[]): Generator<Attribute> {
  for (const name of names) {
    const value = getAttribute(holder, pathOf(name));
    if (value !== undefined) yield { name, value };
  }
}

/** Removes an ACL and gives it back. A default one would be passed on to what is made in the directory. */
export function takeAcl(descriptor: number, name: string): Buffer | undefined {
  try {
    const acl = getAttribute(descriptor, name);
    if (acl !== undefined) removeAttribute(descriptor, name);
    return acl;
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return undefined;
    throw error;
  }
}
