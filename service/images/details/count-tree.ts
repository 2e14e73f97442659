import { DirectoryChain } from '../../../linux/directory-chain.js';
import { DirectoryUsage } from '../../../linux/directory-usage.js';
import { hasCode } from '../../../linux/errno.js';
import { openBeneath } from '../manage/remove-tree.js';
import { openUnnoticed } from './open-unnoticed.js';

/** What a tree holds, in bytes. */
export interface TreeUsage {
  files: number;
  bytes: number;
  allocated: number;
  /** Directories that could not be read, and are not counted. */
  unreadable: number;
  /** Whether parts of it are on other devices, as subvolumes in it are. */
  isNested: boolean;
}

/** How far a count has come. */
export type OnCount = (usage: Pick<TreeUsage, 'files' | 'allocated'>) => void;

/** Counts one tree, of any depth. What is mounted in it belongs to somebody else. */
class TreeCount {
  readonly #usage = new DirectoryUsage();
  readonly #chain: DirectoryChain;
  readonly #device: string;
  readonly #onCount: OnCount;
  #unreadable = 0;
  #isNested = false;

  constructor(root: number, chain: DirectoryChain, onCount: OnCount) {
    this.#chain = chain;
    this.#onCount = onCount;
    this.#device = this.#usage.addDirectory(root);
  }

  run(): TreeUsage {
    const levels = [this.#entries()];
    for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
      const name = names.pop();
      if (name !== undefined) {
        if (this.#enter(name)) levels.push(this.#entries());
        continue;
      }
      levels.pop();
      if (levels.length > 0) this.#chain.pop();
    }
    const { files, bytes, allocated } = this.#usage;
    return { files, bytes, allocated, unreadable: this.#unreadable, isNested: this.#isNested };
  }

  #entries(): Buffer[] {
    const below = this.#usage.addEntries(this.#chain.current);
    this.#onCount(this.#usage);
    return below;
  }

  /** False for what cannot be entered: what is mounted there, what has vanished, and what its owner may not read. */
  #enter(name: Buffer): boolean {
    const descriptor = this.#open(name);
    if (descriptor === undefined) return false;
    this.#chain.push(descriptor);
    if (this.#usage.addDirectory(descriptor) !== this.#device) this.#isNested = true;
    return true;
  }

  #open(name: Buffer): number | undefined {
    try {
      return openUnnoticed((flag) => openBeneath(this.#chain.current, name, flag));
    } catch (error) {
      if (hasCode(error, 'EACCES', 'EPERM')) this.#unreadable += 1;
      else if (!hasCode(error, 'EXDEV', 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
      return undefined;
    }
  }
}

/**
 * Adds up what is in a tree: hard links once, no links followed, on one file system, with the subvolumes in it.
 *
 * @param root an open directory that has not been read from
 * @throws SystemError when something cannot be read, ESTALE when a directory on the way up was moved meanwhile
 */
export function countTree(root: number, onCount: OnCount): TreeUsage {
  using chain = new DirectoryChain(root);
  return new TreeCount(root, chain, onCount).run();
}
