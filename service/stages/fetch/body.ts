import type { Response } from 'node-fetch';
import { Failure } from '../../failure.js';
import type { Position } from './download.js';
import type { ChunkSink, ResourceRequest } from './fetch.js';
import type { RateLimit, StallWatch } from './pace.js';
import { Broken, breakReason } from './problem.js';
import { displayUrl } from './url.js';

/** The side of a download that its body is given to. */
export interface Transferred {
  readonly request: ResourceRequest;
  readonly sink: ChunkSink;
  readonly rate: RateLimit;
  readonly position: Position;
}

/**
 * Gives the body to the sink, leaving out its first `skip` bytes. Throws Broken when it ends early, and what the sink
 * throws.
 */
export async function transferBody(
  download: Transferred,
  response: Response,
  skip: number,
  watch: StallWatch,
  signal: AbortSignal,
): Promise<void> {
  const { position, rate, sink, request } = download;
  const chunks = response.body?.[Symbol.asyncIterator]();
  let ahead = skip;
  try {
    for (;;) {
      const chunk = await next(chunks, watch);
      if (!chunk) break;
      watch.arrived(chunk.length);
      const fresh = chunk.subarray(Math.min(ahead, chunk.length));
      ahead -= chunk.length - fresh.length;
      position.received += fresh.length;
      refuseExcess(download);
      const pending = fresh.length > 0 ? sink(fresh) : undefined;
      if (pending) await pending;
      await rate.spend(chunk.length, signal);
      request.onProgress?.(position.received, position.total);
      watch.consumed();
    }
  } finally {
    await chunks?.return?.();
  }
  const { received, total } = position;
  if (ahead > 0 || (total !== null && received < total)) throw new Broken('the server ended it early');
}

async function next(chunks: AsyncIterator<unknown> | undefined, watch: StallWatch): Promise<Buffer | null> {
  try {
    const item = await chunks?.next();
    if (!item || item.done) return null;
    return Buffer.isBuffer(item.value) ? item.value : Buffer.from(String(item.value));
  } catch (error) {
    throw new Broken(watch.isStalled ? watch.description : breakReason(error), { cause: error });
  }
}

function refuseExcess({ position, request }: Transferred): void {
  if (request.sizeMax === undefined || position.received <= request.sizeMax) return;
  const url = displayUrl(request.url);
  throw new Failure('DownloadFailed', `${url} is larger than the ${request.sizeMax} bytes allowed.`, {
    url,
    status: null,
  });
}
