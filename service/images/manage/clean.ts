import { statSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { failOn } from '../install/file-system-failure.js';
import { isTemporaryName } from '../install/holder.js';
import { lockImage } from '../install/locks.js';
import { type CleanOptions, forEachLeftover, removeUnlocked, withFailures } from '../install/temporary.js';
import { cleanLayers } from '../layers/clean-layers.js';
import type { ImageHost } from '../layout/host.js';
import { ImageRoot } from '../layout/root.js';
import { isPartialName, partialName } from '../pristine/partial.js';
import { findDownloads, type KeptDownload, whenPlaced, whenWritten } from '../prune/downloads.js';
import { chooseDownloads, isOldEnough, type PruneRules } from '../prune/rules.js';
import { allocatedBytes } from './remove-tree.js';
import { removeAside } from './rename.js';

/** Something that cleanImages() removed, or would remove. */
export interface Leftover {
  path: string;
  /** The disk space it takes, in bytes. */
  bytes: number;
  reason: 'original' | 'layer' | 'partial' | 'temporary';
  /** When it was placed, or last written to if it is incomplete, in microseconds since 1970; undefined where unknown. */
  time: number | undefined;
}

export interface CleanImagesOptions extends CleanOptions {
  rules?: PruneRules;
  /** Milliseconds since 1970. */
  now?: number;
}

/** One cleaning of one directory. */
interface Cleaning {
  root: ImageRoot;
  host: ImageHost;
  dryRun: boolean;
  rules: PruneRules;
  now: number;
  onFailure: (failure: unknown) => void;
}

function isInUseOrGone(error: unknown): boolean {
  if (!(error instanceof Failure)) return false;
  return error.kind === 'ImageBusy' || ('errorName' in error.facts && error.facts.errorName === 'ENOENT');
}

function removeFile({ root, dryRun }: Cleaning, name: string, time: number | undefined): Leftover {
  const path = root.pathOf(name);
  return failOn(path, () => {
    const bytes = allocatedBytes(root.descriptor, name);
    if (!dryRun) removeAside(root, name);
    return { path, bytes, reason: 'original', time };
  });
}

/** Does something under the lock of a file, unless somebody uses it or it is gone. */
function whileLocked({ root, host }: Cleaning, name: string, action: () => void): void {
  try {
    using _lock = lockImage(root.pathOf(name), name, 'exclusive', host);
    action();
  } catch (error) {
    if (!isInUseOrGone(error)) throw error;
  }
}

/**
 * Removes a download with what hangs off it. One that somebody copies from stays whole, and so does one that a pull has replaced
 * since it was chosen.
 */
function cleanDownload(cleaning: Cleaning, { original, companions, placed }: KeptDownload): Leftover[] {
  const { root, onFailure } = cleaning;
  const removed: Leftover[] = [];
  const removeAll = (names: readonly string[]) => {
    const remove = (name: string) =>
      whileLocked(cleaning, name, () => removed.push(removeFile(cleaning, name, placed)));
    forEachLeftover(root, names, remove, onFailure);
  };
  if (original === undefined) removeAll(companions);
  else
    whileLocked(cleaning, original, () => {
      if (whenPlaced(root, original) !== placed) return;
      removed.push(removeFile(cleaning, original, placed));
      removeAll(companions);
    });
  return removed;
}

/** Removes what an ended transfer left, if it is old enough. */
function cleanRest(cleaning: Cleaning, name: string, reason: 'partial' | 'temporary'): Leftover | undefined {
  const { root, rules, now, dryRun } = cleaning;
  const time = whenWritten(root, name);
  if (!isOldEnough(time, rules, now) || rules.pulled?.some((url) => name === partialName(url))) return undefined;
  const removed = removeUnlocked(root, name, dryRun);
  return removed && { ...removed, reason, time };
}

/**
 * Removes the pristine originals in an image directory, with their sidecars and proofs, the layers that no image consists of, and what
 * ended transfers have left, partial downloads too; with `rules` only what they let go. What is in use stays, and what cannot be removed keeps nothing else from it.
 * With `dryRun` it only says what it would remove.
 *
 * @throws Failure FileSystemError when the directory cannot be opened; FileSystemError or InsufficientSpace when something
 * cannot be removed, the first one when all has been tried, unless `onFailure` is told of each
 */
export function cleanImages(rootPath: string, host: ImageHost, options: CleanImagesOptions = {}): Leftover[] {
  if (!statSync(rootPath, { throwIfNoEntry: false })?.isDirectory()) return [];
  using root = ImageRoot.open(rootPath);
  const { dryRun = false, rules = {}, now = Date.now() } = options;
  return withFailures(options.onFailure, (onFailure) => {
    const cleaning: Cleaning = { root, host, dryRun, rules, now, onFailure };
    const chosen = chooseDownloads(findDownloads(root), rules, { root: root.path, nowMs: now });
    const originals = chosen.flatMap((download) => {
      const name = download.original ?? download.companions[0] ?? '';
      return forEachLeftover(root, [name], () => cleanDownload(cleaning, download), onFailure).flat();
    });
    const rest = (reason: 'partial' | 'temporary', isMeant: (name: string) => boolean) => {
      const names = root.names().filter(isMeant).sort();
      return forEachLeftover(root, names, (name) => cleanRest(cleaning, name, reason), onFailure);
    };
    const layers = failOn(root.path, () => cleanLayers(cleaning));
    return [...originals, ...layers, ...rest('partial', isPartialName), ...rest('temporary', isTemporaryName)];
  });
}
