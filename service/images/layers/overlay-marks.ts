import { constants, readdirSync } from 'node:fs';
import { getAttribute } from '../../../linux/attributes.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import { hasCode } from '../../../linux/errno.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';
import { joined } from '../../formats/tar/paths.js';
import { openBeneath } from '../manage/remove-tree.js';
import type { LayerRecord } from './record.js';

/** Whether something stands for what is removed of the layers below. */
function isWhiteout({ mode, major, minor }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFCHR && major === 0 && minor === 0;
}

/** systemd mounts stacks with `userxattr`: others do not count. */
function isOpaque(directory: number): boolean {
  try {
    return getAttribute(directory, 'user.overlay.opaque')?.toString() === 'y';
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP', 'ERANGE')) return false;
    throw error;
  }
}

/** Finds in a directory what overlayfs would take for its own. */
class Marks {
  readonly whiteouts: ByteString[] = [];
  readonly opaque: ByteString[] = [];

  /** Looks at the current directory, and gives back the names of those in it. */
  look(chain: DirectoryChain, path: ByteString): ByteString[] {
    if (path !== '' && isOpaque(chain.current)) this.opaque.push(path);
    const below: ByteString[] = [];
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    for (const entry of readdirSync(`/proc/self/fd/${chain.current}`, options)) {
      const name = entry.name.toString('latin1');
      if (entry.isDirectory()) below.push(name);
      else if (entry.isCharacterDevice() && isWhiteout(statusAt(chain.current, pathOf(name))))
        this.whiteouts.push(joined(path, name));
    }
    return below;
  }
}

/**
 * What an open directory says as a layer of overlayfs, in the form of a record. Blocks the thread.
 *
 * @throws SystemError or Error of node when something in it cannot be read
 */
export function readMarks(root: number): LayerRecord {
  const marks = new Marks();
  using chain = new DirectoryChain(root);
  const levels = [{ path: '', names: marks.look(chain, '') }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names.pop();
    if (name === undefined) {
      levels.pop();
      if (levels.length > 0) chain.pop();
      continue;
    }
    const path = joined(level.path, name);
    chain.push(openBeneath(chain.current, pathOf(name)));
    levels.push({ path, names: marks.look(chain, path) });
  }
  const unsaid = { digest: '', carrier: '', dataBytes: 0, lossCount: 0, losses: {}, marked: true };
  return { ...unsaid, ...marks, implicit: [], bare: [], links: [] };
}
