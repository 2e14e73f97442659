import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { run } from './command.js';
import type { Needs } from './needs.js';
import { temporaryDirectory } from './temporary.js';

export type FilesystemType = 'ext4' | 'btrfs' | 'xfs';

/** A filesystem of its own, mounted. */
export interface MountedFilesystem extends AsyncDisposable {
  /** The mount point. */
  readonly path: string;
  readonly type: FilesystemType;
}

/** What `needs()` has to ask for before `mountedFilesystem()` may be called. */
export function filesystemNeeds(type: FilesystemType): Required<Pick<Needs, 'root' | 'programs' | 'features'>> {
  return { root: true, programs: [`mkfs.${type}`, 'mount', 'umount'], features: ['loop', 'mount', type] };
}

/** No reserved blocks, no lazy initialisation in the background, and reflinks where the type has them. */
export const makeParameters: Readonly<Record<FilesystemType, readonly string[]>> = {
  ext4: ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  btrfs: ['-q', '-f'],
  xfs: ['-q', '-f', '-m', 'reflink=1'],
};

/**
 * Makes a filesystem of some MiB (btrfs from 128, xfs from 300) in a sparse file and mounts it through a loop device,
 * which the kernel frees with the last unmount, so that nothing is left even of a killed test once its directory has
 * been cleared: `await using filesystem = mountedFilesystem(t, 'btrfs', 512);`
 */
export function mountedFilesystem(
  t: TestContext | undefined,
  type: FilesystemType,
  sizeMiB: number,
): MountedFilesystem {
  const directory = temporaryDirectory(t);
  const image = directory.file('image');
  const path = directory.file('mount');
  const descriptor = openSync(image, 'wx');
  ftruncateSync(descriptor, sizeMiB * 1024 * 1024);
  closeSync(descriptor);
  mkdirSync(path);
  run(`mkfs.${type}`, [...makeParameters[type], image]);
  run('mount', ['-o', 'loop', '-t', type, image, path]);
  return { path, type, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
