import { availableParallelism } from 'node:os';
import type { OciLayout } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { Platform } from '../../formats/oci/platform.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import { firstPullFileDescriptor } from '../../processes/ipc/channel.js';
import type { CollectedImage, Download, MovedBytes, OciLayer } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { confirm, type ImportSource } from '../kinds/import.js';
import type { RequestedImage } from '../kinds/requested-image.js';
import { OwnedDescriptors } from '../owned-descriptors.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { startCollecting } from '../supervisor/pipes.js';
import { checkCounts, runTransfer } from '../supervisor/run-transfer.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { openUnnamed } from '../unnamed-file.js';
import { defaultLayout } from './layout.js';
import { bringLayer } from './pull-layer.js';
import { announced, assemble, bringLayers, layersAtOnce, lease } from './pull-oci.js';
import type { SharedLayers } from './shared-layers.js';

/** An import of a container image whose parameters have been checked. */
export interface OciImport {
  readonly image: RequestedImage & { readonly name: string };
  /** Which image of an archive, if it has several. */
  readonly tag: string | undefined;
  readonly platform: Platform;
  /** Undefined to choose what fits the host. */
  readonly layout: OciLayout | undefined;
  /** Bytes to come, if known. */
  readonly bytesTotal: number | undefined;
}

/** What was found in an archive. */
interface Found {
  readonly collected: CollectedImage;
  readonly moved: MovedBytes;
}

const nothingPlaced = placesNothing('nothing was placed, the transfer can be repeated');

/** Has the archive kept in a file, and the image in it found and checked. */
async function collect(
  host: Host,
  { image, tag, platform, bytesTotal }: OciImport,
  { descriptor, sent }: ImportSource,
  kept: OwnedDescriptors,
  running: RunningTransfer,
): Promise<Found> {
  const { imageRoot, sizeMax } = image;
  const task = { ...running, imageRoot, commitOutcome: nothingPlaced, judge: 'fetch' as const };
  return await runTransfer(host, task, async (supervisor) => {
    const decoding = {
      type: 'decodeImport',
      threads: availableParallelism(),
      digest: sent !== undefined,
      bytesTotal,
    } as const;
    const collecting = { type: 'collectOci', tag, platform, sizeMax } as const;
    startCollecting(
      supervisor,
      { order: collecting, descriptors: kept.numbers },
      { order: decoding, descriptors: descriptor.numbers },
    );
    // The sender sees it when nobody reads any more.
    descriptor[Symbol.dispose]();
    running.transfer.enter('importing');
    const [moved, found] = await Promise.all([supervisor.next('moved'), supervisor.next('collected')]);
    if (moved === undefined || found === undefined) return undefined;
    checkCounts('decode', moved.outcome.decodedBytes, 'fetch', found.outcome.bytes);
    if (sent !== undefined) await confirm(moved.outcome, sent, running.signal);
    return { collected: found.outcome, moved: moved.outcome };
  });
}

/** A layer in the kept file, as what is downloaded. */
function downloadOf({ digest, bytes, diffId }: OciLayer, offset: number): Download {
  const name = digest.replace(':', '-');
  return {
    url: `file:///${name}`,
    format: 'tar',
    verification: 'no',
    digest,
    resume: false,
    keyrings: [],
    cached: [],
    sidecars: [],
    files: { [name]: firstPullFileDescriptor },
    part: { offset, bytes },
    diffId,
    credentials: [],
    environment: {},
  };
}

/**
 * Imports a container image from an archive: it is kept in a file until it is known which of its parts count, and all of these are
 * checked against their digests before one is used.
 *
 * @throws Failure ImageExists when the name is taken, and `force` is not set
 * @throws Failure UnsupportedFormat when the archive has no such image, several, or one that cannot be used
 * @throws Failure VerificationFailed when a part of the image is missing, or has another digest or size
 * @throws Failure Corrupt, MetadataLost when the archive or a layer is damaged, or cannot be unpacked exactly
 * @throws Failure ImageBusy, InvalidName, InsufficientSpace, FileSystemError when it cannot be read or placed
 * @throws Failure WorkerFailed when a process cannot start, ends without telling why, or names what it cannot have
 * @throws Failure Cancelled, ServiceStopping when `running.signal` is raised; ServiceStopping also when the program was updated
 */
export async function runImportOci(
  host: Host,
  request: OciImport,
  source: ImportSource,
  shared: SharedLayers,
  running: RunningTransfer,
): Promise<Result> {
  using _given = source.descriptor;
  const { image } = request;
  running.transfer.enter('starting');
  const layout = request.layout ?? (await defaultLayout(image.imageRoot));
  ensureAvailable(announced({ image, layout }), host);
  using _layersStay = await lease(image.imageRoot, running.signal);
  using kept = new OwnedDescriptors([openUnnamed(image.imageRoot)]);
  const { collected, moved } = await collect(host, request, source, kept, running);
  const { layers, manifestDigest } = collected.image;
  const offsets = new Map(layers.map(({ digest }, index) => [digest, collected.offsets[index] ?? 0]));
  const needed = { imageRoot: image.imageRoot, layers, shared, atOnce: layersAtOnce(undefined) };
  await bringLayers(needed, running, (layer, progress, part) => {
    const ordered = downloadOf(layer, offsets.get(layer.digest) ?? 0);
    return bringLayer(host, { layer, image, layout, ordered, descriptors: kept.numbers, progress }, part);
  });
  running.transfer.enter('copying');
  const made = { image, layout, resolved: collected.image, url: undefined, verification: undefined };
  const placed = await assemble(host, made, running);
  return {
    path: placed.path,
    pristinePath: undefined,
    lossCount: placed.lossCount,
    losses: placed.losses,
    bytes: moved.bytes,
    sha256: moved.sha256,
    verifiedBy: 'no',
    signedBy: undefined,
    fromCache: false,
    manifestDigest,
  };
}
