import { DirectoryChain } from '../../../linux/directory-chain.js';
import { DirectoryUsage } from '../../../linux/directory-usage.js';
import { hasCode } from '../../../linux/errno.js';
import { close } from '../../../linux/files.js';
import { duplicate } from '../../../linux/sockets.js';
import { openBeneath } from '../manage/remove-tree.js';
import type { CountHelper } from './count-helper.js';
import type { CountShare, Parcel } from './count-share.js';
import { openUnnoticed } from './open-unnoticed.js';
import type { OnCount, PartialCount, TreeUsage } from './tree-usage.js';

/** A second thread is worth its start from so many entries on. */
const helpedFrom = 4000;

/** Counts one tree, or a thread's part of it, of any depth. What is mounted in it belongs to somebody else. */
export class TreeCount {
  readonly #usage = new DirectoryUsage();
  readonly #onCount: OnCount;
  readonly #share: CountShare | undefined;
  #device = '';
  #unreadable = 0;
  #isNested = false;

  /** @param share of the thread that counts the rest */
  constructor(onCount: OnCount, share?: CountShare) {
    this.#onCount = onCount;
    this.#share = share;
  }

  get found(): PartialCount {
    const { files, bytes, allocated, links } = this.#usage;
    return { files, bytes, allocated, links, unreadable: this.#unreadable, isNested: this.#isNested };
  }

  /** A tree, with its root, which has not been read from. */
  addTree(root: number): void {
    this.#device = this.#usage.addDirectory(root);
    using chain = new DirectoryChain(root);
    this.#walk(chain, this.#entries(root));
  }

  /** Directories that the other thread has found. The one they are in is closed. */
  addParcel({ directory, names }: Parcel): void {
    try {
      this.#device = this.#usage.deviceOf(directory);
      using chain = new DirectoryChain(directory);
      this.#walk(chain, names);
    } finally {
      close(directory);
    }
  }

  /** What the other thread has found of the same tree. */
  addPart({ unreadable, isNested, ...sums }: PartialCount): void {
    this.#usage.addPart(sums);
    this.#unreadable += unreadable;
    this.#isNested ||= isNested;
  }

  tell(): void {
    this.#onCount(this.#share?.tell(this.#usage) ?? this.#usage);
  }

  /** `first`: the names of directories in the current one. */
  #walk(chain: DirectoryChain, first: Buffer[]): void {
    const levels = [first];
    for (let names = levels.at(-1); names !== undefined; names = levels.at(-1)) {
      if (names.length > 1 && this.#share?.isOtherHungry) this.#give(this.#share, chain.current, names);
      const name = names.pop();
      if (name !== undefined) {
        if (this.#enter(chain, name)) levels.push(this.#entries(chain.current));
        continue;
      }
      levels.pop();
      if (levels.length > 0) chain.pop();
    }
  }

  /** Half of what is left in a directory goes to the other thread, as far as there is room for it. */
  #give(share: CountShare, directory: number, names: Buffer[]): void {
    const half = names.slice(0, names.length >> 1);
    names.splice(0, share.give(duplicate(directory), half));
  }

  #entries(directory: number): Buffer[] {
    const below = this.#usage.addEntries(directory);
    this.tell();
    return below;
  }

  /** False for what cannot be entered: what is mounted there, what has vanished, and what its owner may not read. */
  #enter(chain: DirectoryChain, name: Buffer): boolean {
    const descriptor = this.#open(chain.current, name);
    if (descriptor === undefined) return false;
    chain.push(descriptor);
    if (this.#usage.addDirectory(descriptor) !== this.#device) this.#isNested = true;
    return true;
  }

  #open(parent: number, name: Buffer): number | undefined {
    try {
      return openUnnoticed((flag) => openBeneath(parent, name, flag));
    } catch (error) {
      if (hasCode(error, 'EACCES', 'EPERM')) this.#unreadable += 1;
      else if (!hasCode(error, 'EXDEV', 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
      return undefined;
    }
  }
}

/** Counts what the other thread gives back until neither has anything left, and adds what that has found. */
function finishTogether(count: TreeCount, helper: CountHelper): void {
  const { share } = helper;
  const next = () => share.next(() => count.tell());
  for (let parcel = next(); parcel !== undefined; parcel = next()) count.addParcel(parcel);
  const part = helper.hear();
  if (part !== undefined) count.addPart(part);
}

function countWith(root: number, onCount: OnCount, helper: CountHelper): PartialCount {
  helper.share.begin();
  const tell: OnCount = (usage) => {
    if (usage.files >= helpedFrom) helper.start();
    onCount(usage);
  };
  const count = new TreeCount(tell, helper.share);
  try {
    count.addTree(root);
    finishTogether(count, helper);
    return count.found;
  } catch (error) {
    helper.giveUp();
    throw error;
  }
}

function countAlone(root: number, onCount: OnCount): PartialCount {
  const count = new TreeCount(onCount);
  count.addTree(root);
  return count.found;
}

/**
 * Adds up what is in a tree: hard links once, no links followed, on one file system, with the subvolumes in it.
 *
 * @param root an open directory that has not been read from
 * @param helper the thread that counts a part of it if it is large
 * @throws SystemError when something cannot be read, ESTALE when a directory on the way up was moved meanwhile
 */
export function countTree(root: number, onCount: OnCount, helper?: CountHelper): TreeUsage {
  const found = helper?.isOfUse === true ? countWith(root, onCount, helper) : countAlone(root, onCount);
  const { links: _, ...usage } = found;
  return usage;
}
