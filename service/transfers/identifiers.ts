import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Hands out transfer identifiers that are never used twice within a boot: the last one is kept in a file below /run. */
export class Identifiers {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The next identifier. Throws node's errors when the file cannot be written: an identifier used twice would lie. */
  next(): number {
    const id = this.#last() + 1;
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(`${this.#path}.new`, `${id}\n`);
    renameSync(`${this.#path}.new`, this.#path);
    return id;
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
