import { freemem } from 'node:os';
import { Failure } from '../../../common/failure.js';
import { priorities } from '../../../common/log/log.js';
import { formatBytes } from '../../../common/sizes.js';
import { spaceAt } from '../../../common/space.js';
import { escapeText } from '../../../varlink/text.js';
import { parseConfig } from '../../formats/oci/config.js';
import { nspawnSettings } from '../../formats/oci/settings.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { leaseLayers } from '../../images/layers/lease.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import { existingDirectory } from '../../images/layout/present.js';
import type { OciLayer, PlacementOutcome, ResolvedImage, VerifiedBy } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { newImage } from '../kinds/requested-image.js';
import { rememberName } from '../supervisor/commit-outcome.js';
import { checkPlaces, runTransfer } from '../supervisor/run-transfer.js';
import type { Result, RunningTransfer, Transfer } from '../transfer.js';
import { allOf } from './all-of.js';
import { LayersProgress } from './layers-progress.js';
import { hasLayer, layerPlace } from './places.js';
import { pullLayer } from './pull-layer.js';
import type { OciRequest } from './request.js';
import { type FoundImage, resolve } from './resolve.js';
import type { SharedLayers } from './shared-layers.js';

/** Layers that are downloaded at once: each has processes of its own. */
const atOnceMax = 4;
/** Memory that the processes of one layer may take, in bytes. */
const memoryEach = 200 * 1024 * 1024;

/** The file name of a container image: `NAME`, or `NAME.mstack`. */
export function ociFileName(name: string, layout: OciRequest['layout']): string {
  return layout === 'tree' ? name : `${name}.mstack`;
}

/** What is known of the image before it comes. */
export function announced({ image, layout }: Pick<OciRequest, 'image' | 'layout'>) {
  return { ...image, fileName: ociFileName(image.name, layout) };
}

/** The different layers of an image, the lowest first. */
export function differentLayers(layers: readonly OciLayer[]): OciLayer[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()];
}

/**
 * Layers come compressed, and take more than that when they are unpacked.
 *
 * @throws Failure InsufficientSpace when they cannot fit
 */
export function checkSpace(imageRoot: string, missing: readonly OciLayer[]): void {
  const needed = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  const place = existingDirectory(imageRoot);
  const available = failOn(place, () => spaceAt(place)).availableBytes;
  if (needed <= available) return;
  const message = `Cannot pull the image to ${escapeText(imageRoot)}: its layers need more than ${formatBytes(needed)}, and ${formatBytes(available)} are free; make room`;
  throw new Failure('InsufficientSpace', message, { needed: Math.min(needed, Number.MAX_SAFE_INTEGER), available });
}

/** The whole reference of what was found, which pulls the same again. */
function pulledFrom({ location, resolved }: FoundImage): string {
  const tag = location.tag === undefined ? '' : `:${location.tag}`;
  return `docker://${location.registry}/${location.access.repository}${tag}@${resolved.manifestDigest}`;
}

/** How what was found was verified. */
export function verifiedBy({ reference }: OciRequest, { resolved }: FoundImage): VerifiedBy {
  if (resolved.signers.length > 0) return 'signature';
  return reference.digest === undefined ? 'checksum' : 'digest';
}

/** A limit holds for all of them together, so that one comes after the other then. */
export function layersAtOnce(limitRate: number | undefined): number {
  if (limitRate !== undefined) return 1;
  return Math.max(1, Math.min(atOnceMax, Math.floor(freemem() / memoryEach)));
}

/** Which layers an image needs. */
export interface NeededLayers {
  readonly imageRoot: string;
  readonly layers: readonly OciLayer[];
  readonly shared: SharedLayers;
  /** How many may come at once. */
  readonly atOnce: number;
}

/**
 * Sees to it that all layers are there.
 *
 * @param bring has one come that is not
 * @throws Failure InsufficientSpace when they cannot fit
 * @throws whatever `bring` throws, and the reason of the signal of `running` once that is raised
 */
export async function bringLayers(
  { imageRoot, layers, shared, atOnce }: NeededLayers,
  running: RunningTransfer,
  bring: (layer: OciLayer, progress: LayersProgress, part: RunningTransfer) => Promise<Result>,
): Promise<Result[]> {
  const { transfer } = running;
  const all = differentLayers(layers);
  const missing = all.filter((layer) => !hasLayer(imageRoot, layer));
  checkSpace(imageRoot, missing);
  const progress = new LayersProgress(transfer, all.length, missing);
  const results: Result[] = [];
  await allOf(missing, atOnce, running.signal, async (layer, signal) => {
    const part = { transfer, signal };
    progress.advance(layer, 0);
    const isThere = () => hasLayer(imageRoot, layer);
    await shared.have(layerPlace(imageRoot, layer.digest), part, isThere, async () => {
      results.push(await bring(layer, progress, part));
    });
    progress.complete(layer);
  });
  return results;
}

/**
 * Keeps layers from being cleaned until the image has them.
 *
 * @throws Failure FileSystemError, InsufficientSpace when the image directory cannot be opened or made
 * @throws the reason of `signal` once it is raised
 */
export async function lease(imageRoot: string, signal: AbortSignal): Promise<Disposable> {
  try {
    return await leaseLayers(imageRoot, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** The text of the settings file; what it leaves out is told. */
function settingsOf(config: string, transfer: Transfer): string | undefined {
  if (config === '{}') return undefined;
  const { text, untranslated } = nspawnSettings(parseConfig(Buffer.from(config)));
  if (untranslated.length > 0)
    transfer.say(priorities.notice, `The settings of the image leave out: ${untranslated.join('; ')}`);
  return text;
}

/** What an image is made of. */
export interface Assembly extends Pick<OciRequest, 'image' | 'layout'> {
  readonly resolved: ResolvedImage;
  /** Where it comes from; undefined for an import. */
  readonly url: string | undefined;
  /** Undefined for an import: nobody but the archive itself vouches for that. */
  readonly verification: VerifiedBy | undefined;
}

/**
 * Makes an image of layers that are there.
 *
 * @throws Failure ImageExists, ImageBusy, InvalidName, InsufficientSpace, FileSystemError when it cannot be placed
 * @throws as runTransfer()
 */
export async function assemble(
  host: Host,
  { image, layout, resolved, url, verification }: Assembly,
  running: RunningTransfer,
): Promise<PlacementOutcome> {
  const { transfer } = running;
  const task = { ...running, imageRoot: image.imageRoot, commitOutcome: rememberName(image) };
  return await runTransfer(host, task, async (supervisor) => {
    supervisor.start('placement', [], {
      type: 'placeOci',
      image: newImage(host, image, [], transfer),
      layers: resolved.layers.map(({ digest }) => digest),
      layout,
      settings: settingsOf(resolved.config, transfer),
      config: resolved.config === '{}' ? undefined : resolved.config,
      url,
      manifestDigest: verification === undefined ? undefined : resolved.manifestDigest,
      verification,
      signedBy: resolved.signers[0],
    });
    const placed = await supervisor.next('placed');
    if (placed === undefined) return undefined;
    checkPlaces('placement', image.imageRoot, [placed.outcome.path]);
    return placed.outcome;
  });
}

/**
 * Finds out what the reference stands for, downloads the layers that are not here, and makes an image of all. When that fails no image
 * is left, unless the message says that it is complete; layers that have come whole stay for the next pull.
 *
 * @throws Failure ImageExists when the name is taken, and `force` is not set
 * @throws Failure DownloadFailed, VerificationFailed when the registry does not give what its digests say
 * @throws Failure Corrupt, UnsupportedFormat, MetadataLost when a layer cannot be unpacked or the image not be made
 * @throws Failure ImageBusy, InvalidName, InsufficientSpace, FileSystemError when it cannot be placed
 * @throws Failure WorkerFailed when a process cannot start, ends without telling why, or names what it cannot have
 * @throws Failure Cancelled, ServiceStopping when `running.signal` is raised; ServiceStopping also when the program was updated
 */
export async function runPullOci(
  host: Host,
  request: OciRequest,
  shared: SharedLayers,
  running: RunningTransfer,
): Promise<Result> {
  const { transfer, signal } = running;
  transfer.enter('starting');
  ensureAvailable(announced(request), host);
  using _layersStay = await lease(request.image.imageRoot, signal);
  const found = await resolve(host, request, running);
  transfer.say(priorities.info, `Pulling ${pulledFrom(found)}`);
  transfer.enter('downloading');
  const { layers } = found.resolved;
  const needed = { imageRoot: request.image.imageRoot, layers, shared, atOnce: layersAtOnce(request.limitRate) };
  const results = await bringLayers(needed, running, (layer, progress, part) =>
    pullLayer(host, { layer, request, found, progress }, part),
  );
  transfer.enter('copying');
  const verification = verifiedBy(request, found);
  const made = { ...request, resolved: found.resolved, url: pulledFrom(found), verification };
  const placed = await assemble(host, made, running);
  const { manifestDigest } = found.resolved;
  return {
    path: placed.path,
    pristinePath: undefined,
    lossCount: placed.lossCount,
    losses: placed.losses,
    bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
    sha256: undefined,
    verifiedBy: verification,
    signedBy: found.resolved.signers[0],
    fromCache: results.length === 0,
    manifestDigest,
  };
}
