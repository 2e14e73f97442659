import { dirname } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../install/file-system-failure.js';
import type { ImageOwner } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { parseLayerName } from './kept-layers.js';
import { withoutLeases } from './lease.js';
import { stacksByLayer } from './links.js';

/**
 * Removes something. A layer is taken neither from the images that consist of it, nor from a transfer that has found it and makes an
 * image of it.
 *
 * @param path its path in the image directory
 * @param remove is not called when it is refused
 * @throws Failure ImageBusy when it is needed, FileSystemError when nobody can tell; what `remove` throws
 */
export function removeUnneeded(
  root: ImageRoot,
  path: string,
  name: string,
  host: ImageOwner,
  remove: () => void,
): void {
  const digest = parseLayerName(name)?.digest;
  if (digest === undefined) {
    remove();
    return;
  }
  const isRemoved = withoutLeases(root.at(''), () => {
    refuseNeeded(path, name, digest, host);
    remove();
    return true;
  });
  if (isRemoved) return;
  const message = `'${escapeText(name)}' is a layer that a transfer may need; remove it when the transfers have ended`;
  throw new Failure('ImageBusy', message, { name });
}

function refuseNeeded(path: string, name: string, digest: string, host: ImageOwner): void {
  const [stack] = failOn(path, () => stacksByLayer(host, dirname(path))).get(digest) ?? [];
  if (stack === undefined) return;
  const message = `'${escapeText(name)}' is a layer of ${escapeText(stack)}; remove that first`;
  throw new Failure('ImageBusy', message, { name });
}

/**
 * Refuses what would make of a layer something else than what its name says.
 *
 * @throws Failure ImageBusy
 */
export function refuseLayer(name: string): void {
  if (parseLayerName(name) === undefined) return;
  const message = `'${escapeText(name)}' is a layer of container images, which keeps its name and stays read-only; clone it instead`;
  throw new Failure('ImageBusy', message, { name });
}
