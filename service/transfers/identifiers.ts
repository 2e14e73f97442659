import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../../common/directories.js';
import { failOn } from '../images/install/file-system-failure.js';

/** Hands out transfer identifiers that are never used twice within a boot: the last one is kept in a file below /run. */
export class Identifiers {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The next identifier.
   *
   * @throws Failure InsufficientSpace, FileSystemError when the file cannot be written: an identifier used twice would lie
   */
  next(): number {
    const id = this.#last() + 1;
    failOn(this.#path, () => this.#keep(id));
    return id;
  }

  #keep(id: number): void {
    makeDirectory(dirname(this.#path));
    writeFileSync(`${this.#path}.new`, `${id}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }

  #last(): number {
    try {
      const last = Number.parseInt(readFileSync(this.#path, 'utf8'), 10);
      return Number.isSafeInteger(last) && last > 0 ? last : 0;
    } catch {
      return 0;
    }
  }
}
