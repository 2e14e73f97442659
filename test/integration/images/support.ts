import { closeSync, lstatSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ImageHost, imageHost } from '../../../service/images/layout/host.js';
import { run } from '../../support/command.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/filesystems.js';
import { needs } from '../../support/needs.js';

export const filesystemTypes: readonly FilesystemType[] = ['ext4', 'btrfs', 'xfs'];

/** Runs one subtest on each type of filesystem, with the path of its empty mount point. */
export async function onEachFilesystem(
  t: TestContext,
  body: (path: string, type: FilesystemType, t: TestContext) => void | Promise<void>,
  types: readonly FilesystemType[] = filesystemTypes,
): Promise<void> {
  for (const type of types) {
    // The runner names the place of this line only.
    await t.test(`${t.name}: ${type}`, async (inner) => {
      const needed = filesystemNeeds(type);
      if (!needs(inner, { ...needed, programs: [...needed.programs, 'chattr', 'lsattr', 'setfattr', 'getfattr'] }))
        return;
      await using filesystem = mountedFilesystem(inner, type, type === 'xfs' ? 400 : 256);
      await body(filesystem.path, type, inner);
    });
  }
}

/** A host whose lock files are in a directory of the test. */
export function testHost(directory: string): ImageHost {
  return imageHost('user', { XDG_RUNTIME_DIR: join(directory, 'run'), HOME: '/nonexistent' });
}

/** The names in a directory, lost+found and the runtime directory left out. */
export function namesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name !== 'lost+found' && name !== 'run')
    .sort();
}

export function writeTree(path: string, text: string): void {
  writeFileSync(join(path, 'file'), text);
}

/** What an image of the tests says it is: the contents of a file, or of `file` in a tree. */
export function contentsOf(path: string): string {
  return readFileSync(lstatSync(path).isDirectory() ? join(path, 'file') : path, 'utf8');
}

/** Whether a directory is immutable, by lsattr(1). */
export function isMarkedImmutable(path: string): boolean {
  return /^\S*i\S*\s/.test(run('lsattr', ['-d', path]));
}

/** Whether a subvolume is read-only, by btrfs(8). */
export function isReadOnlySubvolume(path: string): boolean {
  return run('btrfs', ['property', 'get', '-ts', path, 'ro']).trim() === 'ro=true';
}

export function isSubvolumePath(path: string): boolean {
  return lstatSync(path).ino === 256;
}

/** Runs something with a file open. */
export function withOpen<Result>(path: string, flags: string, action: (descriptor: number) => Result): Result {
  const descriptor = openSync(path, flags);
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
