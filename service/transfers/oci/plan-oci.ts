import { join } from 'node:path';
import { spaceAt } from '../../../common/space.js';
import type { PlanOciReply } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import { existingDirectory } from '../../images/layout/present.js';
import type { Host } from '../host.js';
import { checkWritable, obstaclesOf, replacedPaths } from '../kinds/plan-pull.js';
import { hasLayer } from './places.js';
import { announced, checkSpace, differentLayers, ociFileName, verifiedBy } from './pull-oci.js';
import type { OciRequest } from './request.js';
import { lookUp } from './resolve.js';

/**
 * Finds out what a pull of a container image would do; nothing is written.
 *
 * @throws as lookUp()
 */
export async function planOci(host: Host, request: OciRequest, signal: AbortSignal): Promise<PlanOciReply> {
  const { image, layout, remote } = request;
  const { imageRoot, name, force } = image;
  const found = await lookUp(host, request, signal);
  const { resolved, location } = found;
  const layers = differentLayers(found.resolved.layers).map((layer) => ({
    ...layer,
    present: hasLayer(imageRoot, layer),
  }));
  const missing = layers.filter(({ present }) => !present);
  const place = existingDirectory(imageRoot);
  return {
    reference: remote,
    location: { registry: location.registry, repository: location.access.repository },
    manifestDigest: resolved.manifestDigest,
    indexDigest: resolved.indexDigest ?? null,
    verifiedBy: verifiedBy(request, found),
    signedBy: resolved.signers,
    demandedBy: found.demands.sources,
    layers,
    bytes: missing.reduce((sum, { bytes }) => sum + bytes, 0),
    layout,
    path: join(imageRoot, ociFileName(name, layout)),
    replaces: force ? replacedPaths(image, name) : [],
    bytesAvailable: spaceAt(place).availableBytes,
    obstacles: [
      ...obstaclesOf(() => ensureAvailable(announced(request), host)),
      ...obstaclesOf(() => checkWritable(place)),
      ...obstaclesOf(() => checkSpace(imageRoot, missing)),
    ],
  };
}
