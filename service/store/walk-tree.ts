import { readdirSync } from 'node:fs';
import { hasCode } from '../system/call.js';
import { close } from '../system/files.js';
import { type FileStatus, statusAt } from '../system/status.js';
import { openBeneath } from './removeTree.js';

/** Looks at all that is in a directory, and gives back the names of the directories in it. */
function lookAt(directory: number, onEntry: (status: FileStatus) => void): Buffer[] {
  const below: Buffer[] = [];
  for (const entry of readdirSync(`/proc/self/fd/${directory}`, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) below.push(entry.name);
    else onEntry(statusAt(directory, Buffer.concat([entry.name, Buffer.of(0)])));
  }
  return below;
}

/** A directory of the tree; null for what is mounted on it, which is no part of the tree. */
function openPart(root: number, path: Buffer): number | null {
  try {
    return openBeneath(root, path);
  } catch (error) {
    if (hasCode(error, 'EXDEV')) return null;
    throw error;
  }
}

/** Looks at all entries of a tree that are no directories. Throws SystemError. */
export function walkTree(root: number, onEntry: (status: FileStatus) => void): void {
  const waiting = lookAt(root, onEntry);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const directory = openPart(root, path);
    if (directory === null) continue;
    try {
      const prefix = Buffer.concat([path, Buffer.from('/')]);
      for (const name of lookAt(directory, onEntry)) waiting.push(Buffer.concat([prefix, name]));
    } finally {
      close(directory);
    }
  }
}
