import { closeSync, symlinkSync } from 'node:fs';
import { isSubvolume } from '../../../linux/btrfs.js';
import { mkdirat, RENAME_NOREPLACE, renameat2 } from '../../../linux/files.js';
import type { LossKeeper } from '../../formats/metadata/losses.js';
import { withoutUmask } from '../../formats/metadata/writer.js';
import { failOn } from '../install/file-system-failure.js';
import { openTree } from '../install/holder.js';
import { createTemporaryTree, type Temporary } from '../install/temporary.js';
import type { ImageRoot } from '../layout/root.js';
import { type ApplyOptions, applyLayers, type OpenLayers } from './apply.js';
import { isShareable, LowerView } from './lower-view.js';
import { layerName } from './names.js';
import type { Layer } from './record.js';
import { describeDirectory } from './stack-mode.js';

/** overlayfs takes 500 layers (OVL_MAX_STACK), and one may become another when a stack is made read-only. */
const layersMax = 490;

export interface StackOptions extends ApplyOptions {
  readonly readOnly: boolean;
}

/** How many of the lowest layers cannot be shared, or are too many. */
function countMerged(layers: OpenLayers): number {
  const below = new LowerView();
  let merged = Math.max(0, new Set(layers.order).size - layersMax);
  for (const [index, digest] of layers.order.entries()) {
    const layer = layers.get(digest);
    // overlayfs takes all of a btrfs for one file system, so that what has the same number in two subvolumes looks like one file.
    if (isSubvolume(layer.descriptor) || !isShareable(layer, below)) merged = Math.max(merged, index + 1);
    below.add(layer);
  }
  return merged;
}

/** That of the highest layer that hides all below it: overlayfs knows no opaque roots. */
function indexOfLowest(layers: OpenLayers): number {
  return Math.max(
    0,
    layers.order.findLastIndex((digest) => layers.get(digest).record.opaque.includes('')),
  );
}

/** The highest layer that says something of the root. */
function rootOf(layers: OpenLayers): Layer | undefined {
  const digest = layers.order.findLast((each) => !layers.get(each).record.implicit.includes(''));
  const chosen = digest ?? layers.order[0];
  return chosen === undefined ? undefined : layers.get(chosen);
}

/** Makes an empty directory in a stack whose root looks like that of a layer. */
function makeDirectory(stack: number, name: string, like: Layer | undefined, losses: LossKeeper): void {
  mkdirat(stack, name, like === undefined ? 0o755 : 0o700);
  if (like === undefined) return;
  const directory = openTree(stack, name);
  try {
    describeDirectory(like.descriptor, directory, losses);
  } finally {
    closeSync(directory);
  }
}

function fill(stack: Temporary, root: ImageRoot, layers: OpenLayers, options: StackOptions): void {
  const { descriptor } = stack;
  const count = countMerged(layers);
  const get = (digest: string) => layers.get(digest);
  let next = 0;
  if (count > 0) {
    const order = layers.order.slice(0, count);
    // systemd makes its stacks without subvolumes.
    using tree = applyLayers(root, { order, get }, { ...options, subvolumes: false });
    renameat2(root.descriptor, tree.name, descriptor, `layer@${next++}`, RENAME_NOREPLACE);
    tree.settle();
  }
  // overlayfs takes no directory twice; what counts of equal layers is the highest.
  const shared = layers.order.slice(Math.max(count, indexOfLowest(layers)));
  const linked = shared.filter((digest, index) => shared.lastIndexOf(digest) === index);
  for (const digest of linked) symlinkSync(`../${layerName(digest)}`, `/proc/self/fd/${descriptor}/layer@${next++}`);
  const like = rootOf(layers);
  const highest = linked.at(-1);
  if (!options.readOnly) {
    mkdirat(descriptor, 'rw', 0o755);
    makeDirectory(descriptor, 'rw/data', like, options.losses);
  } else if (highest !== undefined && layers.get(highest) !== like)
    makeDirectory(descriptor, `layer@${next++}`, like, options.losses);
}

/**
 * Makes a stack of layers under a temporary name: links to the layers, and a place for what is written over them unless it is to be
 * read-only. Where overlayfs would show a layer otherwise than it is meant, it and those below become one tree of the stack's own.
 *
 * @throws Failure as applyLayers()
 */
export function makeStack(root: ImageRoot, layers: OpenLayers, options: StackOptions): Temporary {
  const stack = createTemporaryTree(root, 'mstack', { subvolume: false });
  try {
    failOn(stack.path, () => withoutUmask(() => fill(stack, root, layers, options)));
    return stack;
  } catch (error) {
    stack[Symbol.dispose]();
    throw error;
  }
}
