import { hasCode } from '../../../../linux/errno.js';
import { AT_REMOVEDIR, type Path, unlinkat } from '../../../../linux/files.js';
import { corruptArchive } from '../corrupt.js';
import type { Entry } from '../entry.js';
import type { OpenDirectories } from './directories.js';
import type { Directory } from './directory.js';
import type { EntryMetadata } from './entry-metadata.js';
import { removeTree } from './remove-tree.js';

/** Makes entries where others of the same archive may stand. */
export class Replacing {
  readonly #metadata: EntryMetadata;
  readonly #directories: OpenDirectories;
  readonly #withContents: boolean;

  /** `withContents`: whether a directory goes with all that is in it. Otherwise one that is not empty is refused. */
  constructor(metadata: EntryMetadata, directories: OpenDirectories, withContents: boolean) {
    this.#metadata = metadata;
    this.#directories = directories;
    this.#withContents = withContents;
  }

  /**
   * Makes something new; what stands in its place is unlinked before, never written through: others may share it.
   *
   * @throws Failure Corrupt when that is a directory that is not empty, SystemError; what `make` throws
   */
  replace<Result>(entry: Entry, parent: Directory, name: Path, make: () => Result): Result {
    try {
      return make();
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    this.clear(entry, parent, name);
    return make();
  }

  /**
   * Removes what stands in the place of an entry, if there is anything.
   *
   * @throws Failure Corrupt when that is a directory that is not empty, SystemError
   */
  clear(entry: Entry, parent: Directory, name: Path): void {
    this.#metadata.forget(entry.path);
    this.#directories.forget(entry.path);
    try {
      unlinkat(parent.descriptor, name);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      if (!hasCode(error, 'EISDIR')) throw error;
      this.#removeDirectory(entry, parent, name);
    }
  }

  #removeDirectory({ path, offset }: Entry, parent: Directory, name: Path): void {
    try {
      unlinkat(parent.descriptor, name, AT_REMOVEDIR);
    } catch (error) {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
      if (!this.#withContents) throw corruptArchive('would replace a directory that is not empty', offset, path);
      removeTree(parent.descriptor, name);
    }
  }
}
