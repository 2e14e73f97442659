import { closeSync, constants, fstatSync } from 'node:fs';
import { createSnapshot, type NestedSubvolume, nestedSubvolumes } from '../system/btrfs.js';
import {
  AT_REMOVEDIR,
  futimens,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  timestamp,
  unlinkat,
} from '../system/files.js';

function openDirectory(parent: number, path: string | Buffer): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  return openat2(parent, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

function withDirectory(parent: number, path: string | Buffer, action: (descriptor: number) => void): void {
  const descriptor = openDirectory(parent, path);
  try {
    action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** In the snapshot an empty directory stands where the original holds another subvolume. */
function snapshotNested(source: number, copy: number, nested: NestedSubvolume): void {
  const place = Buffer.concat([Buffer.from('./'), nested.directory]);
  withDirectory(copy, place, (directory) => {
    const before = fstatSync(directory, { bigint: true });
    unlinkat(directory, nested.name, AT_REMOVEDIR);
    withDirectory(source, Buffer.concat([place, nested.name]), (inner) => snapshotTree(inner, directory, nested.name));
    futimens(directory, timestamp(before.atimeNs), timestamp(before.mtimeNs));
  });
}

/**
 * Makes a writable snapshot of an open subvolume, and of all subvolumes inside it, in a directory of the same btrfs.
 * Throws SystemError, EXDEV from another file system.
 */
export function snapshotTree(source: number, directory: number, name: string | Buffer): void {
  createSnapshot(source, directory, name, false);
  const nested = nestedSubvolumes(source);
  if (nested.length === 0) return;
  withDirectory(directory, name, (copy) => {
    for (const inner of nested) snapshotNested(source, copy, inner);
  });
}
