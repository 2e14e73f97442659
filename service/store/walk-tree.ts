import { readdirSync } from 'node:fs';
import { hasCode } from '../system/call.js';
import { DirectoryChain } from '../system/directory-chain.js';
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

/** Whether a directory of the tree could be entered; what is mounted on one is no part of the tree. */
function entered(chain: DirectoryChain, name: Buffer): boolean {
  try {
    chain.push(openBeneath(chain.current, name));
    return true;
  } catch (error) {
    if (hasCode(error, 'EXDEV')) return false;
    throw error;
  }
}

/** Looks at all entries of a tree that are no directories. Throws SystemError. */
export function walkTree(root: number, onEntry: (status: FileStatus) => void): void {
  using chain = new DirectoryChain(root);
  const levels = [lookAt(root, onEntry)];
  for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
    const name = names.pop();
    if (name !== undefined && entered(chain, name)) levels.push(lookAt(chain.current, onEntry));
    if (name !== undefined) continue;
    levels.pop();
    if (levels.length > 0) chain.pop();
  }
}
