import { userAgent } from '../../../common/version.js';
import { Network } from '../../http/connection/network.js';
import type { ResolveRequest } from '../../http/registry/resolution.js';
import { resolveArtefact, resolveImage } from '../../http/registry/resolve.js';
import { textMax } from '../ipc/bounds.js';
import { log } from '../ipc/channel.js';
import type { ResolvedArtefact, ResolvedImage, SoughtReference } from '../ipc/messages.js';
import { judgeFor } from './judge-signatures.js';

async function requestOf(sought: SoughtReference, network: Network): Promise<ResolveRequest> {
  const { locations, tag, digest, platform } = sought;
  const judge = await judgeFor(sought);
  const { signal } = new AbortController();
  const onDetail = (message: string) => log('debug', message);
  const onNotice = (message: string) => log('info', message);
  const onWarning = (message: string) => log('warning', message);
  return { network, locations, tag, digest, platform, signal, judge, onDetail, onNotice, onWarning };
}

/** Without it the registry is asked for another one. */
function speakableToken(token: string | undefined): string | undefined {
  return (token?.length ?? 0) > textMax ? undefined : token;
}

/**
 * Finds out what a reference to a container image stands for.
 *
 * @throws as resolveImage()
 */
export async function resolveReference(sought: SoughtReference): Promise<ResolvedImage> {
  using network = new Network({ environment: sought.environment, userAgent });
  const found = await resolveImage(await requestOf(sought, network));
  return {
    ...found,
    token: speakableToken(found.token),
    layers: found.layers.map(({ digest, size, compression, diffId }) => ({ digest, bytes: size, compression, diffId })),
  };
}

/**
 * Finds out what a reference to an artefact stands for.
 *
 * @throws as resolveArtefact()
 */
export async function resolveArtefactReference(sought: SoughtReference): Promise<ResolvedArtefact> {
  using network = new Network({ environment: sought.environment, userAgent });
  const found = await resolveArtefact(await requestOf(sought, network));
  const files = found.files.map(({ digest, size, title }) => ({ digest, bytes: size, title }));
  return { ...found, token: speakableToken(found.token), files };
}
