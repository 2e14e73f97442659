import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { failOn } from '../install/file-system-failure.js';
import { whileUnread } from '../install/hold.js';
import { entryOf } from '../install/holder.js';
import { lockImage, lockStateOf } from '../install/locks.js';
import { forEachLeftover } from '../install/temporary.js';
import type { ImageHost } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { allocatedBytes, removeEntry } from '../manage/remove-tree.js';
import { setAside } from '../manage/rename.js';
import { whenPlaced } from '../prune/downloads.js';
import { isOldEnough, type PruneRules } from '../prune/rules.js';
import { findLayers, type KeptLayer } from './kept-layers.js';
import { withoutLeases } from './lease.js';
import { stacksByLayer } from './links.js';

/** What of a layer was removed, or would be. */
export interface RemovedLayer {
  path: string;
  /** The disk space it takes, in bytes. */
  bytes: number;
  reason: 'layer';
  /** When it was placed, in microseconds since 1970; undefined where unknown. */
  time: number | undefined;
}

/** One cleaning of the layers in one directory. */
export interface LayerCleaning {
  root: ImageRoot;
  host: ImageHost;
  dryRun: boolean;
  rules: PruneRules;
  /** Milliseconds since 1970. */
  now: number;
  onFailure: (failure: unknown) => void;
}

/**
 * What of a layer no stack consists of. What systemd had unpacked before Ferry did is in no stack any more, but containers run from it
 * that were started before.
 */
function unneeded({ directory, record, replaced }: KeptLayer, stacks: readonly string[], host: ImageHost): string[] {
  const own = stacks.length > 0 ? [] : [directory, record].filter((name) => name !== undefined);
  return stacks.some((stack) => mayRun(stack, host)) ? own : [...own, ...replaced];
}

/** Whether a container may run from a stack: also where its locks cannot be read. One that is gone by now does not run. */
function mayRun(stack: string, host: ImageHost): boolean {
  try {
    return lockStateOf(stack, host) !== 'free';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Takes something away, or only says what it takes; undefined while somebody uses it. The names of what is to be deleted go to `aside`. */
function takeAway(cleaning: LayerCleaning, name: string, aside: string[]): RemovedLayer | undefined {
  const { root, host, dryRun, rules, now } = cleaning;
  const time = whenPlaced(root, name);
  if (!isOldEnough(time, rules, now)) return undefined;
  try {
    using _lock = lockImage(root.pathOf(name), name, 'exclusive', host);
    return whileUnread(root, name, name, () => {
      const bytes = allocatedBytes(root.descriptor, name);
      if (!dryRun) aside.push(setAside(root, name));
      return { path: root.pathOf(name), bytes, reason: 'layer', time };
    });
  } catch (error) {
    if (error instanceof Failure && error.kind === 'ImageBusy') return undefined;
    throw error;
  }
}

/** The parts of a layer go together: without its record, a directory would be taken for another program's. */
function takeLayer(cleaning: LayerCleaning, names: readonly string[], aside: string[]): RemovedLayer[] {
  const removed: RemovedLayer[] = [];
  for (const name of names) {
    const one = takeAway(cleaning, name, aside);
    if (one === undefined) break;
    removed.push(one);
  }
  return removed;
}

/**
 * Removes the layers in an image directory that no stack consists of, unless somebody has a lease of them; with rules only what they let
 * go. Each layer is the newest download of its digest, so that `keep` keeps all of them.
 *
 * @throws Error of node or SystemError when nobody can tell which layers are needed
 */
export function cleanLayers(cleaning: LayerCleaning): RemovedLayer[] {
  const { root, host, rules, onFailure } = cleaning;
  const layers = findLayers(root);
  if (layers.length === 0 || rules.keep !== undefined) return [];
  const aside: string[] = [];
  const removed = withoutLeases(root.at(''), () => {
    const stacks = stacksByLayer(host, root.path);
    return layers.flatMap((layer) => {
      const names = unneeded(layer, stacks.get(layer.digest) ?? [], host);
      return forEachLeftover(root, names.slice(0, 1), () => takeLayer(cleaning, names, aside), onFailure).flat();
    });
  });
  for (const name of aside) {
    try {
      failOn(root.pathOf(name), () => removeEntry(root.descriptor, entryOf(name)));
    } catch (error) {
      onFailure(error);
    }
  }
  return removed ?? [];
}
