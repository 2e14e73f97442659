import type { Loss, LossKind } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { cannotBeSet } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { fileSystemSpace } from '../../../linux/space.js';
import { firstOf, lastOf } from '../../../varlink/text.js';
import { type ByteString, display } from '../tar/byte-string.js';
import { listRoom } from '../tar/unpack/refusal.js';

/*
 * What the kernel cannot store, or does not let us store, is either a failure or a loss that is counted. This is the one place that
 * decides which: everything that sets metadata asks a LossKeeper. The kernel's answer decides, never who runs Ferry: root lacks
 * rights too, in containers and user namespaces.
 */

export type { Loss, LossKind };

/** What could not be kept. */
export interface Losses {
  /** Entries that lost anything, each counted once. */
  entries: number;
  /** By kind, those with the most losses first, and without those that nothing was lost of. */
  kinds: Loss[];
}

/** Something in a tree, by which losses are told apart: one object for each. */
export interface Subject {
  /** Below the root of the tree. */
  readonly path: ByteString;
}

/** Decides whether what the kernel refuses is a failure, or a loss that is counted. */
export interface LossKeeper {
  /**
   * Does something that may be refused; gives back whether it was done. `detail`: what of the subject it concerns, for people.
   *
   * @throws what the action throws, unless it is a tolerable refusal
   */
  attempt(kind: LossKind, subject: Subject, action: () => void, detail?: ByteString): boolean;
  /** Counts a loss, once for each subject, kind and detail. */
  count(kind: LossKind, subject: Subject, detail?: ByteString): void;
}

/** Everything must be kept, but for hints. */
export const exact: LossKeeper = {
  attempt(_kind, _subject, action) {
    action();
    return true;
  },
  count() {},
};

/** How the kernel says that the caller lacks the right, or the file system the feature. EOVERFLOW: no such id in this namespace. */
const refusals = ['EPERM', 'EACCES', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'ENOSYS', 'EOVERFLOW'];
/** What setxattr(2) and link(2) say besides, of an attribute that is too large, and of a file with too many names. */
const refusalsBesides: Partial<Record<LossKind, readonly string[]>> = {
  attributes: ['E2BIG', 'ERANGE', 'ENOSPC', 'EDQUOT'],
  links: ['EMLINK'],
};

/**
 * Whether an error means no more than that the kernel cannot store something of that kind. On a full disk, more than that is lacking.
 * `root` is a descriptor on the file system that is written to.
 *
 * @throws SystemError when the free space of the file system cannot be told
 */
export function isRefusal(kind: LossKind, error: unknown, root: number): boolean {
  if (hasCode(error, ...refusals)) return true;
  if (!hasCode(error, ...(refusalsBesides[kind] ?? []))) return false;
  return !hasCode(error, 'ENOSPC') || fileSystemSpace(root).availableBytes >= listRoom;
}

/** So many losses are named, of each kind. */
const examplesMax = 3;
/** So many characters of a name are shown. */
const exampleLength = 100;

/** How an entry is named for people: `'a'`, or `user.x of 'a'`. */
function exampleOf({ path }: Subject, detail: ByteString | undefined): string {
  const name = path === '' ? 'the root' : `'${shortened(path)}'`;
  return detail === undefined ? name : `${shortened(detail)} of ${name}`;
}

function shortened(bytes: ByteString): string {
  const text = display(bytes);
  return text.length > exampleLength
    ? `${firstOf(text, exampleLength * 0.6)}…${lastOf(text, exampleLength * 0.3)}`
    : text;
}

/** Counts what a tree that comes in loses. */
export class LossCounter implements LossKeeper {
  #entries = 0;
  readonly #kinds = new Map<LossKind, Loss>();
  readonly #root: number;
  /** What is counted of each, by kind and detail; a directory may come up again after all that is in it. */
  readonly #seen = new WeakMap<Subject, Set<string>>();

  /** `root` is a descriptor on the file system that is written to. */
  constructor(root: number) {
    this.#root = root;
  }

  get losses(): Losses {
    return { entries: this.#entries, kinds: [...this.#kinds.values()].sort((one, other) => other.count - one.count) };
  }

  count(kind: LossKind, subject: Subject, detail?: ByteString): void {
    const seen = this.#seen.get(subject) ?? this.#first(subject);
    const key = `${kind} ${detail ?? ''}`;
    if (seen.has(key)) return;
    seen.add(key);
    const loss = this.#kinds.get(kind) ?? { kind, count: 0, examples: [] };
    this.#kinds.set(kind, loss);
    loss.count++;
    if (loss.examples.length < examplesMax) loss.examples.push(exampleOf(subject, detail));
  }

  #first(subject: Subject): Set<string> {
    const seen = new Set<string>();
    this.#seen.set(subject, seen);
    this.#entries++;
    return seen;
  }

  attempt(kind: LossKind, subject: Subject, action: () => void, detail?: ByteString): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!isRefusal(kind, error, this.#root)) throw error;
      this.count(kind, subject, detail);
      return false;
    }
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
