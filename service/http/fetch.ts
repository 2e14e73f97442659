import { Download } from './download.js';
import type { ChunkSink, FetchOutcome, ResourceRequest } from './request.js';

/**
 * Downloads a resource into a sink, following redirects and resuming broken connections. Bytes are taken
 * as transferred: a Content-Encoding is not undone, because checksums are over what the server keeps. Throws a Failure:
 * DownloadFailed, InvalidUrl, or Cancelled when the signal aborts; and whatever the sink throws.
 */
export function fetchResource(request: ResourceRequest, sink: ChunkSink): Promise<FetchOutcome> {
  return new Download(request, sink).run();
}
