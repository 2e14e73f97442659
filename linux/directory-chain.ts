import { type BigIntStats, constants, fstatSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { SystemError } from './errno.js';
import { close, openat } from './files.js';

/** How many directories of a chain are open at a time, beside the root: the deepest ones. */
const openMax = 32;
const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** So many steps up fit into one path (PATH_MAX of linux/limits.h). */
const stepsMax = 1000;

interface Level {
  /** -1 while it is closed. */
  descriptor: number;
  /** What it was when it was closed. */
  identity: Pick<BigIntStats, 'dev' | 'ino'> | undefined;
  /** How many directories above this one the level before it is. */
  steps: number;
}

/**
 * The directories from the root of a tree down to where a walk through it is, for trees of any depth and any length of
 * their paths: only the deepest of them are open. On the way up the others are opened again by `..`, and have to be those
 * that were left: whoever moves directories about meanwhile leads the walk nowhere else. Disposal closes all but the root.
 */
export class DirectoryChain implements Disposable {
  readonly #levels: Level[];
  /** How many levels are closed; they follow the root. */
  #closed = 0;

  /** `root` stays the caller's. */
  constructor(root: number) {
    this.#levels = [{ descriptor: root, identity: undefined, steps: 0 }];
  }

  /** The descriptor of the deepest directory, valid until the next push or pop. */
  get current(): number {
    return this.#levels.at(-1)?.descriptor ?? -1;
  }

  /** How many directories have been entered below the root. */
  get depth(): number {
    return this.#levels.length - 1;
  }

  /** Enters a directory, `steps` below the current one, and takes over its descriptor. */
  push(descriptor: number, steps = 1): void {
    this.#levels.push({ descriptor, identity: undefined, steps });
    if (this.depth - this.#closed > openMax) this.#closeNext();
  }

  /**
   * Leaves the deepest directory.
   *
   * @throws SystemError ESTALE when the one above is another one by now
   */
  pop(): void {
    const left = this.#levels.pop();
    if (left === undefined) return;
    try {
      const above = this.#levels.at(-1);
      if (above?.identity !== undefined) this.#reopen(above, left);
    } finally {
      close(left.descriptor);
    }
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#levels.splice(1)) if (descriptor >= 0) close(descriptor);
  }

  #closeNext(): void {
    this.#closed++;
    const level = this.#levels[this.#closed];
    if (level === undefined) return;
    level.identity = fstatSync(level.descriptor, { bigint: true });
    close(level.descriptor);
    level.descriptor = -1;
  }

  #reopen(above: Level, { descriptor, steps }: Level): void {
    const found = openAbove(descriptor, steps);
    const { dev, ino } = fstatSync(found, { bigint: true });
    if (dev !== above.identity?.dev || ino !== above.identity.ino) {
      close(found);
      throw new SystemError('openat', osConstants.errno.ESTALE, '..');
    }
    above.descriptor = found;
    above.identity = undefined;
    this.#closed--;
  }
}

/** Opens the directory so many levels above an open one. */
function openAbove(descriptor: number, steps: number): number {
  const path = Array(Math.min(steps, stepsMax)).fill('..').join('/');
  const above = openat(descriptor, path, openDirectory);
  if (steps <= stepsMax) return above;
  try {
    return openAbove(above, steps - stepsMax);
  } finally {
    close(above);
  }
}
