import { attributeSizeMax } from '../../../linux/attributes.js';
import type { Attribute } from '../metadata/attributes.js';
import type { ByteString } from './byte-string.js';
import { corruptArchive } from './corrupt.js';
import type { Entry } from './entry.js';
import type { PaxRecords } from './pax.js';

const attributeNameMax = 255;

/** Keys of a global header that count for the entries after it. Names, sizes and sparse maps belong to one entry only. */
export function inheritable(key: ByteString): boolean {
  return (
    key === 'uid' ||
    key === 'gid' ||
    key === 'mtime' ||
    attributeName(key) !== undefined ||
    /^SCHILY\.(acl|fflags)/.test(key)
  );
}

/** The attribute that a key stands for, or undefined. GNU tar and star write SCHILY, libarchive both, old Red Hat tars RHT. */
function attributeName(key: ByteString): ByteString | undefined {
  if (key.startsWith('SCHILY.xattr.'))
    return key
      .slice(13)
      .replace(/%3[dD]/g, '=')
      .replace(/%25/g, '%');
  if (key.startsWith('LIBARCHIVE.xattr.'))
    return key.slice(17).replace(/%([0-9a-fA-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return key === 'RHT.security.selinux' ? 'security.selinux' : undefined;
}

function attributeValue(key: ByteString, value: ByteString): Buffer {
  return key.startsWith('LIBARCHIVE.') ? Buffer.from(value, 'base64') : Buffer.from(value, 'latin1');
}

type FromRecords = Pick<Entry, 'attributes' | 'accessAcl' | 'defaultAcl' | 'fileFlags'>;

const nothing: readonly Attribute[] = [];

/** Attributes, ACLs and inode flags of an entry: its own before those of the global headers. */
export function attributesOf(
  own: PaxRecords | undefined,
  global: PaxRecords,
  offset: number,
  path: ByteString,
): FromRecords {
  if (!own?.special && global.values.size === 0)
    return { attributes: nothing as Attribute[], accessAcl: undefined, defaultAcl: undefined, fileFlags: undefined };
  const value = (key: string) => own?.values.get(key) ?? global.values.get(key);
  const found = new Map<ByteString, Attribute>();
  for (const { values } of own === undefined ? [global] : [global, own]) collect(values, found, offset, path);
  return {
    attributes: [...found.values()],
    accessAcl: value('SCHILY.acl.access') || undefined,
    defaultAcl: value('SCHILY.acl.default') || undefined,
    fileFlags: value('SCHILY.fflags') || undefined,
  };
}

function collect(
  values: ReadonlyMap<ByteString, ByteString>,
  found: Map<ByteString, Attribute>,
  offset: number,
  path: ByteString,
): void {
  for (const [key, raw] of values) {
    const name = attributeName(key);
    if (name === undefined) continue;
    const value = attributeValue(key, raw);
    if (name === '' || name.length > attributeNameMax || name.includes('\0'))
      throw corruptArchive('has an extended attribute with an invalid name', offset, path);
    if (value.length > attributeSizeMax)
      throw corruptArchive(`has an extended attribute of more than ${attributeSizeMax} bytes`, offset, path);
    // libarchive writes the same attribute in both forms; that of SCHILY is exact where both are there.
    if (key.startsWith('LIBARCHIVE.') && values.has(`SCHILY.xattr.${name}`)) continue;
    found.set(name, { name, value });
  }
}
