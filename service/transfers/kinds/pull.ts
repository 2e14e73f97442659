import { availableParallelism } from 'node:os';
import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { ensureAvailable } from '../../images/layout/existing.js';
import { sidecarSuffixes } from '../../images/layout/pristine-names.js';
import { findPristine, type PristineOriginal } from '../../images/pristine/cache.js';
import { isAsStrict, sidecarVerificationOf, verifiedOf } from '../../images/pristine/record.js';
import { hasDigest, isVerified } from '../../processes/ipc/download.js';
import type {
  CachedOriginal,
  Download,
  MovedBytes,
  Verification,
  VerificationRecord,
} from '../../processes/ipc/messages.js';
import type { TrustEntry } from '../../verify/trust/entry.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { checkContent } from '../oci/check-content.js';
import { rememberName } from '../supervisor/commit-outcome.js';
import { PullProcesses } from '../supervisor/pipes.js';
import { checkCounts, checkPlaces, runTransfer } from '../supervisor/run-transfer.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { Result, RunningTransfer, Transfer } from '../transfer.js';
import { ownersOf } from '../tree-owners.js';
import { readCredentials } from './credentials.js';
import { isResumable, LentPartial, settlePartial } from './partials.js';
import type { PullRequest } from './pull-request.js';
import { newImage, type RequestedImage } from './requested-image.js';
import { openSourceFiles } from './source-files.js';
import { asTrust, checkDemands, entryFor, mayBeCopied, readTrustedKeyrings, verificationUnder } from './trust.js';

/** What a process that decodes is started for before it is known to be needed. */
const usuallyCompressed = /\.(xz|gz|zst|bz2|lz4|lzma|t[xgb]z|tzst|tlz4|zstd|tbz2)$/i;

/**
 * What the fetch process of a pull is told, once the trust entry for its URL allows it.
 *
 * @throws Failure VerificationFailed when the entry demands more than is wanted, or has a fault
 * @throws as describeDownload()
 */
async function orderDownload(host: Host, request: PullRequest): Promise<Download> {
  const entry = await entryFor(host, request.remote);
  checkDemands(entry, request);
  return await describeDownload(host, request, entry);
}

/**
 * What the fetch process of a pull is told, with the keys of `entry`, which covers the URL.
 *
 * @throws Failure VerificationFailed when there are no keys to trust
 * @throws Failure FileSystemError when the image directory, the headers for downloads or a keyring cannot be read
 * @throws Failure DownloadFailed when the headers for downloads cannot be used
 */
export async function describeDownload(
  host: Host,
  request: PullRequest,
  entry: TrustEntry | undefined,
): Promise<Download> {
  const { download, image, remote } = request;
  const { imageRoot, format } = image;
  const sidecars = wantedSidecars(image);
  const verification = verificationUnder(entry, download);
  const sandbox = await host.sandbox;
  const originals = failOn(imageRoot, () => findPristine(imageRoot, format, remote));
  return {
    ...download,
    format,
    verification,
    keyrings: await keyringsFor(host, request, entry),
    trust: asTrust(entry),
    cached: originals
      // One with other owners than the copy is to have cannot be read whole there.
      .filter(({ path }) => ownersOf(sandbox, [path]) === undefined)
      .filter(({ record }) => mayBeCopied(entry, record, download))
      .filter((original) => isTrusted(original, verification, sidecars) && isExactEnough(original, image))
      .map(asCached),
    sidecars,
    partial: undefined,
    files: undefined,
    credentials: download.url.startsWith('file:') ? [] : readCredentials(host, remote),
    environment: networkEnvironment(host),
  };
}

/** Without a keyring nothing can be signed by a key that is trusted; where the caller gives the digest, nothing has to be. */
async function keyringsFor(
  host: Host,
  { download, keyrings }: PullRequest,
  entry: TrustEntry | undefined,
): Promise<Download['keyrings']> {
  if (verificationUnder(entry, download) !== 'signature') return [];
  const reading = readTrustedKeyrings(host, entry, keyrings);
  return await (download.digest === undefined ? reading : reading.catch(() => []));
}

/** What the fetch process is told of a download that is here. */
export function asCached({ path, etag, record }: PristineOriginal): CachedOriginal {
  return { path, etag, record: record && verifiedOf(record) };
}

/**
 * Whether an original may be copied with the sidecars that are wanted. Its own bytes are held against fresh checksums, but theirs were
 * only when it came, so that check must have been as strict as the one requested now. A sidecar that was left out then may be verifiable now.
 */
function isTrusted({ record, sidecars }: PristineOriginal, asked: Verification, wanted: readonly string[]): boolean {
  if (record?.leftOut?.some((suffix) => wanted.includes(suffix)) === true) return false;
  return !sidecars.some((suffix) => wanted.includes(suffix)) || isAsStrict(sidecarVerificationOf(record), asked);
}

/** Whether a copy will do as far as what could not be stored is concerned. */
export function isExactEnough({ record }: PristineOriginal, { strict }: RequestedImage): boolean {
  return !strict || (record?.lossCount ?? 0) === 0;
}

/** Settings are for containers and virtual machines; the rest belongs to disk images. */
function wantedSidecars({ class: imageClass, format }: RequestedImage): string[] {
  return sidecarSuffixes.filter((suffix) => (suffix === '.nspawn' ? imageClass === 'machine' : format === 'raw'));
}

/**
 * Downloads, verifies and places an image. When that fails no image is left, unless the message says that it is complete; the download,
 * or its beginning, may be kept for the next pull.
 *
 * @throws Failure ImageExists when the name is taken, and `force` is not set
 * @throws Failure DownloadFailed, VerificationFailed when the server or the checksums do not give the image
 * @throws Failure Corrupt, UnsupportedFormat, MetadataLost when it cannot be unpacked
 * @throws Failure ImageBusy, InvalidName, InsufficientSpace, FileSystemError when it cannot be placed
 * @throws Failure WorkerFailed when a process cannot start, ends without telling why, or names what it cannot have
 * @throws Failure Cancelled, ServiceStopping when `running.signal` is raised; ServiceStopping also when the program was updated
 */
export async function runPull(host: Host, request: PullRequest, running: RunningTransfer): Promise<Result> {
  running.transfer.enter('starting');
  ensureAvailable(request.image, host);
  return await runDownload(host, request, await orderDownload(host, request), running);
}

/**
 * The same, once it is known what is to be downloaded.
 *
 * @param fileName what the download is called, for a guess of what it is compressed with
 * @throws as runPull()
 */
export async function runDownload(
  host: Host,
  request: PullRequest,
  download: Download,
  running: RunningTransfer,
  fileName = request.remote,
): Promise<Result> {
  const { transfer } = running;
  const { imageRoot } = request.image;
  const decodes = usuallyCompressed.test(fileName);
  const task = { ...running, imageRoot, commitOutcome: rememberName(request.image) };
  try {
    const judged = isVerified(download) ? { ...task, judge: 'fetch' as const } : task;
    return await runTransfer(host, judged, async (supervisor) => {
      using processes = new PullProcesses(supervisor);
      start(host, request, transfer, download, supervisor, processes, decodes);
      return await followPull(supervisor, processes, download, imageRoot);
    });
  } catch (error) {
    await settlePartial(host, request, transfer, error).catch((other) => {
      // Why the pull has failed is what its caller wants to know.
      const reason = other instanceof Error ? other.message : String(other);
      host.log.warning(`Cannot look after what is left of a download: ${reason}; a later start of the service does`);
    });
    throw error;
  }
}

/**
 * The fetch process may only choose among the copies that it was offered.
 *
 * @throws Failure WorkerFailed when it names another one
 */
export function checkCopy(path: string | undefined, offered: Download['cached']): void {
  if (path === undefined || offered.some((copy) => copy.path === path)) return;
  const message = `The fetch process of the transfer names ${escapeText(path)}, which is not a copy of this download`;
  throw new Failure('WorkerFailed', message, { process: 'fetch' });
}

/**
 * What the caller says that the image is does not have to be believed of the fetch process.
 *
 * @throws Failure WorkerFailed when it vouches for another image
 */
function checkDigest(record: VerificationRecord | undefined, digest: string | undefined): void {
  if (digest === undefined || hasDigest(record, digest)) return;
  const message = 'The fetch process of the transfer vouches for an image that has not the given digest';
  throw new Failure('WorkerFailed', message, { process: 'fetch' });
}

function start(
  host: Host,
  request: PullRequest,
  transfer: Transfer,
  download: Download,
  supervisor: Supervisor,
  processes: PullProcesses,
  decodes: boolean,
): void {
  const files = openSourceFiles(download);
  using forFetch = files.descriptors;
  using partial = new LentPartial(request);
  forFetch.adopt(partial.forFetch);
  processes.start({
    placement: {
      order: {
        type: 'placePull',
        image: newImage(host, request.image, supervisor.lend('convert'), transfer),
        url: request.remote,
        keepDownload: request.keepDownload,
        sidecars: download.sidecars,
        resumable: isResumable(request),
        partial: partial.record,
      },
      descriptors: partial.forPlacement.numbers,
    },
    fetch: {
      order: { type: 'fetchPull', download: { ...download, files: files.byName, partial: partial.source } },
      descriptors: forFetch.numbers,
    },
    decodes,
  });
}

/**
 * Has the decode process work once fetch says that the download is compressed. Undefined when it does not say so, or a process has
 * failed.
 */
async function decode(
  supervisor: Supervisor,
  processes: PullProcesses,
  download: Download,
): Promise<MovedBytes | undefined> {
  if ((await supervisor.next('encoded')) === undefined) return undefined;
  const verified = isVerified(download);
  processes.decode({ type: 'decodePull', threads: availableParallelism(), verified, diffId: download.diffId });
  return (await supervisor.next('moved'))?.outcome;
}

const nothingDecoded: MovedBytes = { bytes: 0, sha256: undefined, decodedBytes: 0 };

/**
 * The commit rule: placement installs only what fetch has vouched for, and only if each process has received as many bytes as the
 * one before it has sent.
 *
 * @returns undefined when a process is lost
 * @throws Failure WorkerFailed when the counts of bytes disagree, or a process names what it cannot have
 */
export async function followPull(
  supervisor: Supervisor,
  processes: PullProcesses,
  download: Download,
  imageRoot: string,
): Promise<Result | undefined> {
  const words = [
    supervisor.next('fetched'),
    supervisor.next('received'),
    decode(supervisor, processes, download),
  ] as const;
  const [fetched, received, moved] = await Promise.all(words);
  if (fetched === undefined || received === undefined) return undefined;
  const { outcome } = fetched;
  if (moved === undefined && outcome.encodedBytes > 0) return undefined;
  supervisor.dismiss('decode');
  const decoded = moved ?? nothingDecoded;
  checkCounts('fetch', outcome.sentBytes, 'placement', received.bytes);
  checkCounts('fetch', outcome.encodedBytes, 'decode', decoded.bytes);
  checkCounts('decode', decoded.decodedBytes, 'placement', received.decodedBytes);
  checkCopy(outcome.cachedPath, download.cached);
  checkDigest(outcome.record, download.digest);
  checkContent(download, outcome, moved);
  supervisor.send('placement', { type: 'installPull', outcome });
  const placed = await supervisor.next('placed');
  if (placed === undefined) return undefined;
  checkPlaces('placement', imageRoot, [placed.outcome.path, placed.outcome.pristinePath]);
  const { record } = outcome;
  const { path, pristinePath, lossCount, losses } = placed.outcome;
  return {
    path,
    pristinePath,
    lossCount,
    losses,
    bytes: record?.bytes ?? 0,
    sha256: record?.sha256,
    verifiedBy: record?.verification ?? 'no',
    signedBy: record?.signedBy,
    signerName: outcome.signerName,
    fromCache: outcome.cachedPath !== undefined,
  };
}
