import { closeSync, constants } from 'node:fs';
import type { ImageClass } from '../../../common/image-classes.js';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { isStackWritable, layerNames } from '../layers/stack-mode.js';
import { noRelease, placesOf, type Release, releaseAt } from './release.js';

/** The directories of a stack, highest first, each open for as long as it is looked at. Those that are gone are left out. */
function* openLayers(stack: number): Generator<number> {
  const names = [...layerNames(stack), ...(isStackWritable(stack) ? ['rw/data'] : [])];
  for (const name of names.reverse()) {
    let layer: number;
    try {
      layer = openat(stack, name, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NONBLOCK);
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) continue;
      throw error;
    }
    try {
      yield layer;
    } finally {
      closeSync(layer);
    }
  }
}

/**
 * Reads what a stack says of the system in it: the highest layer that has the file says it, or that it was removed.
 *
 * @param stack the open stack
 */
export function readStackRelease(stack: number, imageClass: ImageClass, name: string): Release {
  const places = placesOf(imageClass, name);
  for (const path of places) {
    for (const layer of openLayers(stack)) {
      const release = releaseAt(layer, path);
      if (release === 'removed') break;
      if (release !== undefined) return release;
    }
  }
  return noRelease(`Its layers have no ${places.join(' or ')}`);
}
