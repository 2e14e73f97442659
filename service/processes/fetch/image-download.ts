import { displayUrl } from '../../../common/url.js';
import { sniff, sniffLength } from '../../formats/compression/format.js';
import { refuseOpaque } from '../../http/encodings.js';
import type { FetchOutcome, ResponseInfo } from '../../http/request.js';
import type { Proof } from '../../verify/proof.js';
import { log, tell } from '../ipc/channel.js';
import { isVerified } from '../ipc/download.js';
import type { Download, PartialSource } from '../ipc/messages.js';
import { type Announcement, announcementPart } from '../ipc/parts.js';
import { ProgressReport } from '../ipc/progress.js';
import { Digests } from './digests.js';
import { type DownloadPipes, DownloadWay } from './download-way.js';
import { type AboutCopies, askForImage } from './image-head.js';
import type { Origin } from './origin.js';

/** What an image that is downloaded comes from and goes to. */
export interface DownloadParts {
  order: Download;
  origin: Origin;
  proof: Promise<Proof>;
  pipes: DownloadPipes;
  /** Ends the download. */
  abort: AbortController;
}

type Complete = Extract<FetchOutcome, { kind: 'complete' }>;

export interface Downloaded {
  complete: Complete;
  digests: Digests;
  /** To be told when the digests are right. */
  way: DownloadWay;
  /** Bytes of it that an earlier pull had left. */
  begunAt: number;
  /** What the server says it did to the bytes, unasked. */
  contentEncoding: string | undefined;
}

/** How much of what can be verified is kept back from the decode process while more may come, in bytes. */
const hold = 1024 * 1024;

/** The image, from the first request to its last byte in the pipe to the next process. */
export class ImageDownload {
  readonly #parts: DownloadParts;
  readonly #way: DownloadWay;
  readonly #report = new ProgressReport(() => this.#response?.contentLength);
  #partial: PartialSource | undefined;
  #response: Pick<ResponseInfo, 'contentEncoding' | 'contentLength' | 'validator'> | undefined;
  #digests: Promise<Digests>;
  #begun: Digests | undefined;

  constructor(parts: DownloadParts, partial: PartialSource | undefined) {
    this.#parts = parts;
    this.#partial = partial;
    this.#way = new DownloadWay(parts.pipes, isVerified(parts.order) ? hold : 0);
    this.#digests = this.#prepare();
  }

  /**
   * Downloads it unless it is one of those with these ETags.
   *
   * @throws Failure DownloadFailed when it cannot be had
   * @throws Failure VerificationFailed when there is no proof of what it must be
   * @throws Failure Cancelled when the download was aborted, which it is when there is no proof
   * @throws Failure UnsupportedFormat when it is compressed in a way that is not supported
   * @throws Failure WorkerFailed when the process at the other end of the pipe has ended
   * @throws Error when the file of a file: URL, or what an earlier pull has left, cannot be read
   */
  async run(ifNoneMatch: string[]): Promise<AboutCopies<Downloaded>> {
    const fetched = await this.#fetch(ifNoneMatch);
    if (fetched.kind === 'unmodified') return { kind: 'unmodified', etag: fetched.etag };
    const digests = this.#begun ?? (await this.#begin(Buffer.alloc(0)));
    this.#report.finish(digests.bytes, digests.bytes);
    this.#way.finish();
    const { contentEncoding } = this.#response ?? {};
    const begunAt = this.#partial?.offset ?? 0;
    return { kind: 'sent', sent: { complete: fetched, digests, way: this.#way, begunAt, contentEncoding } };
  }

  #fetch(ifNoneMatch: string[]): ReturnType<typeof askForImage> {
    const partial = this.#partial;
    const { order, origin } = this.#parts;
    if (partial !== undefined)
      log('info', `Going on at byte ${partial.offset}, where an earlier pull of ${displayUrl(order.url)} ended`);
    return askForImage(order, origin, {
      ifNoneMatch,
      partial,
      onOutdated: () => this.#startOver(),
      onResponse: (response) => {
        this.#response = response;
        // A pull that cannot be verified ends before its bytes have come; that there is no such image is said first.
        this.#parts.proof.catch((error) => this.#parts.abort.abort(error));
        tell({ type: 'phase', phase: 'downloading' });
        this.#report.finish(this.#partial?.offset ?? 0);
      },
      onRepeat: () => this.#begun?.repetition(),
      sink: async (chunk) => {
        const digests = this.#begun ?? (await this.#begin(chunk));
        digests.update(chunk);
        this.#report.advance(digests.bytes);
        this.#way.write(chunk);
      },
    });
  }

  /** Digests that know what is here already. They wait for the checksum files, which say which ones are needed. */
  #prepare(): Promise<Digests> {
    const { order, proof, abort } = this.#parts;
    const partial = this.#partial;
    const prepared = proof.then(async (known) => {
      const ofContent = order.diffId?.startsWith('sha512:') ? ['sha512'] : [];
      const digests = new Digests([...known.algorithms, ...ofContent], known.wanted);
      if (partial !== undefined) await digests.addFile(partial.descriptor, partial.offset, abort.signal);
      return digests;
    });
    prepared.catch(() => {});
    return prepared;
  }

  /** The server has another version by now. */
  #startOver(): void {
    this.#partial = undefined;
    this.#digests = this.#prepare();
  }

  /** Before the first byte is passed on: what cannot be verified is not unpacked. */
  async #begin(chunk: Buffer): Promise<Digests> {
    refuseOpaque(this.#parts.order.url, chunk, this.#response?.contentEncoding);
    const digests = await this.#digests;
    if (this.#partial !== undefined || isPlain(chunk)) {
      const { contentLength: total, validator } = this.#response ?? {};
      this.#announce({ total, validator, offset: this.#partial?.offset ?? 0 });
    }
    if (this.#partial !== undefined) this.#way.startAsIs();
    this.#begun = digests;
    return digests;
  }

  #announce(announcement: Announcement): void {
    const { toPlacement } = this.#parts.pipes;
    const bytes = Buffer.from(JSON.stringify(announcement));
    toPlacement.beginPart(announcementPart);
    toPlacement.write(bytes, 0, bytes.length);
    toPlacement.endPart();
  }
}

/** Whether a download that begins so is passed on as it is. One that comes in crumbs is not looked at twice. */
function isPlain(chunk: Buffer): boolean {
  return chunk.length >= sniffLength && sniff(chunk.subarray(0, sniffLength), 'The download') === 'uncompressed';
}
