import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layersOf } from '../layers/links.js';
import { bad, type ImageCheck, unknown } from './checks.js';

/**
 * Whether the layers that an image consists of are there. Of each only the digest of its archive is known.
 *
 * @throws Error of node when the image cannot be read
 */
export function examineLayers(path: string): ImageCheck[] {
  if (!path.endsWith('.mstack')) return [];
  const digests = new Set(layersOf(path));
  const missing = [...digests].filter((digest) => !isThere(join(dirname(path), `.oci-${digest}`)));
  const [first] = missing;
  if (first !== undefined) {
    const message = `${missing.length} of ${digests.size} layers are missing, so the image does not start, such as ${first}; pull it again`;
    return [bad('pristine', message, { subject: path })];
  }
  const message = `Cannot compare the ${digests.size} layers with their digests: those are of the archives they were unpacked from`;
  return [unknown('pristine', message, { subject: path })];
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
