import { readdirSync } from 'node:fs';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { hasCode } from '../../../linux/errno.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';
import { openBeneath } from './remove-tree.js';

/** Looks at all that is in the current directory, and gives back the names of the directories in it. */
function lookAt(chain: DirectoryChain, onEntry: (status: FileStatus) => void): Buffer[] {
  const below: Buffer[] = [];
  for (const entry of readdirSync(`/proc/self/fd/${chain.current}`, { withFileTypes: true, encoding: 'buffer' })) {
    const name = Buffer.concat([entry.name, Buffer.of(0)]);
    if (entry.isDirectory()) below.push(name);
    else onEntry(statusAt(chain.current, name));
  }
  return below;
}

/** Enters a directory; false for what is mounted on it, which does not belong to the tree. */
function enter(chain: DirectoryChain, name: Buffer): boolean {
  try {
    chain.push(openBeneath(chain.current, name));
    return true;
  } catch (error) {
    if (hasCode(error, 'EXDEV')) return false;
    throw error;
  }
}

/**
 * Looks at all entries of a tree, of any depth, that are not directories.
 *
 * @throws SystemError or Error of node when something cannot be read; what `onEntry` throws
 */
export function walkTree(root: number, onEntry: (status: FileStatus) => void): void {
  using chain = new DirectoryChain(root);
  const levels = [lookAt(chain, onEntry)];
  for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
    const name = names.pop();
    if (name !== undefined) {
      if (enter(chain, name)) levels.push(lookAt(chain, onEntry));
      continue;
    }
    levels.pop();
    if (levels.length > 0) chain.pop();
  }
}
