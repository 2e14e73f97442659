import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { close, O_PATH, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../../../linux/files.js';
import { NamedInode } from '../metadata/inode.js';
import { encodeAcl } from './acl.js';
import { pathOf } from './byte-string.js';
import { NameResolver } from './names.js';
import { nameOf, parentOf } from './paths.js';
import type { EntryMetadata, NamedAcl } from './unpack/entry-metadata.js';
import { refusal } from './unpack/refusal.js';

/**
 * Sets the ACLs that name users and groups, now that the image's own lists of them are unpacked.
 * Entries for names that nobody knows are lost.
 *
 * @throws Failure FileSystemError, InsufficientSpace when an ACL cannot be set for another reason than that the kernel cannot store it
 */
export function setNamedAcls(root: number, metadata: EntryMetadata): void {
  if (metadata.waiting === 0) return;
  const resolver = new NameResolver(root);
  for (const named of metadata.takeNamedAcls()) {
    const { acl, unknown } = resolver.resolve(named.acl);
    if (unknown !== undefined) metadata.loseAclOf(named.entry, unknown);
    setAcl(root, metadata, named, encodeAcl(acl));
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
