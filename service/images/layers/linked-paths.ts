import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import {
  close,
  mkdirat,
  openat,
  openat2,
  type Path,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
} from '../../../linux/files.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';
import { FollowedLinks } from '../../formats/tar/unpack/followed-links.js';

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Finds directories below the root of a tree, where paths lead through symbolic links in it as for a process whose root that is. */
export class LinkedPaths implements Disposable {
  readonly #root: number;
  readonly #links: FollowedLinks;
  #open: { path: ByteString; descriptor: number } | undefined;

  /** `root` is the open root of the tree. */
  constructor(root: number) {
    this.#root = root;
    this.#links = new FollowedLinks((path) => this.#directory(path), { dangling: true });
  }

  /**
   * The path without the links in it. What it names need not be there. Undefined where no link is in it, or too many.
   *
   * @throws SystemError
   */
  follow(path: ByteString): ByteString | undefined {
    return path === '' ? undefined : this.#links.follow(path);
  }

  /** Something was removed, perhaps a link. */
  forget(): void {
    this.#links.forget();
    this[Symbol.dispose]();
  }

  /**
   * Opens a directory whose path has no links, and makes it with that mode, where one is given and it is missing. Undefined where there
   * is none, or something on the way is not a directory.
   *
   * @throws SystemError
   */
  open(path: ByteString, mode: number | undefined): number | undefined {
    try {
      return this.#opened(path);
    } catch (error) {
      if (hasCode(error, 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    return mode === undefined ? undefined : this.#made(path, mode);
  }

  [Symbol.dispose](): void {
    if (this.#open !== undefined) close(this.#open.descriptor);
    this.#open = undefined;
  }

  /** From the top, for each step may be missing. */
  #made(path: ByteString, mode: number): number | undefined {
    let directory = this.#opened('');
    for (const name of path.split('/').map(pathOf)) {
      const next = openOrMake(directory, name, mode);
      close(directory);
      if (next === undefined) return undefined;
      directory = next;
    }
    return directory;
  }

  #opened(path: ByteString): number {
    return openat2(this.#root, path === '' ? '.' : pathOf(path), openFlags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  #directory(path: ByteString): number {
    if (path === '') return this.#root;
    if (this.#open?.path === path) return this.#open.descriptor;
    const descriptor = this.#opened(path);
    this[Symbol.dispose]();
    this.#open = { path, descriptor };
    return descriptor;
  }
}

function openOrMake(parent: number, name: Path, mode: number): number | undefined {
  try {
    mkdirat(parent, name, mode);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  try {
    return openat(parent, name, openFlags);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}
