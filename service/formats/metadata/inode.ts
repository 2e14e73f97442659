import { setAttribute } from '../../../linux/attributes.js';
import {
  AT_SYMLINK_NOFOLLOW,
  fchmod,
  fchmodat,
  fchown,
  fchownat,
  futimens,
  type Path,
  type Timestamp,
  utimensat,
} from '../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../linux/status.js';

/** Something whose metadata can be set: open, or by its name in an open directory. */
export interface Inode {
  changeOwner(user: number, group: number): void;
  changeMode(mode: number): void;
  setTimes(accessed: Timestamp, modified: Timestamp): void;
  /** What the kernel tells of it. */
  status(): FileStatus;
  setAttribute(name: Path, value: Buffer): void;
}

/** An open file or directory. */
export class OpenInode implements Inode {
  readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  changeOwner(user: number, group: number): void {
    fchown(this.descriptor, user, group);
  }

  changeMode(mode: number): void {
    fchmod(this.descriptor, mode);
  }

  setTimes(accessed: Timestamp, modified: Timestamp): void {
    futimens(this.descriptor, accessed, modified);
  }

  status(): FileStatus {
    return statusAt(this.descriptor, '');
  }

  setAttribute(name: Path, value: Buffer): void {
    setAttribute(this.descriptor, name, value);
  }
}

/** A symbolic link, device or fifo, which cannot or must not be opened. It was just made, so the name is certain. */
export class NamedInode implements Inode {
  readonly #directory: number;
  readonly #name: Path;

  constructor(directory: number, name: Path) {
    this.#directory = directory;
    this.#name = name;
  }

  changeOwner(user: number, group: number): void {
    fchownat(this.#directory, this.#name, user, group, AT_SYMLINK_NOFOLLOW);
  }

  /** Never called for symbolic links: their mode has no meaning and fchmodat would follow them. */
  changeMode(mode: number): void {
    fchmodat(this.#directory, this.#name, mode);
  }

  setTimes(accessed: Timestamp, modified: Timestamp): void {
    utimensat(this.#directory, this.#name, accessed, modified, AT_SYMLINK_NOFOLLOW);
  }

  status(): FileStatus {
    return statusAt(this.#directory, this.#name);
  }

  setAttribute(name: Path, value: Buffer): void {
    setAttribute(this.#path(), name, value);
  }

  /** There is no setxattrat(2) before Linux 6.13; the link in /proc leads to the directory that is meant. */
  #path(): Path {
    const directory = `/proc/self/fd/${this.#directory}/`;
    return typeof this.#name === 'string'
      ? directory + this.#name
      : Buffer.concat([Buffer.from(directory), this.#name]);
  }
}
