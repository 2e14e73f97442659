import { constants } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { close, O_PATH, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../../../linux/files.js';
import { NamedInode } from '../metadata/inode.js';
import { encodeAcl } from './acl.js';
import { type ByteString, display, pathOf } from './byte-string.js';
import { NameResolver } from './names.js';
import { nameOf, parentOf } from './paths.js';
import type { EntryMetadata, NamedAcl } from './unpack/entry-metadata.js';
import { refusal } from './unpack/refusal.js';

/**
 * Sets the ACLs that name users and groups, now that the image's own lists of them are unpacked.
 *
 * @throws Failure FileSystemError when nobody knows a name or an ACL cannot be set, unless that may be lost, InsufficientSpace
 */
export function setNamedAcls(root: number, metadata: EntryMetadata): void {
  if (metadata.waiting === 0) return;
  const resolver = new NameResolver(root);
  for (const named of metadata.takeNamedAcls()) {
    const resolved = resolver.resolve(named.acl);
    if ('acl' in resolved) setAcl(root, metadata, named, encodeAcl(resolved.acl));
    else if (!metadata.loseAcl(named.entry)) throw unknownName(named, resolved.unknown);
  }
}

function setAcl(root: number, metadata: EntryMetadata, { entry, attribute }: NamedAcl, acl: Buffer): void {
  const { path } = entry;
  const flags = O_PATH | constants.O_DIRECTORY;
  const parent = parentOf(path);
  try {
    const directory = openat2(root, parent === '' ? '.' : pathOf(parent), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    try {
      const inode = new NamedInode(directory, path === '' ? '.' : pathOf(nameOf(path)));
      metadata.setAttribute(inode, entry, { name: attribute, value: acl });
    } finally {
      close(directory);
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw refusal(error, path, root);
  }
}

function unknownName({ entry }: NamedAcl, name: ByteString): Failure {
  const path = display(entry.path);
  const message =
    `The ACL of '${path}' is for '${display(name)}', which neither the image nor this host lists; ` +
    'pack the archive with numeric owners (tar --numeric-owner)';
  return new Failure('FileSystemError', message, { path, errorName: 'EINVAL' });
}
