import { userAgent } from '../../../common/version.js';
import { Network } from '../../http/connection/network.js';
import { resolveImage } from '../../http/registry/resolve.js';
import { textMax } from '../ipc/bounds.js';
import { log } from '../ipc/channel.js';
import type { ResolvedImage, ResolveOrder } from '../ipc/messages.js';

/**
 * Finds out what a reference to a container image stands for.
 *
 * @throws as resolveImage()
 */
export async function resolveReference(order: ResolveOrder): Promise<ResolvedImage> {
  const { locations, tag, digest, platform, environment } = order;
  using network = new Network({ environment, userAgent });
  const { signal } = new AbortController();
  const onDetail = (message: string) => log('debug', message);
  const onNotice = (message: string) => log('info', message);
  const onWarning = (message: string) => log('warning', message);
  const found = await resolveImage({
    network,
    locations,
    tag,
    digest,
    platform,
    signal,
    onDetail,
    onNotice,
    onWarning,
  });
  return {
    ...found,
    // Without it the registry is asked for another one.
    token: (found.token?.length ?? 0) > textMax ? undefined : found.token,
    layers: found.layers.map(({ digest: layer, size, compression }) => ({ digest: layer, bytes: size, compression })),
  };
}
