import { cannotBeSet, hasNoPlace } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { fileSystemSpace } from '../../../linux/space.js';
import type { ByteString } from '../tar/byte-string.js';
import { listRoom } from '../tar/unpack/refusal.js';
import { isFlagRefusal } from './flags.js';

/*
 * What the kernel cannot store, or does not let us store, is either a failure or a loss that is counted. This is the one place that
 * decides which: everything that sets metadata asks a LossKeeper.
 */

/** What could not be kept, in numbers of entries. */
export interface Losses {
  /** Entries that lost anything, each counted once. */
  entries: number;
  /** Entries that belong to whoever unpacked them instead of their owner. */
  owners: number;
  /** Entries whose set-user-id or set-group-id bit went with the owner. */
  modes: number;
  /** Devices that are missing. */
  devices: number;
  /** Entries that miss an extended attribute or an ACL. */
  attributes: number;
  /** Entries that miss an inode flag, such as "do not dump". */
  flags: number;
}

export type LossKind = Exclude<keyof Losses, 'entries'>;

/** Something in a tree, by which losses are told apart: one object for each. */
export interface Subject {
  /** Below the root of the tree. */
  readonly path: ByteString;
}

/** Decides whether what the kernel refuses is a failure, or a loss that is counted. */
export interface LossKeeper {
  /**
   * Does something that may be refused; gives back whether it was done.
   *
   * @throws what the action throws, unless it is a tolerable refusal
   */
  attempt(kind: LossKind, subject: Subject, action: () => void): boolean;
  /** Counts a loss, once for each subject and kind. */
  count(kind: LossKind, subject: Subject): void;
}

/** Everything must be kept, but for hints. */
export const exact: LossKeeper = {
  attempt(_kind, _subject, action) {
    action();
    return true;
  },
  count() {},
};

/** How the kernel says that the caller lacks the right, or the file system the feature. */
const refusals = ['EPERM', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY'];

/** What says who may do what: a file without it is another file. */
const accessAttributes = /posix_acl/;

/** Whether there is no place for an attribute that a file can do without. On a full disk, more than that is lacking. */
function isExtra(error: unknown, root: number): boolean {
  if (!hasNoPlace(error) || !(error instanceof Error) || accessAttributes.test(error.message)) return false;
  return !hasCode(error, 'ENOSPC') || fileSystemSpace(root).availableBytes >= listRoom;
}

/** Counts what a tree that comes in loses. */
export class LossCounter implements LossKeeper {
  readonly losses: Losses = { entries: 0, owners: 0, modes: 0, devices: 0, attributes: 0, flags: 0 };
  readonly lenient: boolean;
  readonly #root: number;
  #subject: Subject | undefined;
  readonly #seen = new Set<LossKind>();

  /**
   * `lenient`: whether a lack of rights or of features is tolerated, as it is in user scope. `root` is a descriptor on the file system
   * that is written to.
   */
  constructor(lenient: boolean, root: number) {
    this.lenient = lenient;
    this.#root = root;
  }

  count(kind: LossKind, subject: Subject): void {
    if (this.#subject !== subject) {
      this.#subject = subject;
      this.#seen.clear();
      this.losses.entries++;
    }
    if (!this.#seen.has(kind)) this.losses[kind]++;
    this.#seen.add(kind);
  }

  attempt(kind: LossKind, subject: Subject, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!this.#isTolerable(kind, error)) throw error;
      this.count(kind, subject);
      return false;
    }
  }

  #isTolerable(kind: LossKind, error: unknown): boolean {
    if (this.lenient && hasCode(error, ...refusals)) return true;
    return (kind === 'attributes' && isExtra(error, this.#root)) || (kind === 'flags' && isFlagRefusal(error));
  }
}

/** Lists the attributes that a disk loses: they are good to know, but file systems without attributes hold images too. */
export class AttributeList implements LossKeeper {
  /** What was refused, as the kernel named it. */
  readonly lost: string[] = [];

  attempt(_kind: LossKind, _subject: Subject, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!cannotBeSet(error)) throw error;
      if (error instanceof Error) this.lost.push(error.message.replace(/^setxattr | of descriptor \d+/g, ''));
      return false;
    }
  }

  count(): void {}
}
