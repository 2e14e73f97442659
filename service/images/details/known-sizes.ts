import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectory } from '../../../common/directories.js';
import type { KnownSize } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { errnoName } from '../../../linux/errno.js';
import type { Warn } from '../layout/host.js';

/** Images whose sizes are kept; of more the ones counted last. */
const imagesMax = 1000;
/** A longer file is not one that we wrote. */
const bytesMax = 4 * 1024 * 1024;

interface Kept extends KnownSize {
  readonly path: string;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { path, identity, version, bytes, bytesOnDisk, files, countedAt } = value as Record<string, unknown>;
  return (
    typeof path === 'string' &&
    typeof identity === 'string' &&
    (version === undefined || typeof version === 'string') &&
    [bytes, bytesOnDisk, files, countedAt].every(isCount)
  );
}

/**
 * The sizes of trees that were counted, by their paths, in a file that outlives the service. They are believed for what they are: sizes.
 * A file that cannot be read is none.
 */
export class KnownSizes {
  readonly #file: string | undefined;
  readonly #warn: Warn;
  #sizes: Map<string, Kept> | undefined;

  /** @param file its absolute path; undefined to keep them no longer than the service lives */
  constructor(file: string | undefined, warn: Warn) {
    this.#file = file;
    this.#warn = warn;
  }

  /** What was counted of the tree at a path. */
  of(path: string): KnownSize | undefined {
    const { path: _, ...size } = this.#all.get(path) ?? {};
    return 'identity' in size ? size : undefined;
  }

  /** Keeps what was counted. */
  keep(counted: ReadonlyMap<string, KnownSize>): void {
    if (counted.size === 0) return;
    for (const [path, size] of counted) this.#all.set(path, { path, ...size });
    const present = [...this.#all.values()].filter(({ path }) => existsSync(path));
    const latest = present.sort((a, b) => b.countedAt - a.countedAt).slice(0, imagesMax);
    this.#sizes = new Map(latest.map((kept) => [kept.path, kept]));
    this.#write(latest);
  }

  get #all(): Map<string, Kept> {
    this.#sizes ??= new Map(this.#read().map((kept) => [kept.path, kept]));
    return this.#sizes;
  }

  #read(): Kept[] {
    if (this.#file === undefined) return [];
    try {
      if (statSync(this.#file).size > bytesMax) return [];
      const value: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return Array.isArray(value) ? value.filter(isKept).slice(0, imagesMax) : [];
    } catch (error) {
      if (!(error instanceof SyntaxError) && errnoName(error) === undefined) throw error;
      return [];
    }
  }

  /** Where they cannot be kept they are counted again. */
  #write(sizes: readonly Kept[]): void {
    if (this.#file === undefined) return;
    const temporary = `${this.#file}.new`;
    try {
      makeDirectory(dirname(this.#file), 0o700);
      writeFileSync(temporary, `${JSON.stringify(sizes)}\n`, { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch (error) {
      const name = errnoName(error);
      if (name === undefined) throw error;
      this.#warn(`Cannot keep the sizes of images in ${this.#file}: ${name}`);
    }
  }
}
