import { readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Failure } from '../../../common/failure.js';
import type { StreamedBody } from '../connection/network.js';
import type { RateLimit, StallWatch } from '../pace.js';
import { Broken } from '../problem.js';
import { headerOf, parseLength } from '../range.js';
import { type Answer, discardBody, placeIn } from '../redirect.js';
import type { Exchange } from './exchange.js';
import { Persistence } from './persistence.js';

/** Bytes that are read at once. */
const blockSize = 128 * 1024;
/** Bytes of one request once a longer one has broken: what a registry has not acknowledged it may have forgotten. */
const carefulChunk = 64 * 1024 * 1024;

/** Some bytes that are pushed under their digest. */
export interface PushedBlob {
  /** `sha256:` and lower-case hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
  /** The bytes themselves, or where they are in a file. */
  readonly content: Buffer | { readonly descriptor: number; readonly offset: number };
}

export interface UploadOptions {
  /** Repositories of the same registry that may have the blob, in the order that they are asked for it. */
  readonly mountFrom: readonly string[];
  readonly rate: RateLimit;
  /** Bytes of the blob that the registry has, or that are on their way. */
  onProgress(bytes: number): void;
}

/** An upload that the registry has begun. */
interface Session {
  readonly url: URL;
  /** Bytes that the registry has. */
  readonly offset: number;
  /** The least that it takes in one request but for the last, in bytes. */
  readonly chunkMin: number;
}

/** Sends one blob to a registry, over as many connections as it takes (distribution specification 1.1, "Pushing blobs"). */
export class Upload {
  readonly #exchange: Exchange;
  readonly #blob: PushedBlob;
  readonly #options: UploadOptions;
  readonly #persistence: Persistence;
  #chunkMax = Number.POSITIVE_INFINITY;
  #session: Session | undefined;
  /** The most that a registry has acknowledged, in bytes. */
  #reached = 0;

  constructor(exchange: Exchange, blob: PushedBlob, options: UploadOptions) {
    this.#exchange = exchange;
    this.#blob = blob;
    this.#options = options;
    this.#persistence = new Persistence(exchange.options, `The push of ${blob.digest}`);
  }

  /**
   * Gives the registry a blob that it does not have.
   *
   * @throws Failure UploadFailed when it does not take it; as Exchange.ask()
   */
  async run(): Promise<'mounted' | 'sent'> {
    for (const from of this.#options.mountFrom) {
      if (await this.#retried(() => this.#mount(from))) return 'mounted';
    }
    await this.#retried(() => this.#send());
    return 'sent';
  }

  /** Whether the registry has the blob. @throws as run() */
  async has(): Promise<boolean> {
    return await this.#retried(() => this.#look());
  }

  async #retried<Result>(action: () => Promise<Result>): Promise<Result> {
    return await this.#persistence.retry(
      () =>
        action().catch((error: unknown) => {
          if (error instanceof Broken) this.#chunkMax = carefulChunk;
          throw error;
        }),
      () => this.#reached,
    );
  }

  async #look(): Promise<boolean> {
    const answer = await this.#exchange.ask({ method: 'HEAD', url: this.#exchange.url(`blobs/${this.#blob.digest}`) });
    const { status } = answer.response;
    discardBody(answer.response);
    if (status === 200) return true;
    if (status === 404) return false;
    throw this.#unexpected(answer);
  }

  /** Has the registry take the blob from another repository. One that does not may begin an upload at once. */
  async #mount(from: string): Promise<boolean> {
    const url = this.#exchange.url('blobs/uploads/');
    url.searchParams.set('mount', this.#blob.digest);
    url.searchParams.set('from', from);
    const asked = this.#exchange.ask({ method: 'POST', url, headers: { 'Content-Length': '0' } });
    const answer = await asked.catch((error: unknown) => {
      // The registry gives no token for both repositories.
      if (error instanceof Failure && error.kind === 'DownloadFailed') return undefined;
      throw error;
    });
    if (answer === undefined) return false;
    const { response } = answer;
    discardBody(response);
    if (response.status === 202) this.#session = this.#sessionOf(answer, 0);
    return response.status === 201;
  }

  async #send(): Promise<void> {
    let session = this.#session === undefined ? await this.#begin() : await this.#found(this.#session);
    if (session === undefined) return;
    while (session.offset < this.#blob.bytes) {
      this.#session = session;
      session = await this.#sendChunk(session);
      this.#reached = Math.max(this.#reached, session.offset);
    }
    this.#session = session;
    await this.#finish(session);
  }

  async #begin(): Promise<Session> {
    const url = this.#exchange.url('blobs/uploads/');
    const answer = await this.#exchange.ask({ method: 'POST', url, headers: { 'Content-Length': '0' } });
    discardBody(answer.response);
    if (answer.response.status !== 202) throw this.#unexpected(answer);
    return this.#sessionOf(answer, 0);
  }

  /** An upload as the registry has it now; another one if it has forgotten it, and undefined if it has all of the blob. */
  async #found(session: Session): Promise<Session | undefined> {
    if (session.offset === 0 && this.#chunkMax === Number.POSITIVE_INFINITY) return session;
    this.#session = undefined;
    if (session.offset === this.#blob.bytes && (await this.#look())) return undefined;
    const answer = await this.#exchange.ask({ method: 'GET', url: session.url });
    const { response } = answer;
    discardBody(response);
    const offset = offsetIn(answer);
    // Where nothing was taken, ranges cannot be told from those of one byte.
    if (![200, 204, 308].includes(response.status) || offset === undefined || offset <= 1) return await this.#begin();
    return { ...this.#sessionOf(answer, offset, session.url), chunkMin: session.chunkMin };
  }

  async #sendChunk(session: Session): Promise<Session> {
    const { bytes } = this.#blob;
    const { offset, url, chunkMin } = session;
    const length = Math.min(bytes - offset, Math.max(this.#chunkMax, chunkMin));
    const answer = await this.#exchange.ask({
      method: 'PATCH',
      url,
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Range': `${offset}-${offset + length - 1}` },
      body: (watch) => this.#body(offset, length, watch),
    });
    discardBody(answer.response);
    if (answer.response.status !== 202) throw this.#unexpected(answer);
    const taken = offsetIn(answer) ?? offset + length;
    if (taken > offset + length) throw this.#exchange.failure(`the registry claims to have ${taken} bytes`, url, 202);
    // The range for one byte is the same as for none.
    if (taken <= offset || (taken === 1 && bytes > 1)) throw this.#keptNothing(answer);
    return { ...this.#sessionOf(answer, taken, url), chunkMin: Math.max(chunkMin, chunkMinIn(answer)) };
  }

  #keptNothing({ url, response }: Answer): Broken {
    const reason = 'the registry has kept nothing of what was sent';
    return new Broken(reason, { cause: this.#exchange.failure(reason, url, response.status) });
  }

  async #finish({ url }: Session): Promise<void> {
    const place = new URL(url);
    place.searchParams.set('digest', this.#blob.digest);
    const answer = await this.#exchange.ask({ method: 'PUT', url: place, headers: { 'Content-Length': '0' } });
    discardBody(answer.response);
    if (answer.response.status !== 201) throw this.#unexpected(answer);
  }

  #sessionOf(answer: Answer, offset: number, otherwise?: URL): Session {
    const { response, url } = answer;
    const place = response.headers.has('location') || otherwise === undefined ? placeIn(response, url) : otherwise;
    if (place instanceof URL) return { url: place, offset, chunkMin: chunkMinIn(answer) };
    throw this.#exchange.failure(place.problem, url, response.status);
  }

  /** Of an upload that the registry has forgotten, only this try has failed. */
  #unexpected(answer: Answer): Error {
    const { status } = answer.response;
    const isForgotten = this.#session !== undefined && (status === 404 || status === 416);
    return isForgotten ? this.#exchange.broken(`HTTP status ${status}`, answer) : this.#exchange.failed(answer);
  }

  #body(offset: number, length: number, watch: StallWatch): StreamedBody {
    return { stream: Readable.from(this.#blocks(offset, length, watch), { objectMode: false }), bytes: length };
  }

  async *#blocks(offset: number, length: number, watch: StallWatch): AsyncGenerator<Buffer> {
    const { rate, onProgress } = this.#options;
    const { signal } = this.#exchange.options;
    for (let done = 0; done < length; ) {
      const block = this.#read(offset + done, Math.min(blockSize, rate.portion, length - done));
      done += block.length;
      watch.arrived(block.length);
      watch.consumed();
      onProgress(offset + done);
      yield block;
      // Afterwards: the connection is from the request before, and a server closes one on which nothing begins for some seconds.
      await rate.spend(block.length, signal);
    }
  }

  #read(position: number, length: number): Buffer {
    const { content } = this.#blob;
    if (Buffer.isBuffer(content)) return content.subarray(position, position + length);
    const block = Buffer.allocUnsafe(length);
    const count = readSync(content.descriptor, block, 0, length, content.offset + position);
    if (count === 0) throw new RangeError('past the end of what is pushed');
    return block.subarray(0, count);
  }
}

/** How many bytes an answer says that the registry has; undefined if it does not say. */
function offsetIn({ response }: Answer): number | undefined {
  const [, last] = /^(?:bytes[= ])?0-(\d+)$/.exec(headerOf(response.headers, 'range')?.trim() ?? '') ?? [];
  const end = parseLength(last);
  return end === undefined ? undefined : end + 1;
}

function chunkMinIn({ response }: Answer): number {
  return parseLength(headerOf(response.headers, 'oci-chunk-min-length')) ?? 0;
}
