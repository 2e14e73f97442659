import { type AttributeHolder, getAttribute } from '../../../../linux/attributes.js';
import { accessAcl, attributeNames, defaultAclName, isOriginAttribute } from '../../metadata/attributes.js';
import { flagNames, flagsOf } from '../../metadata/flags.js';
import { formatAcl } from '../acl.js';
import { type ByteString, pathOf } from '../byte-string.js';
import type { PaxRecord } from './encode.js';

/** How attributes are packed. */
interface AttributePacking {
  /** Whether they are those of the root of a tree: where that came from stays here. */
  readonly isRoot: boolean;
  /** Whether ACLs are packed in the kernel's form as well: programs for OCI layers read no other. */
  readonly aclsTwice: boolean;
}

/** Extended attributes and ACLs as records for an extended header, sorted by name. */
export function attributeRecords(holder: AttributeHolder, { isRoot, aclsTwice }: AttributePacking): PaxRecord[] {
  const names = attributeNames(holder);
  if (names.length === 0) return [];
  return names
    .sort()
    .flatMap((name) => (isRoot && isOriginAttribute(name) ? [] : attributeRecord(holder, name, aclsTwice)));
}

function attributeRecord(holder: AttributeHolder, name: ByteString, aclsTwice: boolean): PaxRecord[] {
  const value = getAttribute(holder, pathOf(name));
  if (value === undefined) return [];
  const text = name === accessAcl || name === defaultAclName ? formatAcl(value) : undefined;
  const record = plainRecord(name, value);
  if (text === undefined) return [record];
  const acl: PaxRecord = [name === accessAcl ? 'SCHILY.acl.access' : 'SCHILY.acl.default', text];
  return aclsTwice ? [acl, record] : [acl];
}

function plainRecord(name: ByteString, value: Buffer): PaxRecord {
  // As GNU tar does it: an equals sign would end the key.
  const key = name.replace(/%/g, '%25').replace(/=/g, '%3D');
  return [`SCHILY.xattr.${key}`, value.toString('latin1')];
}

/**
 * The inode flags of an open file or directory as a record, if there are any.
 *
 * @throws SystemError
 */
export function flagRecords(descriptor: number): PaxRecord[] {
  const flags = flagsOf(descriptor);
  const names = [...flagNames].filter(([, flag]) => (flags & flag) !== 0).map(([name]) => name);
  return names.length === 0 ? [] : [['SCHILY.fflags', names.join(',')]];
}
