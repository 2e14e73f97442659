import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { run } from '../command.js';
import { type Needs, needs } from '../needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../temporary.js';

export type FilesystemType = 'ext4' | 'btrfs' | 'xfs';

export const filesystemTypes: readonly FilesystemType[] = ['ext4', 'btrfs', 'xfs'];

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

/** Room for what most tests make. ext4 has blocks of 4 KiB from 512 MiB on, which room for attributes depends on. */
const ordinarySizesMiB: Readonly<Record<FilesystemType, number>> = { ext4: 600, btrfs: 256, xfs: 320 };

/**
 * Makes a filesystem of some MiB (btrfs from 128, xfs from 300) in a sparse file and mounts it through a loop device,
 * which the kernel frees with the last unmount, so that nothing is left even of a killed test once its directory has
 * been cleared: `await using filesystem = mountedFilesystem(t, 'btrfs', 512);`
 */
export function mountedFilesystem(
  t: TestContext | undefined,
  type: FilesystemType,
  sizeMiB = ordinarySizesMiB[type],
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

/** Runs one subtest for each type of filesystem. */
export async function forEachType(
  t: TestContext,
  types: readonly FilesystemType[],
  act: (t: TestContext, type: FilesystemType) => Promise<void>,
): Promise<void> {
  // The runner names the place of this line only.
  for (const type of types) await t.test(`${t.name}: ${type}`, (t) => act(t, type));
}

/** Runs one subtest on each type of filesystem, with the path of its empty mount point. */
export async function onEachFilesystem(
  t: TestContext,
  body: (path: string, type: FilesystemType, t: TestContext) => void | Promise<void>,
  types: readonly FilesystemType[] = filesystemTypes,
): Promise<void> {
  await forEachType(t, types, async (t, type) => {
    const needed = filesystemNeeds(type);
    if (!needs(t, { ...needed, programs: [...needed.programs, 'chattr', 'lsattr', 'setfattr', 'getfattr'] })) return;
    await using filesystem = mountedFilesystem(t, type, type === 'xfs' ? 400 : 256);
    await body(filesystem.path, type, t);
  });
}

/** Mounts a tmpfs of some KiB in the directory, which unmounts it when it is removed; the mount point. */
export function mountMemory(directory: TemporaryDirectory, sizeKiB: number): string {
  const path = directory.file('memory');
  mkdirSync(path);
  run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', path]);
  return path;
}
