import { priorities } from '../../../common/log/log.js';
import type { OciLayout } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { escapeText } from '../../../varlink/text.js';
import type { Download, OciLayer, RegistryAccess, WorkerMessage } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { followPull } from '../kinds/pull.js';
import type { RequestedImage } from '../kinds/requested-image.js';
import { outputLog } from '../observe.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { PullProcesses } from '../supervisor/pipes.js';
import { runTransfer } from '../supervisor/run-transfer.js';
import type { WorkerObserver } from '../supervisor/supervisor.js';
import type { Result, RunningTransfer } from '../transfer.js';
import { fromEach } from './in-turn.js';
import type { LayersProgress } from './layers-progress.js';
import type { OciRequest } from './request.js';
import type { FoundImage } from './resolve.js';

/** A layer that has to come, and for what. */
export interface WantedLayer {
  readonly layer: OciLayer;
  readonly request: OciRequest;
  readonly found: FoundImage;
  readonly progress: LayersProgress;
}

/** A layer that comes from wherever its download says. */
export interface ComingLayer {
  readonly layer: OciLayer;
  readonly image: Pick<RequestedImage, 'imageRoot' | 'sizeMax' | 'strict'>;
  /** How the image is kept that it comes for. */
  readonly layout: OciLayout;
  readonly ordered: Download;
  /** What the download names, for the fetch process. */
  readonly descriptors: readonly number[];
  readonly progress: LayersProgress;
}

function idsOf({ digest, diffId }: OciLayer): Pick<OciLayer, 'digest' | 'diffId'> {
  return { digest, diffId };
}

/** What the processes of one layer say becomes part of the progress and the log of the whole transfer. */
function observeLayer(host: Host, { transfer }: RunningTransfer, { layer, progress }: ComingLayer): WorkerObserver {
  const context = `transfer ${transfer.subject.id}`;
  const onMessage = (message: WorkerMessage): void => {
    if (message.type === 'progress') progress.advance(layer, message.bytesDone);
    else if (message.type === 'bug') host.log.bug(message.stack, context);
    else if (message.type === 'log')
      transfer.say(message.priority, `Layer ${layer.digest.slice(0, 19)}: ${escapeText(message.message)}`);
  };
  return { onMessage, onOutput: outputLog(host.log, context) };
}

function download(host: Host, { layer, request }: WantedLayer, registry: RegistryAccess): Download {
  return {
    url: `${registry.base}${registry.repository}/blobs/${layer.digest}`,
    format: 'tar',
    verification: 'no',
    digest: layer.digest,
    checksumFile: undefined,
    registry,
    bytes: layer.bytes,
    diffId: layer.diffId,
    limitRate: request.limitRate,
    resume: request.resume,
    netrc: undefined,
    keyrings: [],
    trust: undefined,
    cached: [],
    sidecars: [],
    partial: undefined,
    files: undefined,
    credentials: [],
    environment: networkEnvironment(host),
  };
}

/**
 * Downloads a layer, from the registry that has named it or another one of the image, checks it against its digest and size, and unpacks it beside the other layers of the image directory.
 *
 * @throws Failure DownloadFailed, VerificationFailed when the registry does not give it
 * @throws Failure Corrupt, UnsupportedFormat, MetadataLost when it cannot be unpacked
 * @throws Failure InsufficientSpace, FileSystemError when it cannot be placed
 * @throws as runTransfer()
 */
export async function pullLayer(host: Host, wanted: WantedLayer, running: RunningTransfer): Promise<Result> {
  const { layer, request, found, progress } = wanted;
  const { image, layout } = request;
  const get = (registry: RegistryAccess) => {
    const ordered = download(host, wanted, registry);
    return bringLayer(host, { layer, image, layout, ordered, descriptors: [], progress }, running);
  };
  return await fromEach(found, get, (message) => running.transfer.say(priorities.notice, message));
}

/**
 * Has a layer come, checks it against its digest and size, and unpacks it beside the other layers of the image directory.
 *
 * @throws as pullLayer()
 */
export async function bringLayer(host: Host, coming: ComingLayer, running: RunningTransfer): Promise<Result> {
  const { layer, image, layout, ordered, descriptors } = coming;
  const { imageRoot, sizeMax, strict } = image;
  const subvolume = layout === 'tree';
  const task = {
    ...running,
    imageRoot,
    commitOutcome: placesNothing('nothing was placed, the transfer can be repeated'),
    judge: 'fetch' as const,
    observer: observeLayer(host, running, coming),
  };
  return await runTransfer(host, task, async (supervisor) => {
    using processes = new PullProcesses(supervisor);
    processes.start({
      placement: {
        order: { type: 'placeLayer', imageRoot, ...idsOf(layer), sizeMax, strict, subvolume, scope: host.scope },
        descriptors: [],
      },
      fetch: { order: { type: 'fetchPull', download: ordered }, descriptors },
      decodes: layer.compression !== 'uncompressed',
    });
    return await followPull(supervisor, processes, ordered, imageRoot);
  });
}
