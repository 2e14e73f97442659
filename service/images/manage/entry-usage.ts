import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { close } from '../../../linux/files.js';
import { statusAt } from '../../../linux/status.js';
import type { CountHelper } from '../details/count-helper.js';
import { countTree } from '../details/count-tree.js';
import { openUnnoticed } from '../details/open-unnoticed.js';
import type { OnCount, TreeUsage } from '../details/tree-usage.js';
import type { ImageRoot } from '../layout/root.js';
import { openBeneath } from './remove-tree.js';

/** What an entry of an image directory takes. */
export type EntryUsage = Pick<TreeUsage, 'files' | 'allocated'>;

/** As much of a tree as can be read. What is mounted there belongs to somebody else. */
function usageOfTree(
  root: ImageRoot,
  name: string,
  own: EntryUsage,
  onCount: OnCount,
  helper: CountHelper | undefined,
): EntryUsage {
  let tree: number;
  try {
    tree = openUnnoticed((flag) => openBeneath(root.descriptor, name, flag));
  } catch (error) {
    if (hasCode(error, 'EXDEV')) return { files: 1, allocated: 0 };
    if (hasCode(error, 'EACCES', 'EPERM')) return own;
    throw error;
  }
  try {
    return countTree(tree, onCount, helper);
  } finally {
    close(tree);
  }
}

/**
 * What an entry of an image directory takes on the disk, hard links once; undefined for what has gone meanwhile.
 *
 * @throws SystemError when it cannot be looked at
 */
export function usageOfEntry(
  root: ImageRoot,
  name: string,
  onCount: OnCount,
  helper: CountHelper | undefined,
): EntryUsage | undefined {
  try {
    const { mode, allocated } = statusAt(root.descriptor, name);
    const own = { files: 1, allocated };
    return (mode & constants.S_IFMT) === constants.S_IFDIR ? usageOfTree(root, name, own, onCount, helper) : own;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}
