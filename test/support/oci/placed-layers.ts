import { mkdirSync, renameSync } from 'node:fs';
import { LossCounter, type Losses } from '../../../service/formats/metadata/losses.js';
import { type ExtractSummary, extractTree } from '../../../service/formats/tar/unpack/extract.js';
import type { LayerContents } from '../../../service/formats/tar/unpack/layer-notes.js';
import { createTemporaryTree } from '../../../service/images/install/temporary.js';
import { applyLayers, OpenLayers } from '../../../service/images/layers/apply.js';
import { type LayerRequest, placeLayerTree } from '../../../service/images/layers/place.js';
import type { ImageHost } from '../../../service/images/layout/host.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { memorySource } from '../formats/memory-source.js';
import { digestOf } from '../registry/images.js';

const settings = { subvolumes: true, quotas: false, locks: false, synchronize: false };
const host: ImageHost = { scope: 'system', environment: {}, settings } as unknown as ImageHost;

/** Unpacks a layer, a plain tar archive, and keeps it in an image directory. Gives back its digest, and what it says. */
export function placeLayer(
  root: ImageRoot,
  tar: Buffer,
  attributes: 'trusted' | 'user' = 'trusted',
  step?: LayerRequest['step'],
  where: ImageHost = host,
): Placed {
  const digest = digestOf(tar);
  using temporary = createTemporaryTree(root, 'tar', { subvolume: where.settings.subvolumes });
  const summary = extractTree(memorySource(tar), temporary.descriptor, { layer: attributes });
  const { layer: contents, dataBytes, losses } = summary;
  if (contents === undefined) throw new Error('nothing is told of the layer');
  const path = placeLayerTree({
    root,
    host: where,
    temporary,
    digest,
    contents,
    dataBytes,
    losses,
    warn: (message) => console.error(message),
    ...(step && { step }),
  });
  return { digest, path, contents, losses, summary };
}

/** Keeps a layer as it is kept for a stack. Gives back its digest. */
export function placeForStack(root: ImageRoot, tar: Buffer): string {
  const where = { ...host, settings: { ...host.settings, subvolumes: false } };
  return placeLayer(root, tar, 'trusted', undefined, where).digest;
}

export interface Placed {
  readonly digest: string;
  readonly path: string;
  readonly contents: LayerContents;
  readonly losses: Losses;
  readonly summary: ExtractSummary;
}

/** Makes one tree, `directory/tree`, of layers that are plain tar archives. */
export function treeOf(directory: string, tars: readonly Buffer[], attributes: 'trusted' | 'user' = 'trusted'): string {
  mkdirSync(directory, { recursive: true });
  using root = ImageRoot.open(directory);
  const digests = tars.map((tar) => placeLayer(root, tar, attributes).digest);
  return applied(root, digests);
}

/** Makes one tree, `tree`, of layers that are in an image directory. */
export function applied(root: ImageRoot, digests: readonly string[], sizeMax = 2 ** 32): string {
  using layers = new OpenLayers(root, digests);
  const losses = new LossCounter(root.descriptor);
  using tree = applyLayers(root, layers, { subvolumes: true, synchronize: false, losses, sizeMax });
  const path = root.pathOf('tree');
  renameSync(root.pathOf(tree.name), path);
  tree.settle();
  return path;
}
