import type { Network } from './network.js';

export interface SmallRequest {
  readonly network: Network;
  readonly signal: AbortSignal;
  onNotice(message: string): void;
}

/** A file that fits into memory; null if the server has none (404, 410). Throws DownloadFailed, also beyond `limitBytes`. */
export async function fetchSmall(url: string, limitBytes: number, request: SmallRequest): Promise<Buffer | null> {
  throw new Error(`not yet: ${url} ${limitBytes} ${request.signal.aborted}`);
}
