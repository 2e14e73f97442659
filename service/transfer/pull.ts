import { availableParallelism } from 'node:os';
import { escapeText } from '../escape.js';
import { Failure } from '../failure.js';
import { findPristine } from '../store/cache.js';
import { ensureAbsent } from '../store/existing.js';
import { failOn } from '../store/fileSystemFailure.js';
import type { PartialRecord } from '../store/partial.js';
import { sidecarSuffixes } from '../store/pristineNames.js';
import type { ImageClass, ImageFormat, PullPlacementOrder, PullStreamOrder, Verification } from '../worker/messages.js';
import { rememberName } from './aftermath.js';
import { checkCounts, checkPlaces, type Lend, withCrew } from './conductor.js';
import { readCredentials } from './credentials.js';
import { closeAll } from './descriptors.js';
import { type Host, networkEnvironment } from './host.js';
import { readKeyrings } from './keyrings.js';
import { isResumable, LentPartial, settlePartial } from './partials.js';
import { openSourceFiles } from './sourceFiles.js';
import type { Result, Transfer } from './transfer.js';
import type { Workers } from './workers.js';

/** A pull whose parameters have been checked. */
export interface PullRequest {
  /** As the caller gave it; may hold a user name and a password. */
  url: string;
  /** Without them. */
  remote: string;
  format: ImageFormat;
  class: ImageClass;
  name: string | null;
  verification: Verification;
  /** OpenPGP keyrings of the caller. */
  keyrings: Buffer[];
  force: boolean;
  readOnly: boolean;
  keepDownload: boolean;
  imageRoot: string;
  /** Bytes of allocated data. */
  sizeMax: number;
  /** Bytes per second. */
  limitRate: number | null;
  /** Whether to go on where a connection broke, and where an earlier pull was interrupted. */
  resume: boolean;
  strict: boolean;
  /** The text of the caller's netrc file, where the service may use it. */
  netrc: string | null;
}

/** What the stream process of a pull is told. Rejects with Failure VerificationFailed where there are no keys to trust. */
export async function streamOrder(host: Host, request: PullRequest): Promise<PullStreamOrder> {
  const keyrings = request.verification === 'signature' ? await readKeyrings(host, request.keyrings) : [];
  return {
    kind: 'pull',
    url: request.url,
    format: request.format,
    verification: request.verification,
    keyrings,
    cached: failOn(request.imageRoot, () => findPristine(request.imageRoot, request.format, request.remote)),
    sidecars: wantedSidecars(request),
    limitRate: request.limitRate,
    resume: request.resume,
    partial: null,
    threads: availableParallelism(),
    files: null,
    netrc: request.netrc,
    credentials: request.url.startsWith('file:') ? [] : readCredentials(host, request.remote),
    environment: networkEnvironment(host),
  };
}

/** Settings are for containers and virtual machines; the rest belongs to disk images. */
function wantedSidecars({ class: imageClass, format }: PullRequest): string[] {
  return sidecarSuffixes.filter((suffix) => (suffix === '.nspawn' ? imageClass === 'machine' : format === 'raw'));
}

function placementOrder(
  host: Host,
  lend: Lend,
  request: PullRequest,
  partial: PartialRecord | null,
): PullPlacementOrder {
  const { format, class: imageClass, imageRoot, name, force, readOnly, keepDownload, sizeMax, strict } = request;
  const shared = { format, class: imageClass, imageRoot, name, force, readOnly, keepDownload, sizeMax, strict };
  return {
    ...shared,
    kind: 'pull',
    url: request.remote,
    sidecars: wantedSidecars(request),
    resumable: isResumable(request),
    partial,
    lenient: host.scope === 'user',
    scope: host.scope,
    convertCommand: lend('convert'),
  };
}

/** Downloads, verifies and places an image. Rejects with a Failure, and nothing is left then. */
export async function runPull(
  host: Host,
  request: PullRequest,
  transfer: Transfer,
  signal: AbortSignal,
): Promise<Result> {
  transfer.enter('starting');
  if (request.name !== null && !request.force) ensureAbsent(request.imageRoot, request.name, request.class, host);
  const order = await streamOrder(host, request);
  try {
    return await withCrew(
      host,
      request.imageRoot,
      rememberName(request),
      transfer,
      signal,
      ({ start, workers }, lend) => {
        const files = openSourceFiles(request.url);
        using partial = new LentPartial(request);
        try {
          start({
            direction: 'in',
            placement: placementOrder(host, lend, request, partial.record),
            placementDescriptors: partial.forPlacement,
            stream: {
              order: { ...order, files: files.byName, partial: partial.source },
              descriptors: [...files.descriptors, ...partial.forStream],
            },
          });
        } finally {
          closeAll(files.descriptors);
        }
        return conduct(workers, order, request.imageRoot);
      },
    );
  } catch (error) {
    await settlePartial(host, request, transfer, error);
    throw error;
  }
}

/** The stream process may only choose among the copies that it was offered. Throws Failure. */
export function checkCopy(path: string | null, offered: PullStreamOrder['cached']): void {
  if (path === null || offered.some((copy) => copy.path === path)) return;
  const message = `The stream process of the transfer names ${escapeText(path)}, which is not a copy of this download`;
  throw new Failure('WorkerFailed', message, { process: 'stream' });
}

/** The commit rule: placement installs only what stream has vouched for, and only if both counted the same bytes. */
async function conduct(workers: Workers, { cached }: PullStreamOrder, imageRoot: string): Promise<Result | null> {
  const [streamed, received] = await Promise.all([workers.next('streamed'), workers.next('received')]);
  if (streamed === null || received === null) return null;
  const { outcome } = streamed;
  checkCounts(outcome.decodedBytes, received.bytes);
  checkCopy(outcome.cachedPath, cached);
  workers.send('placement', { outcome });
  const placed = await workers.next('placed');
  if (placed === null) return null;
  checkPlaces('placement', imageRoot, [placed.outcome.path, placed.outcome.pristinePath]);
  const { record } = outcome;
  return {
    ...placed.outcome,
    bytes: record?.bytes ?? 0,
    sha256: record?.sha256 ?? null,
    verifiedBy: record?.verification ?? 'no',
    signedBy: record?.signedBy ?? null,
    fromCache: outcome.cachedPath !== null,
  };
}
