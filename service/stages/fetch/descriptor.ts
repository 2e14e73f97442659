import type { ChunkSink, FetchOutcome } from './fetch.js';

export interface DescriptorRequest {
  /** Open for reading, at its start; stays open. */
  readonly fd: number;
  /** For messages. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** Bytes per second. */
  readonly limitRate?: number;
  onProgress?(bytes: number, total: number | null): void;
}

/** Reads a file: URL that the daemon has opened. Throws DownloadFailed unless it is a regular file that keeps still. */
export async function fetchDescriptor(request: DescriptorRequest, sink: ChunkSink): Promise<FetchOutcome> {
  throw new Error(`not yet: ${request.fd} ${sink.name}`);
}
