import { setTimeout } from 'node:timers/promises';
import { lockFile } from '../../../linux/locks.js';
import { failOn } from '../install/file-system-failure.js';
import { ImageRoot } from '../layout/root.js';

/** Between two attempts, in milliseconds. A cleaning only renames while nobody may have a lease. */
const pauseMs = 20;

/**
 * Keeps all layers in an image directory from being cleaned, until it is disposed of or the process ends: for those who have found or
 * fetched some, and have not linked them yet. Makes the directory where it is missing.
 *
 * @throws Failure FileSystemError, InsufficientSpace when it cannot be opened or made; the reason of `signal`
 */
export async function leaseLayers(rootPath: string, signal?: AbortSignal): Promise<Disposable> {
  const root = ImageRoot.open(rootPath, { create: true });
  try {
    while (!failOn(root.path, () => lockFile(root.descriptor, 'shared')))
      await setTimeout(pauseMs, undefined, signal === undefined ? {} : { signal });
    return root;
  } catch (error) {
    root[Symbol.dispose]();
    throw error;
  }
}

/**
 * Does something while nobody has a lease of the layers in a directory, or can get one: it should be short. Undefined, and nothing is
 * done, while somebody has one.
 *
 * @throws SystemError when it cannot be locked; what the action throws
 */
export function withoutLeases<Result>(path: string, action: () => Result): Result | undefined {
  using root = ImageRoot.open(path);
  return lockFile(root.descriptor, 'exclusive') ? action() : undefined;
}
