import { changeFileFlags, FileFlag } from '../../../linux/attributes.js';
import { keepOwner, type Timestamp, umask } from '../../../linux/files.js';
import { groupPermissions } from '../tar/acl.js';
import { pathOf } from '../tar/byte-string.js';
import { type Attribute, accessAcl, type Labels, treatmentOf } from './attributes.js';
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

/** Seconds since 1970 that file systems store: from 1901 to 2446, as ext4 does. */
const storedEverywhere = { first: -(2 ** 31), last: 2 ** 34 - 2 ** 31 - 1 };

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
    const mode = made.mode === undefined ? undefined : this.#mode(inode, subject, wanted.mode, made.mode, kept);
    for (const attribute of wanted.attributes) {
      const isSet = this.setAttribute(inode, subject, attribute);
      if (!isSet && attribute.name === accessAcl && mode !== undefined)
        this.#narrow(inode, subject, mode, attribute.value);
    }
    this.losses.attempt('times', subject, () => this.setTimes(inode, subject, wanted));
  }

  /** Sets times. The kernel silently takes the nearest one that the file system can store, which is counted as a loss. */
  setTimes(
    inode: Inode,
    subject: Subject,
    { accessed, modified }: Pick<FileDescription, 'accessed' | 'modified'>,
  ): void {
    inode.setTimes(accessed, modified);
    if (typeof modified === 'string') return;
    if (modified.seconds >= storedEverywhere.first && modified.seconds <= storedEverywhere.last) return;
    if (inode.status().modified.seconds !== modified.seconds) this.losses.count('times', subject);
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

  /** Gives back the mode that was set, or should have been. */
  #mode(inode: Inode, subject: Subject, wanted: number, current: number, kept: boolean): number {
    const isLost = !kept && (wanted & setIdBits) !== 0;
    // A program that runs as whoever placed it is not what was meant.
    const mode = isLost ? wanted & ~setIdBits : wanted;
    if (isLost) this.losses.count('modes', subject);
    if (mode !== current || (mode & specialBits) !== 0)
      this.losses.attempt('modes', subject, () => inode.changeMode(mode));
    return mode;
  }

  /** Without its ACL, the group bits of a mode, which are the ACL's mask, would give the group more than the ACL did (acl(5)). */
  #narrow(inode: Inode, subject: Subject, mode: number, acl: Buffer): void {
    const narrow = mode & (~0o070 | (groupPermissions(acl) << 3));
    if (narrow !== mode) this.losses.attempt('modes', subject, () => inode.changeMode(narrow));
  }

  /** Sets one attribute, or counts it as lost. Gives back whether it is there, or need not be. */
  setAttribute(inode: Inode, subject: Subject, { name, value }: Attribute): boolean {
    const treatment = treatmentOf(name, this.#labels);
    if (treatment === 'leave') return true;
    if (name === '' || name.includes('\0')) {
      this.losses.count('attributes', subject);
      return false;
    }
    const set = (): void => {
      try {
        inode.setAttribute(pathOf(name), value);
      } catch (error) {
        if (treatment !== 'try') throw error;
      }
    };
    return this.losses.attempt('attributes', subject, set, name);
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
