import { type BigIntStats, fstat as fstatOf, read as readFrom } from 'node:fs';
import { promisify } from 'node:util';
import { errnoWords } from '../../common/errno.js';
import { Failure } from '../../common/failure.js';
import { displayUrl } from '../../common/url.js';
import { errnoName } from '../../linux/errno.js';
import { systemClock } from './clock.js';
import { RateLimit } from './pace.js';
import type { ChunkSink, FetchOutcome } from './request.js';

export interface DescriptorRequest {
  /** Open for reading; its own position is neither used nor changed; stays open. */
  readonly descriptor: number;
  /** For messages. */
  readonly url: string;
  readonly signal: AbortSignal;
  /** The part of the file that is meant, in bytes; all of it if there is none. */
  readonly part?: { readonly offset: number; readonly bytes: number } | undefined;
  /** Bytes per second. */
  readonly limitRate?: number;
  onProgress?(bytes: number, total: number | undefined): void;
}

const blockSize = 1024 * 1024;
const fstat = promisify(fstatOf);
const read = promisify(readFrom);

/**
 * Reads a file: URL that the daemon has opened.
 *
 * @throws Failure DownloadFailed unless it is a regular file that can be read and keeps still meanwhile, Cancelled
 * when the signal aborts; what the sink throws
 */
export async function fetchDescriptor(request: DescriptorRequest, sink: ChunkSink): Promise<FetchOutcome> {
  const url = displayUrl(request.url);
  const before = await fstat(request.descriptor, { bigint: true });
  if (!before.isFile()) throw failed(url, 'is not a regular file: a directory or device cannot be downloaded.');
  const size = request.part?.bytes ?? Number(before.size);
  const bytes = await copy(request, sink, size);
  const after = await fstat(request.descriptor, { bigint: true });
  if (bytes !== size || !isSame(before, after)) {
    throw failed(
      url,
      `changed while it was read (${before.size} bytes at the start, ${after.size} at the end): try again.`,
    );
  }
  return { kind: 'complete', etag: undefined, lastModified: before.mtime, bytes, contentLength: bytes, url };
}

async function copy(request: DescriptorRequest, sink: ChunkSink, size: number): Promise<number> {
  const rate = new RateLimit(systemClock, request.limitRate);
  let position = 0;
  while (request.part === undefined || position < size) {
    if (request.signal.aborted) throw cancelled(request);
    const block = Buffer.allocUnsafeSlow(Math.min(blockSize, Math.max(size - position, 1)));
    const bytesRead = await readBlock(request, block, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const pending = sink(block.subarray(0, bytesRead));
    if (pending) await pending;
    await spend(rate, bytesRead, request);
    request.onProgress?.(position, size);
  }
  return position;
}

/** @throws Failure DownloadFailed when the file cannot be read, as from a disk with a fault */
async function readBlock(
  { descriptor, url, part }: DescriptorRequest,
  block: Buffer,
  position: number,
): Promise<number> {
  try {
    return (await read(descriptor, block, 0, block.length, position + (part?.offset ?? 0))).bytesRead;
  } catch (error) {
    const name = errnoName(error);
    if (name === undefined) throw error;
    const reason = `${errnoWords(name) ?? 'the system refused'} (${name})`;
    throw failed(displayUrl(url), `cannot be read at byte ${position}: ${reason}.`);
  }
}

/** @throws Failure Cancelled when the signal aborts meanwhile */
async function spend(rate: RateLimit, bytes: number, request: DescriptorRequest): Promise<void> {
  try {
    await rate.spend(bytes, request.signal);
  } catch (error) {
    throw request.signal.aborted ? cancelled(request) : error;
  }
}

function cancelled({ url }: DescriptorRequest): Failure {
  return new Failure('Cancelled', `Reading ${displayUrl(url)} was cancelled.`, {});
}

function isSame(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs;
}

function failed(url: string, reason: string): Failure {
  return new Failure('DownloadFailed', `${url} ${reason}`, { url });
}
