import { changeFileFlags, FileFlag } from '../../../linux/attributes.js';
import { keepOwner, type Timestamp, umask } from '../../../linux/files.js';
import { pathOf } from '../tar/byte-string.js';
import { type Attribute, type Labels, treatmentOf } from './attributes.js';
import { isFlagRefusal } from './flags.js';
import type { Inode } from './inode.js';
import type { LossKeeper, Subject } from './losses.js';

/** Owner of what this process creates. */
export interface Creator {
  user: number;
  group: number;
}

/** What is said about something in a tree: by an archive, or by the tree that is copied. Inode flags are set by themselves. */
export interface FileDescription {
  readonly user: number;
  readonly group: number;
  /** Permissions, with set-id and sticky bits. */
  readonly mode: number;
  readonly accessed: Timestamp;
  readonly modified: Timestamp;
  /** ACLs among them, less what is left out. */
  readonly attributes: Iterable<Attribute>;
}

/** What is known of something that has just been made. */
export interface FreshlyMade {
  /** Undefined for a symbolic link, whose mode means nothing. */
  readonly mode: number | undefined;
  /** Undefined when uncertain. */
  readonly owner: Creator | undefined;
}

const setIdBits = 0o6000;
const specialBits = 0o7000;

/** Sets owners, modes, attributes, times and flags as they were, in the order that the kernel's side effects demand. */
export class MetadataWriter {
  readonly losses: LossKeeper;
  readonly #labels: Labels;

  /** `labels`: what becomes of SELinux labels. */
  constructor(losses: LossKeeper, labels: Labels) {
    this.losses = losses;
    this.#labels = labels;
  }

  /** The owner comes first because chown(2) clears set-id bits and capabilities; ACLs change the mode; the time comes last. */
  describe(inode: Inode, subject: Subject, wanted: FileDescription, made: FreshlyMade): void {
    const kept = this.#owner(inode, subject, wanted, made.owner);
    if (made.mode !== undefined) this.#mode(inode, subject, wanted.mode, made.mode, kept);
    for (const attribute of wanted.attributes) this.setAttribute(inode, subject, attribute);
    inode.setTimes(wanted.accessed, wanted.modified);
  }

  /** Gives back whether the owner is the one that is wanted now. */
  #owner(inode: Inode, subject: Subject, wanted: Creator, current: Creator | undefined): boolean {
    const user = isOwner(wanted.user) ? wanted.user : keepOwner;
    const group = isOwner(wanted.group) ? wanted.group : keepOwner;
    const known = user !== keepOwner && group !== keepOwner;
    if (!known) this.losses.count('owners', subject);
    if (current !== undefined && user === current.user && group === current.group) return true;
    const done = this.losses.attempt('owners', subject, () => inode.changeOwner(user, group));
    return done && known;
  }

  #mode(inode: Inode, subject: Subject, wanted: number, current: number, kept: boolean): void {
    const isLost = !kept && (wanted & setIdBits) !== 0;
    // A program that runs as whoever placed it is not what was meant.
    const mode = isLost ? wanted & ~setIdBits : wanted;
    if (isLost) this.losses.count('modes', subject);
    if (mode !== current || (mode & specialBits) !== 0) inode.changeMode(mode);
  }

  /** Sets one attribute, or counts it as lost. */
  setAttribute(inode: Inode, subject: Subject, { name, value }: Attribute): void {
    const treatment = treatmentOf(name, this.#labels);
    if (treatment === 'leave') return;
    this.losses.attempt('attributes', subject, () => {
      try {
        inode.setAttribute(pathOf(name), value);
      } catch (error) {
        if (treatment !== 'try') throw error;
      }
    });
  }

  /**
   * Takes a file out of copy-on-write, which only an empty one can be, or a directory. It is a hint and no data: where it cannot be
   * had it is counted, and never a failure.
   */
  takeHint(descriptor: number, subject: Subject, flags: number): void {
    if ((flags & FileFlag.noCopyOnWrite) === 0) return;
    try {
      changeFileFlags(descriptor, FileFlag.noCopyOnWrite, 0);
    } catch (error) {
      if (!isFlagRefusal(error)) throw error;
      this.losses.count('flags', subject);
    }
  }

  /** Sets the other flags, or counts them as lost. Those that lock come last of all: what has them takes nothing else. */
  setFlags(descriptor: number, subject: Subject, flags: number): void {
    const others = flags & ~FileFlag.noCopyOnWrite;
    if (others !== 0) this.losses.attempt('flags', subject, () => changeFileFlags(descriptor, others, 0));
  }
}

/** Whether a user or group id can be set: 32 bits, and not the one that chown(2) takes as "leave it". */
export function isOwner(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < 0xffffffff;
}

/**
 * Runs something with the process's umask at 0, so that files are created with their final mode; the action is given the mask that is
 * otherwise there. For all threads: umask belongs to the process (umask(2)), which is why node keeps it from workers.
 */
export function withoutUmask<Result>(action: (before: number) => Result): Result {
  const before = umask(0);
  try {
    return action(before);
  } finally {
    umask(before);
  }
}
