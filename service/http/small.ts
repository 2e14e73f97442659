import type { Network } from './connection/network.js';
import { fetchResource } from './download.js';
import { undoEncodings } from './encodings.js';
import type { Login, ResponseInfo } from './request.js';

export interface SmallRequest {
  readonly network: Network;
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly login?: Login | undefined;
  /** As that of a ResourceRequest. */
  onResponse?(info: ResponseInfo): void;
  /** The server has no such file; `complaint`: what it says about that. */
  onAbsent?(complaint: string | undefined): void;
  onNotice(message: string): void;
}

/**
 * A file that fits into memory; undefined if the server has none (404, 410). What the server encoded unasked is decoded.
 *
 * @throws Failure DownloadFailed, also beyond `limitBytes`, InvalidUrl, Cancelled when the signal aborts
 */
export async function fetchSmall(url: string, limitBytes: number, request: SmallRequest): Promise<Buffer | undefined> {
  let chunks: Buffer[] = [];
  let encoding: string | undefined;
  const onRestart = () => {
    chunks = [];
  };
  const onResponse = (info: ResponseInfo) => {
    encoding = info.contentEncoding;
    request.onResponse?.(info);
  };
  const outcome = await fetchResource({ ...request, url, sizeMax: limitBytes, onRestart, onResponse }, (chunk) => {
    chunks.push(Buffer.from(chunk));
  });
  if (outcome.kind === 'absent') request.onAbsent?.(outcome.complaint);
  if (outcome.kind !== 'complete') return undefined;
  return undoEncodings(url, Buffer.concat(chunks), encoding, limitBytes);
}
