import { closeSync, constants, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { hasCode } from '../../../linux/errno.js';
import { openat } from '../../../linux/files.js';
import { exact } from '../../formats/metadata/losses.js';
import type { Temporary } from '../install/temporary.js';
import type { ImageRoot } from '../layout/root.js';
import { applyLayers } from './apply.js';
import { parseLayerName } from './kept-layers.js';
import { readMarks } from './overlay-marks.js';
import { type Layer, openLayer } from './record.js';
import { layerNames } from './stack-mode.js';

function digestOf(stack: number, name: string): string | undefined {
  try {
    return parseLayerName(basename(readlinkSync(`/proc/self/fd/${stack}/${name}`)))?.digest;
  } catch (error) {
    if (hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** What of a stack is a layer that was recorded is known; what else it consists of says itself how it is laid over others. */
function openPart(root: ImageRoot, stack: number, name: string): Layer {
  const digest = digestOf(stack, name);
  const known = digest === undefined ? undefined : openLayer(root, digest);
  if (known !== undefined) return known;
  const descriptor = openat(stack, name, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return { descriptor, record: readMarks(descriptor), [Symbol.dispose]: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function missing(name: string): Failure {
  const what = `its ${name} is missing`;
  return new Failure('Corrupt', `Cannot read the image: ${what}; pull it again`, { what, offset: undefined });
}

function openIfThere(root: ImageRoot, stack: number, name: string): Layer | undefined {
  try {
    return openPart(root, stack, name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/**
 * Makes one tree, under a temporary name, of what an open stack shows to a container.
 *
 * @param root the image directory that the stack is in
 * @throws Failure Corrupt when a layer is missing, or changes meanwhile, InsufficientSpace, FileSystemError; SystemError or Error of node
 * when something cannot be read
 */
export function mergeStack(root: ImageRoot, stack: number, { subvolumes }: { subvolumes: boolean }): Temporary {
  const parts = new Map<string, Layer>();
  try {
    for (const name of layerNames(stack)) {
      const part = openIfThere(root, stack, name);
      if (part === undefined) throw missing(name);
      parts.set(name, part);
    }
    const written = openIfThere(root, stack, 'rw/data');
    if (written !== undefined) parts.set('rw', written);
    const get = (name: string): Layer => {
      const part = parts.get(name);
      if (part === undefined) throw new Error(`${name} of the stack is not open`);
      return part;
    };
    const options = { subvolumes, synchronize: false, losses: exact, sizeMax: Number.MAX_SAFE_INTEGER };
    return applyLayers(root, { order: [...parts.keys()], get }, options);
  } finally {
    for (const part of parts.values()) part[Symbol.dispose]();
  }
}
