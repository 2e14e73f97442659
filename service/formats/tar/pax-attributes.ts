import type { Attribute } from '../metadata/attributes.js';
import type { ByteString } from './byte-string.js';
import type { Entry } from './entry.js';
import type { PaxRecords } from './pax.js';

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
export function attributesOf(own: PaxRecords | undefined, global: PaxRecords): FromRecords {
  if (!own?.special && global.values.size === 0)
    return { attributes: nothing as Attribute[], accessAcl: undefined, defaultAcl: undefined, fileFlags: undefined };
  const value = (key: string) => own?.values.get(key) ?? global.values.get(key);
  const found = new Map<ByteString, Attribute>();
  for (const { values } of own === undefined ? [global] : [global, own]) collect(values, found);
  return {
    attributes: [...found.values()],
    // An NFSv4 one, as libarchive writes it on macOS and FreeBSD, cannot be set: whoever tries counts what is lost.
    accessAcl: value('SCHILY.acl.access') || value('SCHILY.acl.ace') || undefined,
    defaultAcl: value('SCHILY.acl.default') || undefined,
    fileFlags: value('SCHILY.fflags') || undefined,
  };
}

/** Names and values that the kernel does not take are among them: whoever sets them counts what is lost. */
function collect(values: ReadonlyMap<ByteString, ByteString>, found: Map<ByteString, Attribute>): void {
  for (const [key, raw] of values) {
    const name = attributeName(key);
    if (name === undefined) continue;
    // libarchive writes the same attribute in both forms; that of SCHILY is exact where both are there.
    if (key.startsWith('LIBARCHIVE.') && values.has(`SCHILY.xattr.${name}`)) continue;
    found.set(name, { name, value: attributeValue(key, raw) });
  }
}
