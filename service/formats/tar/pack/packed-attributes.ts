import { type AttributeHolder, getAttribute } from '../../../../linux/attributes.js';
import { accessAcl, attributeNames, defaultAclName, isOriginAttribute } from '../../metadata/attributes.js';
import { flagNames, flagsOf } from '../../metadata/flags.js';
import { formatAcl } from '../acl.js';
import { type ByteString, pathOf } from '../byte-string.js';
import type { PaxRecord } from './encode.js';

/** Extended attributes and ACLs as records for an extended header, sorted by name. */
export function attributeRecords(holder: AttributeHolder, isRoot: boolean): PaxRecord[] {
  const names = attributeNames(holder);
  if (names.length === 0) return [];
  return names.sort().flatMap((name) => (isRoot && isOriginAttribute(name) ? [] : attributeRecord(holder, name)));
}

function attributeRecord(holder: AttributeHolder, name: ByteString): PaxRecord[] {
  const value = getAttribute(holder, pathOf(name));
  if (value === undefined) return [];
  if (name === accessAcl || name === defaultAclName) {
    const text = formatAcl(value);
    if (text !== undefined) return [[name === accessAcl ? 'SCHILY.acl.access' : 'SCHILY.acl.default', text]];
  }
  // As GNU tar does it: an equals sign would end the key.
  const key = name.replace(/%/g, '%25').replace(/=/g, '%3D');
  return [[`SCHILY.xattr.${key}`, value.toString('latin1')]];
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
