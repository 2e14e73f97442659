import type { Attribute } from '../metadata/attributes.js';
import type { ByteString } from './byte-string.js';
import type { SparseMap } from './sparse.js';

export type EntryType =
  | 'file'
  | 'directory'
  | 'symbolicLink'
  | 'hardLink'
  | 'characterDevice'
  | 'blockDevice'
  | 'fifo'
  | 'socket'
  | 'unknown';

/** A file, directory, link or device as the archive describes it, extended headers applied. */
export interface Entry {
  type: EntryType;
  /** Below the root, without leading, doubled or trailing slashes and without `.`; empty for the root itself. */
  path: ByteString;
  /** Of a symbolic link: as it is. Of a hard link: cleaned like `path`. */
  target: ByteString;
  /** Where its header begins, in bytes of the plain tar. */
  offset: number;
  mode: number;
  /** Numeric; names are ignored. May be out of range: isOwner() tells. */
  user: number;
  group: number;
  modified: { seconds: number; nanoseconds: number };
  /** Bytes of content in the archive, that of a sparse map not counted. */
  stored: number;
  sparse: SparseMap | undefined;
  major: number;
  minor: number;
  /** Which of its numbers were replaced, as they could not be read; undefined for none. */
  unreadable: ByteString[] | undefined;
  attributes: Attribute[];
  /** ACLs as text, undefined where there are none. */
  accessAcl: ByteString | undefined;
  defaultAcl: ByteString | undefined;
  /** Inode flags by name, comma-separated (`SCHILY.fflags`), undefined where there are none. */
  fileFlags: ByteString | undefined;
}

/** Two entries for one directory: the later one counts, and attributes only the earlier one has are kept. */
export function merged(earlier: Entry | undefined, later: Entry): Entry {
  if (earlier === undefined) return later;
  const names = new Set(later.attributes.map(({ name }) => name));
  return {
    ...later,
    attributes: [...earlier.attributes.filter(({ name }) => !names.has(name)), ...later.attributes],
    accessAcl: later.accessAcl ?? earlier.accessAcl,
    defaultAcl: later.defaultAcl ?? earlier.defaultAcl,
  };
}
