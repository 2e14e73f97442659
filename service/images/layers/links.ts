import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { imageClasses, searchPaths } from '../../../common/image-classes.js';
import { hasCode } from '../../../linux/errno.js';
import { heldName, isTemporaryName } from '../install/holder.js';
import type { ImageOwner } from '../layout/host.js';
import { parseLayerName } from './kept-layers.js';

/** What a directory holds; nothing where there is none, or it is gone by now. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The paths of all stacks in an image directory: images, versions of images, and those that are being made, replaced or removed. */
function stacksIn(directory: string): string[] {
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name);
    if (name.endsWith('.mstack')) return [path];
    if (isTemporaryName(name)) return [join(path, heldName)];
    if (name.endsWith('.mstack.v')) return namesIn(path).map((version) => join(path, version));
    // systemd makes its stacks under such names.
    return name.startsWith('.#') ? [path] : [];
  });
}

/**
 * The digests of the layers that a stack consists of, lowest first, as far as they are layers of an image directory.
 *
 * @throws Error of node when it cannot be read
 */
export function layersOf(stack: string): string[] {
  const targets = namesIn(stack).map((name) => ({ name, target: targetOf(join(stack, name)) }));
  const links = targets.flatMap(({ name, target }) => {
    const digest = target === undefined ? undefined : parseLayerName(basename(target))?.digest;
    return digest === undefined ? [] : [{ digest, order: Number(/^layer@(\d+)/.exec(name)?.[1] ?? -1) }];
  });
  return links.sort((a, b) => a.order - b.order).map(({ digest }) => digest);
}

/**
 * Which stacks consist of a layer: their paths, by its digest. Wherever a link leads, what counts is the name of its target, so that more
 * may be taken for needed than is.
 *
 * @param root an image directory beside those of the owner
 * @throws Error of node when something cannot be read
 */
export function stacksByLayer({ scope, environment }: ImageOwner, root: string): Map<string, string[]> {
  const searched = imageClasses.flatMap((each) => searchPaths(each, scope, environment));
  const stacks = new Map<string, string[]>();
  for (const stack of [...new Set([root, ...searched])].flatMap(stacksIn))
    for (const digest of new Set(layersOf(stack))) stacks.set(digest, [...(stacks.get(digest) ?? []), stack]);
  return stacks;
}
