import { Failure } from '../../../common/failure.js';
import { priorities } from '../../../common/log/log.js';
import type { FirstOrder, ResolvedImage } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { runOne } from '../supervisor/run-one.js';
import { runTransfer } from '../supervisor/run-transfer.js';
import type { RunningTransfer } from '../transfer.js';
import { type Location, locationsOf } from './locations.js';
import type { OciRequest } from './request.js';

/** What a reference stands for at the moment, and where. */
export interface FoundImage {
  readonly location: Location;
  readonly resolved: ResolvedImage;
}

const advice = 'it can be asked again';

function orderFor(host: Host, request: OciRequest, locations: readonly Location[]): FirstOrder<'fetch'> {
  const { reference, platform } = request;
  return {
    type: 'resolveOci',
    locations: locations.map(({ access }) => access),
    tag: locations[0]?.tag,
    digest: reference.digest,
    platform,
    environment: networkEnvironment(host),
  };
}

function foundAt(locations: readonly Location[], resolved: ResolvedImage): FoundImage {
  const location = locations[resolved.location];
  if (location === undefined) {
    const message = `The fetch process found the image at place ${resolved.location} of ${locations.length}; nothing was placed`;
    throw new Failure('WorkerFailed', message, { process: 'fetch' });
  }
  return { location, resolved };
}

/**
 * Has a process without rights ask the registries what a reference stands for, as part of a transfer.
 *
 * @throws Failure DownloadFailed, VerificationFailed, UnsupportedFormat when they do not say, or not well
 * @throws Failure WorkerFailed when the process names a place that it was not told
 * @throws as runTransfer()
 */
export async function resolve(host: Host, request: OciRequest, running: RunningTransfer): Promise<FoundImage> {
  const locations = locationsOf(host, request);
  const task = { ...running, imageRoot: request.image.imageRoot, commitOutcome: placesNothing(advice) };
  const resolved = await runTransfer(host, task, async (supervisor) => {
    supervisor.start('fetch', [], orderFor(host, request, locations));
    return (await supervisor.next('resolved'))?.image;
  });
  return foundAt(locations, resolved);
}

/**
 * The same for a plan, which is not a transfer.
 *
 * @throws as resolve(), and runOne()
 */
export async function lookUp(host: Host, request: OciRequest, signal: AbortSignal): Promise<FoundImage> {
  const locations = locationsOf(host, request);
  const { image } = await runOne(host, {
    name: 'fetch',
    order: orderFor(host, request, locations),
    result: 'resolved',
    advice,
    context: 'plan',
    signal,
    takesSpare: true,
    onMessage: (message) => {
      if (message.type === 'log' && message.priority <= priorities.warning)
        host.log.write(message.priority, message.message);
    },
  });
  return foundAt(locations, image);
}
