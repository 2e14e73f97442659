import { mkdirSync } from 'node:fs';
import { run } from '../../../../support/command.js';
import type { TemporaryDirectory } from '../../../../support/temporary.js';

/** Mounts a tmpfs of some KiB in the directory, which unmounts it when it is removed; the mount point. */
export function mountMemory(directory: TemporaryDirectory, sizeKiB: number): string {
  const path = directory.file('memory');
  mkdirSync(path);
  run('mount', ['-t', 'tmpfs', '-o', `size=${sizeKiB}k`, 'tmpfs', path]);
  return path;
}
