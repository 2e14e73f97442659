import { hasCode } from '../../system/call.js';

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

/** Decides whether what the kernel refuses is a failure, or a loss to be counted. */
export class LossCounter {
  readonly losses: Losses = { entries: 0, owners: 0, modes: 0, devices: 0, attributes: 0, flags: 0 };
  readonly lenient: boolean;
  #entry = -1;
  readonly #seen = new Set<LossKind>();

  constructor(lenient: boolean) {
    this.lenient = lenient;
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
      if (!this.lenient || !hasCode(error, ...refusals)) throw error;
      this.count(kind, entry);
      return false;
    }
  }
}
