import { Failure } from '../../../common/failure.js';
import type { Network } from '../connection/network.js';
import { RateLimit } from '../pace.js';
import { headerOf } from '../range.js';
import { discardBody } from '../redirect.js';
import type { RegistryAccess } from './access.js';
import { Exchange, NoAnswer } from './exchange.js';
import { Persistence } from './persistence.js';
import { type PushedBlob, Upload } from './upload.js';

/** An image that is pushed. */
export interface PushedImage {
  readonly manifest: { readonly mediaType: string; readonly digest: string; readonly bytes: Buffer };
  /** All that the manifest names. */
  readonly blobs: readonly (PushedBlob & { readonly mediaType: string })[];
}

export interface PushRequest {
  readonly network: Network;
  /** The registry, and other ways to speak to it where it does not answer. */
  readonly locations: readonly RegistryAccess[];
  readonly tag: string;
  readonly image: PushedImage;
  /** Repositories of the registry that may have the same blobs. */
  readonly mountFrom: readonly string[];
  /** Bytes per second. */
  readonly limitRate: number | undefined;
  readonly resume: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  onProgress(bytes: number, total: number): void;
  onNotice(message: string): void;
}

/** What became of a blob, in the order of the image's. */
export type BlobFate = 'present' | 'mounted' | 'sent' | 'missing';

/**
 * Gives a registry all of an image that it does not have, and names it with a tag.
 *
 * @throws Failure UploadFailed when the registry does not take it; Cancelled as the signal has it
 */
export async function pushImage(request: PushRequest): Promise<BlobFate[]> {
  for (const [index, access] of request.locations.entries()) {
    try {
      return await new Push(request, access).run();
    } catch (error) {
      const isLast = index + 1 === request.locations.length;
      if (error instanceof NoAnswer && !isLast) continue;
      // The login is part of the push.
      if (error instanceof Failure && error.kind === 'DownloadFailed' && 'url' in error.facts)
        throw new Failure('UploadFailed', error.message, error.facts);
      throw error;
    }
  }
  throw new Error('no location was given');
}

class Push {
  readonly #request: PushRequest;
  readonly #exchange: Exchange;

  constructor(request: PushRequest, access: RegistryAccess) {
    const { network, resume, signal } = request;
    const onNotice = (message: string) => request.onNotice(message);
    this.#request = request;
    this.#exchange = new Exchange({ network, access, resume, signal, onNotice });
  }

  async run(): Promise<BlobFate[]> {
    const { image, mountFrom, dryRun, limitRate, network, onProgress } = this.#request;
    const rate = new RateLimit(network.clock, limitRate);
    let [done, total] = [0, 0];
    const uploads = image.blobs.map((blob) => {
      const onBytes = (bytes: number) => onProgress(done + bytes, total);
      return { blob, upload: new Upload(this.#exchange, blob, { mountFrom, rate, onProgress: onBytes }) };
    });
    const fates: BlobFate[] = [];
    for (const { blob, upload } of uploads) {
      const isThere = await upload.has();
      fates.push(isThere ? 'present' : 'missing');
      if (!isThere) total += blob.bytes;
    }
    if (dryRun) return fates;
    for (const [index, { blob, upload }] of uploads.entries()) {
      if (fates[index] !== 'missing') continue;
      fates[index] = await upload.run();
      done += blob.bytes;
      onProgress(done, total);
    }
    await this.#tag();
    return fates;
  }

  /** Names what is there by now. */
  async #tag(): Promise<void> {
    const { tag, image } = this.#request;
    const { mediaType, digest, bytes } = image.manifest;
    const exchange = this.#exchange;
    const url = exchange.url(`manifests/${tag}`);
    const persistence = new Persistence(exchange.options, `The push of the manifest ${digest}`);
    const answer = await persistence.retry(async () => {
      const put = await exchange.ask({ method: 'PUT', url, headers: { 'Content-Type': mediaType }, body: () => bytes });
      if (put.response.status !== 201) throw exchange.failed(put);
      return put;
    });
    const stated = headerOf(answer.response.headers, 'docker-content-digest') ?? digest;
    discardBody(answer.response);
    if (stated === digest) return;
    throw exchange.failure(`the registry has stored the manifest as ${stated.slice(0, 200)}, not ${digest}`, url, 201);
  }
}
