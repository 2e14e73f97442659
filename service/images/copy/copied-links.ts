import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { hasCode } from '../../../linux/errno.js';
import { AT_REMOVEDIR, close, linkat, mkdirat, openat, unlinkat } from '../../../linux/files.js';
import { PATH_MAX } from '../../../linux/headers/constants.js';
import { type ByteString, pathOf } from '../../formats/tar/byte-string.js';

/** What one system call can be given as a path, without its NUL. */
const pathMax = PATH_MAX - 1;

/** A directory of the copy, by its name in the one above. */
export interface CopiedDirectory {
  readonly name: ByteString;
  readonly above: CopiedDirectory | undefined;
  /** Of its path below the root of the copy, with a slash at its end; 0 for the root. In bytes. */
  readonly length: number;
}

/**
 * Where the first of several names of a file is in a copy. What lies too deep to be named from its root gets one more name in a
 * directory of its own there, until the copy is complete.
 */
export class CopiedLinks {
  readonly #root: number;
  readonly #first = new Map<string, ByteString>();
  readonly #atEnd: { path: ByteString; action: (descriptor: number) => void }[] = [];
  #staging: ByteString | undefined;
  #staged = 0;

  /** `root` is the open root of the copy. */
  constructor(root: number) {
    this.#root = root;
  }

  /** A path, from the root of the copy, of the file's first name; undefined when there is none yet. */
  find(identity: string): ByteString | undefined {
    return this.#first.get(identity);
  }

  /** Remembers the first name of a file, which has just been made in a directory, open as `descriptor`. */
  add(identity: string, directory: CopiedDirectory, descriptor: number, name: ByteString): ByteString {
    const path = directory.length + name.length > pathMax ? this.#stage(descriptor, name) : pathTo(directory) + name;
    this.#first.set(identity, path);
    return path;
  }

  /** Has something done to a file that `add` has given a path to, open, once it has all of its names. */
  atEnd(path: ByteString, action: (descriptor: number) => void): void {
    this.#atEnd.push({ path, action });
  }

  /** Does what was to be done at the end, and takes away all names that only served to find files. */
  finish(): void {
    for (const { path, action } of this.#atEnd) this.#doTo(path, action);
    if (this.#staging === undefined) return;
    for (const path of this.#first.values()) if (this.#isStaged(path)) this.#drop(path);
    unlinkat(this.#root, pathOf(this.#staging), AT_REMOVEDIR);
  }

  /** The name goes first: a file that is immutable by then would keep it. */
  #doTo(path: ByteString, action: (descriptor: number) => void): void {
    const descriptor = openat(this.#root, pathOf(path), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if (this.#isStaged(path)) this.#drop(path);
      action(descriptor);
    } finally {
      close(descriptor);
    }
  }

  #isStaged(path: ByteString): boolean {
    return this.#staging !== undefined && path.startsWith(`${this.#staging}/`);
  }

  #drop(path: ByteString): void {
    try {
      unlinkat(this.#root, pathOf(path));
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }

  #stage(descriptor: number, name: ByteString): ByteString {
    this.#staging ??= this.#makeStaging();
    const path = `${this.#staging}/${this.#staged++}`;
    linkat(descriptor, pathOf(name), this.#root, pathOf(path));
    return path;
  }

  #makeStaging(): ByteString {
    const name = `.#links${randomBytes(8).toString('hex')}`;
    mkdirat(this.#root, name, 0o700);
    return name;
  }
}

export function pathTo(directory: CopiedDirectory): ByteString {
  const names: ByteString[] = [];
  for (let at: CopiedDirectory | undefined = directory; at?.above !== undefined; at = at.above) names.push(at.name);
  return names
    .reverse()
    .map((name) => `${name}/`)
    .join('');
}

/** Something in the tree, by its name. */
export class Item {
  readonly name: ByteString;
  readonly above: CopiedDirectory | undefined;

  constructor(above: CopiedDirectory | undefined, name: ByteString) {
    this.above = above;
    this.name = name;
  }

  get path(): ByteString {
    return (this.above === undefined ? '' : pathTo(this.above)) + this.name;
  }
}
