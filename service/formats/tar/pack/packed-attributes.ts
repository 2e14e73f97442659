import {
  type AttributeHolder,
  FileFlag,
  getAttribute,
  getFileFlags,
  listAttributes,
} from '../../../../linux/attributes.js';
import { hasCode } from '../../../../linux/errno.js';
import { accessAcl, defaultAclName, formatAcl } from '../acl.js';
import { type ByteString, pathOf } from '../byte-string.js';
import { isOriginAttribute } from '../root-attributes.js';
import type { PaxRecord } from './encode.js';

/** Extended attributes and ACLs as records for an extended header, sorted by name. */
export function attributeRecords(holder: AttributeHolder, isRoot: boolean): PaxRecord[] {
  const names = attributeNames(holder);
  if (names.length === 0) return [];
  return names.sort().flatMap((name) => (isRoot && isOriginAttribute(name) ? [] : attributeRecord(holder, name)));
}

function attributeNames(holder: AttributeHolder): ByteString[] {
  try {
    return listAttributes(holder);
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return [];
    throw error;
  }
}

function attributeRecord(holder: AttributeHolder, name: ByteString): PaxRecord[] {
  const value = getAttribute(holder, pathOf(name));
  if (value === null) return [];
  if (name === accessAcl || name === defaultAclName) {
    const text = formatAcl(value);
    if (text !== null) return [[name === accessAcl ? 'SCHILY.acl.access' : 'SCHILY.acl.default', text]];
  }
  // As GNU tar does it: an equals sign would end the key.
  const key = name.replace(/%/g, '%25').replace(/=/g, '%3D');
  return [[`SCHILY.xattr.${key}`, value.toString('latin1')]];
}

/** Inode flags that say how a file is to be treated, by libarchive's names. Not immutable and append-only, as systemd does. */
const flagNames: readonly (readonly [number, string])[] = [
  [FileFlag.noDump, 'nodump'],
  [FileFlag.noAccessTime, 'noatime'],
  [FileFlag.noCopyOnWrite, 'nocow'],
  [FileFlag.projectInherit, 'projinherit'],
  [FileFlag.sync, 'sync'],
  [FileFlag.directorySync, 'dirsync'],
];

/** The inode flags of an open file or directory as a record, if there are any. */
export function flagRecords(descriptor: number): PaxRecord[] {
  try {
    const flags = getFileFlags(descriptor);
    const names = flagNames.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
    return names.length === 0 ? [] : [['SCHILY.fflags', names.join(',')]];
  } catch (error) {
    if (hasCode(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'EPERM')) return [];
    throw error;
  }
}
