import { closeSync, mkdirSync, openSync, rmSync, truncateSync } from 'node:fs';
import { run } from '../support/command.js';
import { makeParameters } from '../support/images/filesystems.js';
import { removeTree } from '../support/temporary.js';
import type { Filesystem } from './report.js';

/** Room for what a side unpacks of one row. */
const roomBytes = 8192 * 1024 * 1024;

/**
 * Gives something an empty directory for its time. On ext4 that is a whole filesystem, made anew: ext4 does not reuse inodes
 * for a minute, and looks for others the longer the more have been removed, so that the runs before would decide.
 */
export function inEmptyDirectory<Value>(filesystem: Filesystem, directory: string, action: () => Value): Value {
  mkdirSync(directory);
  const image = `${directory}.image`;
  try {
    if (filesystem === 'ext4') mount(image, directory);
    return action();
  } finally {
    if (filesystem === 'ext4') run('umount', [directory]);
    removeTree(directory);
    rmSync(image, { force: true });
    // What one side has left to be written must not burden the other.
    run('sync', []);
  }
}

/** Writes go past the page cache of the file, as they would to a disk. */
function mount(image: string, directory: string): void {
  closeSync(openSync(image, 'wx'));
  truncateSync(image, roomBytes);
  run('mkfs.ext4', [...makeParameters.ext4, image]);
  run('mount', ['-o', 'loop', '-t', 'ext4', image, directory]);
  run('losetup', ['--direct-io=on', run('findmnt', ['--noheadings', '--output=SOURCE', directory]).trim()]);
}
