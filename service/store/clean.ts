import { statSync } from 'node:fs';
import { Failure } from '../failure.js';
import { failOn } from './fileSystemFailure.js';
import type { ImageHost } from './host.js';
import { lockImage } from './locks.js';
import { isPartialName } from './partial.js';
import { parsePristineName, sidecarSuffixes } from './pristineNames.js';
import { allocatedBytes, removeEntry } from './removeTree.js';
import { setAside } from './rename.js';
import { ImageRoot } from './root.js';
import { cleanStale, removeUnlocked } from './temporary.js';

/** Something that cleanImages() removed, or would remove. */
export interface Leftover {
  path: string;
  /** The disk space it takes, in bytes. */
  bytes: number;
  reason: 'original' | 'partial' | 'temporary';
}

/** Whether a name is that of a pristine original or of one of its sidecars. */
function isPristine(name: string): boolean {
  if (parsePristineName(name) !== null) return true;
  return /^\.(raw|tar)-/.test(name) && sidecarSuffixes.some((suffix) => name.endsWith(suffix));
}

/** Null when the original is in use: somebody copies from it. */
function cleanOriginal(root: ImageRoot, name: string, dryRun: boolean, host: ImageHost): Leftover | null {
  const path = root.pathOf(name);
  try {
    using _lock = lockImage(path, name, 'exclusive', host);
    return failOn(path, () => {
      const bytes = allocatedBytes(root.descriptor, name);
      if (!dryRun) removeEntry(root.descriptor, setAside(root, name));
      return { path, bytes, reason: 'original' };
    });
  } catch (error) {
    if (error instanceof Failure && error.kind === 'ImageBusy') return null;
    if (error instanceof Failure && 'errorName' in error.facts && error.facts.errorName === 'ENOENT') return null;
    throw error;
  }
}

function cleanPartials(root: ImageRoot, dryRun: boolean): Leftover[] {
  const names = root.names().filter(isPartialName).sort();
  const removed = names.map((name) => failOn(root.pathOf(name), () => removeUnlocked(root, name, dryRun)));
  return removed.filter((one) => one !== null).map((one) => ({ ...one, reason: 'partial' as const }));
}

/**
 * Removes the pristine originals in an image directory, with their sidecars, and what ended transfers have left, partial
 * downloads too. What is
 * in use stays. With `dryRun` it only says what it would remove. Throws Failure.
 */
export function cleanImages(rootPath: string, host: ImageHost, { dryRun = false } = {}): Leftover[] {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return [];
  using root = ImageRoot.open(rootPath);
  const originals = root.names().filter(isPristine).sort();
  const removed = originals.map((name) => cleanOriginal(root, name, dryRun, host)).filter((one) => one !== null);
  const stale = cleanStale(root, { dryRun }).map((leftover) => ({ ...leftover, reason: 'temporary' as const }));
  return [...removed, ...cleanPartials(root, dryRun), ...stale];
}
