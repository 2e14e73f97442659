import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkDiffId } from '../../formats/oci/diff-ids.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { layerName } from '../../images/layers/names.js';
import { openLayer } from '../../images/layers/record.js';
import { ImageRoot } from '../../images/layout/root.js';
import type { OciLayer } from '../../processes/ipc/messages.js';

/** Where a layer is, or would be. */
export function layerPlace(imageRoot: string, digest: string): string {
  return join(imageRoot, layerName(digest));
}

/**
 * Whether a layer is there, whole, and unpacked by Ferry.
 *
 * @throws Failure FileSystemError when it cannot be read
 * @throws Failure Corrupt when it was made of another archive than is said now
 */
export function hasLayer(imageRoot: string, { digest, diffId }: Pick<OciLayer, 'digest' | 'diffId'>): boolean {
  if (!existsSync(layerPlace(imageRoot, digest))) return false;
  return failOn(imageRoot, () => {
    using root = ImageRoot.open(imageRoot);
    using layer = openLayer(root, digest);
    // Older records do not say.
    checkDiffId(digest, diffId, layer?.record.diffId);
    return layer !== undefined;
  });
}
