import type { Response } from 'node-fetch';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { type Chunks, chunksOf } from './connection/unparsed.js';
import type { StallWatch } from './pace.js';
import { Broken, breakReason } from './problem.js';
import { cut } from './redirect.js';
import type { ResourceRequest, Transferred } from './request.js';

/** How many bytes may come at once: as many as there are, but evenly where there is a limit to keep. */
const room = { unlimited: 1024 * 1024, limited: 64 * 1024 };

/**
 * Gives the body to the sink, leaving out its first `skip` bytes.
 *
 * @throws Broken when it ends early, Failure DownloadFailed when it is larger than the caller takes, or begins otherwise, AbortError when the
 * signal aborts a pause of the rate limit; what the sink throws
 */
export async function transferBody(
  download: Transferred,
  response: Response,
  skip: number,
  watch: StallWatch,
  signal: AbortSignal,
): Promise<void> {
  const { limitRate, network } = download.request;
  const chunks = chunksOf(
    response,
    network.incoming(response),
    limitRate === undefined ? room.unlimited : room.limited,
  );
  let ahead = skip;
  try {
    for (let chunk = await next(chunks, watch); chunk; chunk = await next(chunks, watch)) {
      watch.arrived(chunk.length);
      const fresh = ahead === 0 ? chunk : chunk.subarray(Math.min(ahead, chunk.length));
      const skipped = chunk.length - fresh.length;
      ahead -= skipped;
      if (skipped > 0) download.onSkipped(chunk.subarray(0, skipped), ahead === 0);
      const pending = deliver(download, fresh);
      if (pending) await pending;
      if (limitRate !== undefined) await download.rate.spend(chunk.length, signal);
      watch.consumed();
    }
  } finally {
    cut(response);
  }
  const { received, total } = download.position;
  if (ahead > 0 || (total !== undefined && received < total)) throw new Broken('the server ended it early');
}

async function next(chunks: Chunks | undefined, watch: StallWatch): Promise<Buffer | undefined> {
  try {
    return chunks ? await chunks.next() : undefined;
  } catch (error) {
    throw new Broken(watch.isStalled ? watch.description : breakReason(error), { cause: error });
  }
}

function deliver(download: Transferred, chunk: Buffer): void | Promise<void> {
  const { position, request, sink } = download;
  if (chunk.length === 0) return;
  position.received += chunk.length;
  refuseExcess(request, position.received);
  request.onProgress?.(position.received, position.total);
  return sink(chunk);
}

/**
 * Holds a resource to the size that the caller takes.
 *
 * @throws Failure DownloadFailed when it is larger
 */
export function refuseExcess(request: ResourceRequest, bytes: number): void {
  if (request.sizeMax === undefined || bytes <= request.sizeMax) return;
  const url = displayUrl(request.url);
  const message = `${url} is larger than the ${request.sizeMax} bytes allowed.`;
  throw new Failure('DownloadFailed', message, { url });
}
