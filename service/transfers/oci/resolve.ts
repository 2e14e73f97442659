import { Failure } from '../../../common/failure.js';
import { priorities } from '../../../common/log/log.js';
import type { FirstOrder, ResolvedArtefact, ResolvedImage, WorkerMessage } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { runOne } from '../supervisor/run-one.js';
import { runTransfer } from '../supervisor/run-transfer.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { RunningTransfer } from '../transfer.js';
import { demandsFor, type ImageDemands } from './demands.js';
import { type Location, locationsOf } from './locations.js';
import type { OciRequest } from './request.js';

/** What is looked for in registries. */
export type Sought = Pick<OciRequest, 'reference' | 'platform' | 'credentials' | 'netrc' | 'verification' | 'keyrings'>;

/** What a reference stands for at the moment, and where. */
export interface Found<Resolved> {
  readonly location: Location;
  /** Those after it, in the order of the database, for what that one lacks. */
  readonly others: readonly Location[];
  readonly resolved: Resolved;
  readonly demands: ImageDemands;
}

export type FoundImage = Found<ResolvedImage>;
export type FoundArtefact = Found<ResolvedArtefact>;

const advice = 'it can be asked again';

function orderFor(
  type: 'resolveOci' | 'resolveArtefact',
  host: Host,
  { reference, platform }: Sought,
  locations: readonly Location[],
  { name, demands }: ImageDemands,
): FirstOrder<'fetch'> {
  return {
    type,
    sought: {
      locations: locations.map(({ access }) => access),
      tag: locations[0]?.tag,
      digest: reference.digest,
      platform,
      name,
      demands,
      environment: networkEnvironment(host),
    },
  };
}

function foundAt<Resolved extends { readonly location: number }>(
  locations: readonly Location[],
  resolved: Resolved,
  demands: ImageDemands,
): Found<Resolved> {
  const location = locations[resolved.location];
  if (location === undefined) {
    const message = `The fetch process found the image at place ${resolved.location} of ${locations.length}; nothing was placed`;
    throw new Failure('WorkerFailed', message, { process: 'fetch' });
  }
  return { location, others: othersAfter(locations, resolved.location), resolved, demands };
}

/** Each place once: one that was tried by https is not asked again by http. */
function othersAfter(locations: readonly Location[], found: number): Location[] {
  const nameOf = ({ registry, access }: Location): string => `${registry}/${access.repository}`;
  const names = locations.map(nameOf);
  return locations.filter((location, index) => index > found && names.indexOf(nameOf(location)) > found);
}

/** Who is asked, and as part of what. */
interface Question {
  readonly type: 'resolveOci' | 'resolveArtefact';
  readonly host: Host;
  readonly sought: Sought;
  readonly imageRoot: string;
  readonly running: RunningTransfer;
}

async function ask<Resolved extends { readonly location: number }>(
  { type, host, sought, imageRoot, running }: Question,
  answer: (supervisor: Supervisor) => Promise<Resolved | undefined>,
): Promise<Found<Resolved>> {
  const locations = locationsOf(host, sought);
  const demands = await demandsFor(host, sought);
  const task = { ...running, imageRoot, commitOutcome: placesNothing(advice) };
  const resolved = await runTransfer(host, task, async (supervisor) => {
    supervisor.start('fetch', [], orderFor(type, host, sought, locations, demands));
    return await answer(supervisor);
  });
  return foundAt(locations, resolved, demands);
}

/**
 * Has a process without rights ask the registries what a reference stands for, as part of a transfer.
 *
 * @throws Failure DownloadFailed, VerificationFailed, UnsupportedFormat when they do not say, or not well
 * @throws Failure WorkerFailed when the process names a place that it was not told
 * @throws as runTransfer()
 */
export async function resolve(host: Host, request: OciRequest, running: RunningTransfer): Promise<FoundImage> {
  const { imageRoot } = request.image;
  return await ask({ type: 'resolveOci', host, sought: request, imageRoot, running }, async (supervisor) => {
    return (await supervisor.next('resolved'))?.image;
  });
}

/**
 * The same for an artefact.
 *
 * @throws as resolve()
 */
export async function resolveArtefact(
  host: Host,
  sought: Sought,
  imageRoot: string,
  running: RunningTransfer,
): Promise<FoundArtefact> {
  return await ask({ type: 'resolveArtefact', host, sought, imageRoot, running }, async (supervisor) => {
    return (await supervisor.next('foundArtefact'))?.artefact;
  });
}

function alone(host: Host, signal: AbortSignal) {
  return {
    name: 'fetch',
    advice,
    context: 'plan',
    signal,
    takesSpare: true,
    onMessage: (message: WorkerMessage) => {
      if (message.type === 'log' && message.priority <= priorities.warning)
        host.log.write(message.priority, message.message);
    },
  } as const;
}

/**
 * The same for a plan, which is not a transfer.
 *
 * @throws as resolve(), and runOne()
 */
export async function lookUp(host: Host, request: OciRequest, signal: AbortSignal): Promise<FoundImage> {
  const locations = locationsOf(host, request);
  const demands = await demandsFor(host, request);
  const order = orderFor('resolveOci', host, request, locations, demands);
  const { image } = await runOne(host, { ...alone(host, signal), order, result: 'resolved' });
  return foundAt(locations, image, demands);
}

/**
 * The same for an artefact.
 *
 * @throws as lookUp()
 */
export async function lookUpArtefact(host: Host, sought: Sought, signal: AbortSignal): Promise<FoundArtefact> {
  const locations = locationsOf(host, sought);
  const demands = await demandsFor(host, sought);
  const order = orderFor('resolveArtefact', host, sought, locations, demands);
  const { artefact } = await runOne(host, { ...alone(host, signal), order, result: 'foundArtefact' });
  return foundAt(locations, artefact, demands);
}
