import { hasNoPlace } from '../../../../linux/attributes.js';
import { hasCode } from '../../../../linux/errno.js';
import { fileSystemSpace } from '../../../../linux/space.js';
import { listRoom } from './refusal.js';

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

/** How the kernel says that the caller lacks the right, or the file system the feature. */
const refusals = ['EPERM', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY'];

/** What says who may do what: a file without it is another file. */
const accessAttributes = /posix_acl/;

/** Whether there is no place for an attribute that a file can do without. On a full disk, more than that is lacking. */
function isExtra(error: unknown, root: number): boolean {
  if (!hasNoPlace(error) || !(error instanceof Error) || accessAttributes.test(error.message)) return false;
  return !hasCode(error, 'ENOSPC') || fileSystemSpace(root).availableBytes >= listRoom;
}

/** Decides whether what the kernel refuses is a failure, or a loss to be counted. */
export class LossCounter {
  readonly losses: Losses = { entries: 0, owners: 0, modes: 0, devices: 0, attributes: 0, flags: 0 };
  readonly lenient: boolean;
  readonly #root: number;
  #entry = -1;
  readonly #seen = new Set<LossKind>();

  /** `root` is a descriptor on the file system that is written to. */
  constructor(lenient: boolean, root: number) {
    this.lenient = lenient;
    this.#root = root;
  }

  /** Counts a loss of the entry at this offset of the archive, once per kind. */
  count(kind: LossKind, entry: number): void {
    if (this.#entry !== entry) {
      this.#entry = entry;
      this.#seen.clear();
      this.losses.entries++;
    }
    if (!this.#seen.has(kind)) this.losses[kind]++;
    this.#seen.add(kind);
  }

  /** Does something that may be refused; gives back whether it was done. @throws whatever is no tolerable refusal. */
  attempt(kind: LossKind, entry: number, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      const isTolerable =
        (this.lenient && hasCode(error, ...refusals)) || (kind === 'attributes' && isExtra(error, this.#root));
      if (!isTolerable) throw error;
      this.count(kind, entry);
      return false;
    }
  }
}
