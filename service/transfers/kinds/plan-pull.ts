import { accessSync, constants, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { imageFileName } from '../../../common/image-classes.js';
import { spaceAt } from '../../../common/space.js';
import type { PlanReply } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { ensureAvailable, replacedFileNames } from '../../images/layout/existing.js';
import { existingDirectory } from '../../images/layout/present.js';
import { pristineName } from '../../images/layout/pristine-names.js';
import { lastName, nameFromServer, nameFromUrl, unnamed } from '../../images/layout/url-names.js';
import type { Download, Obstacle, PlannedDownload } from '../../processes/ipc/messages.js';
import type { TrustEntry } from '../../verify/trust/entry.js';
import { countsAmong } from '../../verify/trust/fingerprints.js';
import type { Host } from '../host.js';
import { OwnedDescriptors } from '../owned-descriptors.js';
import { runOne } from '../supervisor/run-one.js';
import { type DescribedKey, describeKeys } from './describe-keys.js';
import { LentPartial } from './partials.js';
import { checkCopy, describeDownload } from './pull.js';
import type { PullRequest } from './pull-request.js';
import type { RequestedImage } from './requested-image.js';
import { openSourceFiles } from './source-files.js';
import { checkDemands, entryFor } from './trust.js';

/** What a pull would do, but for what only those can say who know the other transfers. */
export type PullPlan = Inside<Omit<PlanReply, 'waitsFor' | 'trustedKeys'>> & {
  /** Undefined unless it would be verified by a signature. */
  readonly trustedKeys: readonly DescribedKey[] | undefined;
};

/** A reply before it is one: what is null there is undefined. */
type Inside<Reply> = {
  [Name in keyof Reply]: null extends Reply[Name] ? Exclude<Reply[Name], null> | undefined : Reply[Name];
};

/**
 * Runs a check: a Failure that it throws stands in the way of the pull.
 *
 * @throws whatever else the check throws
 */
export function obstaclesOf(check: () => void): Obstacle[] {
  try {
    check();
    return [];
  } catch (error) {
    return [asObstacle(error)];
  }
}

function asObstacle(error: unknown): Obstacle {
  if (error instanceof Failure) return { error: error.kind, message: error.message };
  throw error;
}

/** @throws Failure FileSystemError when the image directory cannot be written to, or is not a directory */
export function checkWritable(place: string): void {
  failOn(place, () => accessSync(place, constants.W_OK));
  if (failOn(place, () => statSync(place)).isDirectory()) return;
  const message = `${escapeText(place)}: it is not a directory; images are kept in directories`;
  throw new Failure('FileSystemError', message, { path: place, errorName: 'ENOTDIR' });
}

/** What a plan asks the server for, and what of it stands in the way by itself. */
export interface PlannedOrder {
  readonly wanted: Download;
  readonly entry: TrustEntry | undefined;
  readonly obstacles: readonly Obstacle[];
}

/** The download, with as much verification as there are keys for: that there are none is an obstacle by itself. */
async function plannedDownload(host: Host, request: PullRequest): Promise<PlannedOrder> {
  const { entry, obstacles } = await plannedEntry(host, request);
  try {
    return { wanted: await describeDownload(host, request, entry), entry, obstacles };
  } catch (error) {
    const download = { ...request.download, verification: 'checksum' } as const;
    const wanted = await describeDownload(host, { ...request, download }, entry);
    return { wanted, entry, obstacles: [...obstacles, asObstacle(error)] };
  }
}

/** The trust entry that counts; that it has a fault, or demands more, is an obstacle. */
async function plannedEntry(host: Host, request: PullRequest): Promise<Omit<PlannedOrder, 'wanted'>> {
  try {
    const entry = await entryFor(host, request.remote);
    return { entry, obstacles: obstaclesOf(() => checkDemands(entry, request)) };
  } catch (error) {
    return { entry: undefined, obstacles: [asObstacle(error)] };
  }
}

function openNothing(): number {
  const path = '/dev/null';
  return failOn(path, () => openSync(path, 'r+'));
}

/** What a fetch process of a pull would have, in the same places: what its pipes would be is of no use here. */
export function descriptorsFor(files: OwnedDescriptors, partial?: LentPartial): OwnedDescriptors {
  using given = new OwnedDescriptors([openNothing()]);
  given.add(openNothing());
  given.adopt(files);
  if (partial !== undefined) given.adopt(partial.forFetch);
  return given.move();
}

/**
 * Has a process without rights ask the server.
 *
 * @throws Failure DownloadFailed when nothing can be said of the image
 * @throws Failure InsufficientSpace, FileSystemError when an earlier download cannot be opened, or no user be noted for the process
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure ServiceStopping when the program was updated
 * @throws the reason of `signal` when that is raised before the process starts
 */
async function askServer(
  host: Host,
  request: PullRequest,
  wanted: Download,
  signal: AbortSignal,
): Promise<PlannedDownload> {
  const files = openSourceFiles(wanted);
  using fileDescriptors = files.descriptors;
  using partial = new LentPartial(request);
  // Its lock ends here: a plan keeps no pull from it.
  partial.forPlacement[Symbol.dispose]();
  const planned = await runOne(host, {
    name: 'fetch',
    descriptors: descriptorsFor(fileDescriptors, partial),
    order: { type: 'planPull', download: { ...wanted, files: files.byName, partial: partial.source } },
    result: 'planned',
    advice: 'it can be asked again',
    context: 'plan',
    signal,
    takesSpare: true,
    onMessage(message) {
      if (message.type === 'log') host.log.debug(`plan: ${message.message}`);
    },
  });
  return planned.outcome;
}

/**
 * The name for an image that its URL does not name: what the server calls the file, or where it redirects to.
 *
 * @throws Failure InvalidName when there is none, or none that an image can have
 * @throws whatever askServer() throws
 */
export async function nameByServer(host: Host, request: PullRequest, signal: AbortSignal): Promise<string> {
  const { url } = request.download;
  const { format } = request.image;
  const unverified = {
    ...request,
    download: { ...request.download, verification: 'no' as const, digest: undefined, checksumFile: undefined },
  };
  const wanted = { ...(await describeDownload(host, unverified, undefined)), cached: [], sidecars: [] };
  const { fileName, url: answeredBy } = await askServer(host, unverified, wanted, signal);
  const name = fileName === undefined ? nameFromUrl(answeredBy, format) : nameFromServer(fileName, format);
  const known = name ?? lastName(url, format);
  if (known === undefined) throw unnamed(request.remote);
  return known;
}

/**
 * Finds out what a pull would do; nothing is written.
 *
 * @throws Failure DownloadFailed when nothing can be said of the image
 * @throws Failure InsufficientSpace, FileSystemError when the image directory, the headers for downloads or an earlier download cannot
 *   be read, or no user be noted for the process
 * @throws Failure WorkerFailed when the process cannot start, names what it cannot have, or ends without telling why, as when `signal`
 *   is raised
 * @throws Failure ServiceStopping when the program was updated
 * @throws the reason of `signal` when that is raised before the process starts
 */
export async function planPull(host: Host, request: PullRequest, signal: AbortSignal): Promise<PullPlan> {
  return await planDownload(host, request, await plannedDownload(host, request), signal);
}

/**
 * The same, once it is known what would be downloaded.
 *
 * @throws as planPull()
 */
export async function planDownload(
  host: Host,
  request: PullRequest,
  { wanted, entry, obstacles }: PlannedOrder,
  signal: AbortSignal,
): Promise<PullPlan> {
  const { keepDownload, image } = request;
  const { imageRoot, name, format, force } = image;
  const place = existingDirectory(imageRoot);
  const available = () => ensureAvailable(image, host);
  const [download, keys] = await Promise.all([
    askServer(host, request, wanted, signal),
    keysFor(host, wanted, entry, signal),
  ]);
  checkCopy(download.cachedPath, wanted.cached);
  const { cachedPath, url: answeredBy, lastModified, fileName: _, obstacles: ofServer, ...known } = download;
  const kept = join(imageRoot, pristineName({ format, url: request.remote, etag: download.etag }, imageRoot));
  return {
    ...known,
    url: request.remote,
    answeredBy,
    lastModified: lastModified === undefined ? undefined : lastModified * 1000,
    verify: wanted.digest === undefined ? request.download.verification : (wanted.digestCountsAs ?? 'digest'),
    trustEntry: entry?.path,
    demandedBy: undefined,
    trustedKeys: keys,
    fromCache: cachedPath !== undefined,
    pristinePath: cachedPath ?? (keepDownload ? kept : undefined),
    path: name === undefined ? undefined : join(imageRoot, imageFileName(name, format)),
    replaces: name === undefined || !force ? [] : replacedPaths(image, name),
    bytesAvailable: spaceAt(place).availableBytes,
    obstacles: [...obstaclesOf(available), ...obstaclesOf(() => checkWritable(place)), ...obstacles, ...ofServer],
  };
}

/** The keys that may vouch for the download. */
async function keysFor(
  host: Host,
  { keyrings, verification, digest }: Download,
  entry: TrustEntry | undefined,
  signal: AbortSignal,
): Promise<PullPlan['trustedKeys']> {
  if (verification !== 'signature' || digest !== undefined) return undefined;
  const { keys } = await describeKeys(host, keyrings, signal);
  return keys.filter((key) => countsAmong(key, entry?.fingerprints ?? []));
}

/** What a new image of this name replaces. */
export function replacedPaths({ imageRoot, class: imageClass }: RequestedImage, name: string): string[] {
  return replacedFileNames(imageRoot, name, imageClass).map((fileName) => join(imageRoot, fileName));
}
