import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failOn } from '../../images/install/file-system-failure.js';
import { layerName } from '../../images/layers/names.js';
import { openLayer } from '../../images/layers/record.js';
import { ImageRoot } from '../../images/layout/root.js';

/** Where a layer is, or would be. */
export function layerPlace(imageRoot: string, digest: string): string {
  return join(imageRoot, layerName(digest));
}

/**
 * Whether a layer is there, whole, and unpacked by Ferry.
 *
 * @throws Failure FileSystemError when it cannot be read
 */
export function hasLayer(imageRoot: string, digest: string): boolean {
  if (!existsSync(layerPlace(imageRoot, digest))) return false;
  return failOn(imageRoot, () => {
    using root = ImageRoot.open(imageRoot);
    using layer = openLayer(root, digest);
    return layer !== undefined;
  });
}
