import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../../common/directories.js';
import { failOn } from '../install/file-system-failure.js';

/**
 * An open image directory. Everything in it is reached through its descriptor, so that what a process has begun in one
 * directory it also ends there, whatever happens to the path meanwhile.
 */
export class ImageRoot implements Disposable {
  private constructor(
    /** As people know it, without trailing slashes. */
    readonly path: string,
    readonly descriptor: number,
  ) {}

  /**
   * Opens an image directory; with `create`, makes it (mode 0700, its parents too) where it is missing.
   *
   * @throws Failure FileSystemError, with `create` also InsufficientSpace
   */
  static open(path: string, { create = false } = {}): ImageRoot {
    const plain = path.replace(/(?<=.)\/+$/, '');
    return failOn(plain, () => {
      // What is there but no directory is told by the open, not by 'exists already'.
      if (create && !existsSync(plain)) makeDirectory(plain, 0o700);
      return new ImageRoot(plain, openSync(plain, constants.O_RDONLY | constants.O_DIRECTORY));
    });
  }

  /** A path for system calls that leads to an entry through the descriptor. The last component is not resolved by it. */
  at(name: string): string {
    return `/proc/self/fd/${this.descriptor}/${name}`;
  }

  /** The path of an entry for people. */
  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** The names of all entries. One that is not valid UTF-8, which no image can have, comes mangled and leads nowhere. */
  names(): string[] {
    return readdirSync(`/proc/self/fd/${this.descriptor}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}
