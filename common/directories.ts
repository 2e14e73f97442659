import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../linux/errno.js';

/**
 * Makes a directory and those above it, where they are not there. Node's own way (`recursive`) tries for ever where the system says
 * that a place does not exist, as below /proc.
 *
 * @throws Error of node
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (hasCode(error, 'EEXIST') && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const above = dirname(path);
    if (!hasCode(error, 'ENOENT') || existsSync(above)) throw error;
    makeDirectory(above, mode);
    makeDirectory(path, mode);
  }
}
