import { closeSync, constants, fstatSync } from 'node:fs';
import { createSnapshot, type NestedSubvolume, nestedSubvolumes } from '../../../linux/btrfs.js';
import { DirectoryChain } from '../../../linux/directory-chain.js';
import {
  AT_REMOVEDIR,
  futimens,
  openat2,
  RESOLVE_BENEATH,
  RESOLVE_NO_SYMLINKS,
  timestamp,
  unlinkat,
} from '../../../linux/files.js';

const slash = 0x2f;

function openDirectory(parent: number, path: string | Buffer): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  return openat2(parent, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

function withDirectory(parent: number, path: string | Buffer, action: (descriptor: number) => void): void {
  const descriptor = openDirectory(parent, path);
  try {
    action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes snapshots of a subvolume and of those inside it, however deep they are nested, one level after the other. */
class Snapshots implements Disposable {
  readonly #sources: DirectoryChain;
  readonly #copies: DirectoryChain;
  /** The subvolumes that are still to come, for each level. */
  readonly #levels: NestedSubvolume[][] = [];
  readonly #onSnapshot: (descriptor: number) => void;

  constructor(source: number, copy: number, onSnapshot: (descriptor: number) => void) {
    this.#sources = new DirectoryChain(source);
    this.#copies = new DirectoryChain(copy);
    this.#onSnapshot = onSnapshot;
  }

  run(): void {
    this.#begin();
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      const nested = level.pop();
      if (nested === undefined) this.#leave();
      else this.#enter(nested);
    }
  }

  [Symbol.dispose](): void {
    this.#sources[Symbol.dispose]();
    this.#copies[Symbol.dispose]();
  }

  #begin(): void {
    this.#onSnapshot(this.#copies.current);
    this.#levels.push(nestedSubvolumes(this.#sources.current));
  }

  #leave(): void {
    this.#levels.pop();
    if (this.#levels.length === 0) return;
    this.#sources.pop();
    this.#copies.pop();
  }

  /** In the snapshot an empty directory stands where the original holds another subvolume. */
  #enter({ directory, name }: NestedSubvolume): void {
    const place = Buffer.concat([Buffer.from('./'), directory]);
    const path = Buffer.concat([place, name]);
    const steps = directory.filter((byte) => byte === slash).length + 1;
    this.#sources.push(openDirectory(this.#sources.current, path), steps);
    withDirectory(this.#copies.current, place, (parent) => {
      const before = fstatSync(parent, { bigint: true });
      unlinkat(parent, name, AT_REMOVEDIR);
      createSnapshot(this.#sources.current, parent, name, false);
      futimens(parent, timestamp(before.atimeNs), timestamp(before.mtimeNs));
    });
    this.#copies.push(openDirectory(this.#copies.current, path), steps);
    this.#begin();
  }
}

/**
 * Makes a writable snapshot of an open subvolume, and of all subvolumes inside it, in a directory of the same btrfs.
 * `onSnapshot` is called with each of them, open.
 *
 * @throws SystemError EXDEV from another file system, ENAMETOOLONG when the path from one subvolume to the next has more
 * than some 3,800 bytes, and others; what `onSnapshot` throws
 */
export function snapshotTree(
  source: number,
  directory: number,
  name: string | Buffer,
  onSnapshot: (descriptor: number) => void = () => {},
): void {
  createSnapshot(source, directory, name, false);
  withDirectory(directory, name, (copy) => {
    using snapshots = new Snapshots(source, copy, onSnapshot);
    snapshots.run();
  });
}
