import { setMaxListeners } from 'node:events';
import { fstatSync, readSync } from 'node:fs';
import { Failure } from '../../../common/failure.js';
import { displayUrl, lastComponent, siblingUrl } from '../../../common/url.js';
import { userAgent } from '../../../common/version.js';
import { Network } from '../../http/connection/network.js';
import { fetchDescriptor } from '../../http/descriptor.js';
import { fetchResource } from '../../http/download.js';
import { RegistryLogin } from '../../http/registry/login.js';
import type {
  ChunkSink,
  FetchOutcome,
  Repetition,
  ResourceRequest,
  ResponseInfo,
  StartingPoint,
} from '../../http/request.js';
import { fetchSmall } from '../../http/small.js';
import { log } from '../ipc/channel.js';
import type { Download } from '../ipc/messages.js';

/** What is known of an image before its bytes come. */
export type OriginInfo = Pick<
  ResponseInfo,
  'contentEncoding' | 'contentLength' | 'etag' | 'fileName' | 'lastModified' | 'status' | 'url' | 'validator'
>;

export interface ImageFetch {
  ifNoneMatch: string[];
  startAt?: StartingPoint;
  onResponse(info: OriginInfo): void;
  /** As that of a ResourceRequest. */
  onRepeat?(): Repetition | undefined;
  sink: ChunkSink;
}

/** As in a ResourceRequest. */
export type SidecarFetch = Pick<ResourceRequest, 'onRepeat' | 'onResponse'>;

/** Where a pull gets its files from: a server, or files that the daemon opened for it. */
export interface Origin extends Disposable {
  fetchImage(fetch: ImageFetch): Promise<FetchOutcome>;
  fetchSidecar(url: string, sink: ChunkSink, more: SidecarFetch): Promise<FetchOutcome>;
  /** Undefined if there is no such file. */
  fetchSmall(url: string, limitBytes: number): Promise<Buffer | undefined>;
}

const onNotice = (message: string): void => log('info', message);

function serverOrigin(order: Download, signal: AbortSignal): Origin {
  const network = new Network({
    environment: order.environment,
    userAgent,
    credentials: order.credentials,
    ...(order.netrc === undefined ? {} : { netrc: order.netrc }),
  });
  const login = order.registry && new RegistryLogin(network, order.registry, onNotice);
  const request = { network, signal, onNotice, resume: order.resume, login };
  const sizeMax = order.bytes === undefined ? {} : { sizeMax: order.bytes };
  const rate = order.limitRate === undefined ? {} : { limitRate: order.limitRate };
  return {
    fetchImage: ({ sink, ...fetch }) =>
      fetchResource({ ...request, ...rate, ...sizeMax, ...fetch, url: order.url }, sink),
    fetchSidecar: (url, sink, more) => fetchResource({ ...request, ...rate, ...more, url }, sink),
    fetchSmall: (url, limitBytes) => fetchSmall(url, limitBytes, request),
    [Symbol.dispose]: () => network[Symbol.dispose](),
  };
}

function fileOrigin(order: Download, files: Record<string, number>, signal: AbortSignal): Origin {
  const descriptor = (url: string): number | undefined => {
    const name = lastComponent(url) ?? '';
    const bare = siblingUrl(url, name);
    return files[bare] ?? (bare === siblingUrl(order.url, name) ? files[name] : undefined);
  };
  const rate = order.limitRate === undefined ? {} : { limitRate: order.limitRate };
  const fetch = async (url: string, sink: ChunkSink): Promise<FetchOutcome> => {
    const fd = descriptor(url);
    if (fd === undefined) return { kind: 'absent', status: 404, url };
    const part = url === order.url ? order.part : undefined;
    return fetchDescriptor({ descriptor: fd, part, url: displayUrl(url), signal, ...rate }, sink);
  };
  return {
    fetchImage({ onResponse, sink }) {
      const fd = descriptor(order.url);
      if (fd !== undefined) onResponse(fileInfo(fd, order));
      return fetch(order.url, sink);
    },
    fetchSidecar: fetch,
    fetchSmall: async (url, limitBytes) => {
      const fd = descriptor(url);
      return fd === undefined ? undefined : readSmall(fd, limitBytes, url);
    },
    [Symbol.dispose]: () => {},
  };
}

function fileInfo(fd: number, { url, part }: Download): OriginInfo {
  const { size, mtime } = fstatSync(fd);
  const unknown = { contentEncoding: undefined, etag: undefined, fileName: undefined, validator: undefined };
  return { ...unknown, status: 200, contentLength: part?.bytes ?? size, lastModified: mtime, url: displayUrl(url) };
}

function readSmall(fd: number, limitBytes: number, url: string): Buffer {
  const bytes = Buffer.alloc(Math.min(fstatSync(fd).size, limitBytes + 1));
  const count = readSync(fd, bytes, 0, bytes.length, 0);
  if (count <= limitBytes) return bytes.subarray(0, count);
  const message = `${displayUrl(url)} is larger than the ${limitBytes} bytes that a file of its kind may have`;
  throw new Failure('DownloadFailed', message, { url: displayUrl(url) });
}

export function originOf(order: Download, signal: AbortSignal): Origin {
  // Each request listens to it, and those for checksum files and signatures run at once: node takes more than ten for a leak.
  setMaxListeners(0, signal);
  return order.files === undefined ? serverOrigin(order, signal) : fileOrigin(order, order.files, signal);
}
