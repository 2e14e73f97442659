import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageHost, imageHost } from '../../../service/images/layout/host.js';
import { run } from '../command.js';

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
