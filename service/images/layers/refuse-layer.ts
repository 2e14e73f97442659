import { dirname } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../install/file-system-failure.js';
import type { ImageOwner } from '../layout/host.js';
import { parseLayerName } from './kept-layers.js';
import { stacksByLayer } from './links.js';

/**
 * Refuses to take a layer from the images that consist of it.
 *
 * @throws Failure ImageBusy when any does, FileSystemError when nobody can tell
 */
export function refuseNeededLayer(path: string, name: string, host: ImageOwner): void {
  const digest = parseLayerName(name)?.digest;
  if (digest === undefined) return;
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
