import { statSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { failOn } from '../install/file-system-failure.js';
import { lockImage } from '../install/locks.js';
import {
  type CleanOptions,
  cleanStale,
  forEachLeftover,
  type RemovedLeftover,
  removeUnlocked,
  withFailures,
} from '../install/temporary.js';
import type { ImageHost } from '../layout/host.js';
import { parsePristineName, pristineSuffixes } from '../layout/pristine-names.js';
import { ImageRoot } from '../layout/root.js';
import { isPartialName } from '../pristine/partial.js';
import { allocatedBytes } from './remove-tree.js';
import { removeAside } from './rename.js';

/** Something that cleanImages() removed, or would remove. */
export interface Leftover {
  path: string;
  /** The disk space it takes, in bytes. */
  bytes: number;
  reason: 'original' | 'partial' | 'temporary';
}

/** Whether a name is that of a pristine original or of what hangs off one, which may be there without it. */
function isPristine(name: string): boolean {
  if (parsePristineName(name) !== undefined) return true;
  return /^\.(raw|tar)-/.test(name) && pristineSuffixes.some((suffix) => name.endsWith(suffix));
}

/** Undefined when the original is in use: somebody copies from it. */
function cleanOriginal(root: ImageRoot, name: string, dryRun: boolean, host: ImageHost): Leftover | undefined {
  const path = root.pathOf(name);
  try {
    using _lock = lockImage(path, name, 'exclusive', host);
    return failOn(path, () => {
      const bytes = allocatedBytes(root.descriptor, name);
      if (!dryRun) removeAside(root, name);
      return { path, bytes, reason: 'original' };
    });
  } catch (error) {
    if (error instanceof Failure && error.kind === 'ImageBusy') return undefined;
    if (error instanceof Failure && 'errorName' in error.facts && error.facts.errorName === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Removes the pristine originals in an image directory, with their sidecars and proofs, and what ended transfers have left, partial
 * downloads too. What is in use stays, and what cannot be removed keeps nothing else from it. With `dryRun` it only says what
 * it would remove.
 *
 * @throws Failure FileSystemError when the directory cannot be opened; FileSystemError or InsufficientSpace when something
 * cannot be removed, the first one when all has been tried, unless `onFailure` is told of each
 */
export function cleanImages(rootPath: string, host: ImageHost, options: CleanOptions = {}): Leftover[] {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return [];
  using root = ImageRoot.open(rootPath);
  const { dryRun = false } = options;
  const names = (isWanted: (name: string) => boolean) => root.names().filter(isWanted).sort();
  return withFailures(options.onFailure, (onFailure) => {
    const original = (name: string) => cleanOriginal(root, name, dryRun, host);
    const originals = forEachLeftover(root, names(isPristine), original, onFailure);
    const stale = cleanStale(root, { dryRun, onFailure });
    const partial = (name: string) => removeUnlocked(root, name, dryRun);
    const partials = forEachLeftover(root, names(isPartialName), partial, onFailure);
    const as = (reason: Leftover['reason']) => (leftover: RemovedLeftover) => ({ ...leftover, reason });
    return [...originals, ...partials.map(as('partial')), ...stale.map(as('temporary'))];
  });
}
