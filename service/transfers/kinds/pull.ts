import { availableParallelism } from 'node:os';
import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import { ensureAbsent } from '../../images/layout/existing.js';
import { sidecarSuffixes } from '../../images/layout/pristine-names.js';
import { findPristine } from '../../images/pristine/cache.js';
import type { PartialRecord } from '../../images/pristine/partial.js';
import type { MovedBytes, PullDecodeOrder, PullFetchOrder, PullPlacementOrder } from '../../processes/ipc/messages.js';
import { networkEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { rememberName } from '../supervisor/commit-outcome.js';
import type { Crew } from '../supervisor/crew.js';
import { closeAll } from '../supervisor/descriptors.js';
import { checkCounts, checkPlaces, type Lend, withCrew } from '../supervisor/supervisor.js';
import type { Result, Transfer } from '../transfer.js';
import { readCredentials } from './credentials.js';
import { readKeyrings } from './keyrings.js';
import { isResumable, LentPartial, settlePartial } from './partials.js';
import type { PullRequest } from './pull-request.js';
import { openSourceFiles } from './source-files.js';

/** What a process that decodes is started for before it is known to be needed. */
const usuallyCompressed = /\.(xz|gz|zst|bz2|t[xgb]z|tzst)$/i;

/** What the fetch process of a pull is told. Rejects with Failure VerificationFailed where there are no keys to trust. */
export async function fetchOrder(host: Host, request: PullRequest): Promise<PullFetchOrder> {
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
  const order = await fetchOrder(host, request);
  try {
    return await withCrew(host, request.imageRoot, rememberName(request), transfer, signal, (crew, lend) => {
      const files = openSourceFiles(request.url);
      using partial = new LentPartial(request);
      try {
        if (request.verification !== 'no') crew.workers.hearOut('fetch');
        crew.startPull({
          placement: {
            order: placementOrder(host, lend, request, partial.record),
            descriptors: partial.forPlacement,
          },
          fetch: {
            order: { ...order, files: files.byName, partial: partial.source },
            descriptors: [...files.descriptors, ...partial.forFetch],
          },
          decodes: usuallyCompressed.test(request.remote),
        });
      } finally {
        closeAll(files.descriptors);
      }
      return conduct(crew, order, request.imageRoot);
    });
  } catch (error) {
    await settlePartial(host, request, transfer, error);
    throw error;
  }
}

/** The fetch process may only choose among the copies that it was offered. Throws Failure. */
export function checkCopy(path: string | null, offered: PullFetchOrder['cached']): void {
  if (path === null || offered.some((copy) => copy.path === path)) return;
  const message = `The fetch process of the transfer names ${escapeText(path)}, which is not a copy of this download`;
  throw new Failure('WorkerFailed', message, { process: 'fetch' });
}

/**
 * Has the decode process work once fetch says that the download is compressed. Null when it does not say so, or a process has
 * failed.
 */
async function decode(crew: Crew): Promise<MovedBytes | null> {
  if ((await crew.workers.next('encoded')) === null) return null;
  const order: PullDecodeOrder = { kind: 'pull', threads: availableParallelism() };
  crew.decode(order);
  return (await crew.workers.next('moved'))?.outcome ?? null;
}

const nothingDecoded: MovedBytes = { bytes: 0, sha256: null, decodedBytes: 0 };

/**
 * The commit rule: placement installs only what fetch has vouched for, and only if each process has received as many bytes as the
 * one before it has sent.
 */
async function conduct(crew: Crew, { cached }: PullFetchOrder, imageRoot: string): Promise<Result | null> {
  const { workers } = crew;
  const words = [workers.next('fetched'), workers.next('received'), decode(crew)] as const;
  const [fetched, received, moved] = await Promise.all(words);
  if (fetched === null || received === null) return null;
  const { outcome } = fetched;
  if (moved === null && outcome.encodedBytes > 0) return null;
  workers.dismiss('decode');
  const decoded = moved ?? nothingDecoded;
  checkCounts('fetch', outcome.sentBytes, 'placement', received.bytes);
  checkCounts('fetch', outcome.encodedBytes, 'decode', decoded.bytes);
  checkCounts('decode', decoded.decodedBytes, 'placement', received.decodedBytes);
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
