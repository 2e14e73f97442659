import { gunzipSync } from 'node:zlib';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import type { Network } from './connection/network.js';
import { fetchResource } from './download.js';

export interface SmallRequest {
  readonly network: Network;
  readonly signal: AbortSignal;
  onNotice(message: string): void;
}

/**
 * A file that fits into memory; undefined if the server has none (404, 410). A gzip encoding that the server added unasked
 * is undone: nothing further on would.
 *
 * @throws Failure DownloadFailed, also beyond `limitBytes`, InvalidUrl, Cancelled when the signal aborts
 */
export async function fetchSmall(url: string, limitBytes: number, request: SmallRequest): Promise<Buffer | undefined> {
  let chunks: Buffer[] = [];
  let encoding: string | undefined;
  const onRestart = () => {
    chunks = [];
  };
  const onResponse = (info: { contentEncoding: string | undefined }) => {
    encoding = info.contentEncoding;
  };
  const outcome = await fetchResource({ ...request, url, sizeMax: limitBytes, onRestart, onResponse }, (chunk) => {
    chunks.push(Buffer.from(chunk));
  });
  if (outcome.kind !== 'complete') return undefined;
  return encoding === 'gzip' ? decode(url, Buffer.concat(chunks), limitBytes) : Buffer.concat(chunks);
}

function decode(url: string, bytes: Buffer, limitBytes: number): Buffer {
  // A .gz file that a server mislabels as an encoding is meant as it is only if it is an image; such do not come here.
  try {
    return gunzipSync(bytes, { maxOutputLength: limitBytes });
  } catch {
    const shown = displayUrl(url);
    const message = `${shown} is declared as gzip-encoded, but is not, or unpacks to more than ${limitBytes} bytes.`;
    throw new Failure('DownloadFailed', message, { url: shown, status: null });
  }
}
