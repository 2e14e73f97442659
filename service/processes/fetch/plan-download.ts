import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { sniff } from '../../formats/compression/format.js';
import { notDisk, notTree } from '../../formats/content/refusals.js';
import { headLength, isCertainlyNoDisk, isCertainlyNoTree, sniffContent } from '../../formats/content/sniff.js';
import { refuseOpaque } from '../../http/encodings.js';
import type { Proof } from '../../verify/proof.js';
import { messageMax, textMax } from '../ipc/bounds.js';
import { speakable } from '../ipc/channel.js';
import type { CachedOriginal, Download, Obstacle, PartialSource, PlannedDownload } from '../ipc/messages.js';
import { type AboutCopies, askForImage, findImage, type ImageQuestion, proofFor } from './image-head.js';
import { type Origin, type OriginInfo, originOf } from './origin.js';
import { fetchSidecar } from './sidecar.js';
import { sidecarName, sidecarUrl } from './sidecar-url.js';

/** Bytes that hold the header of an archive, or a boot sector with the mark of a partition table behind it. */
const enoughLength = 520;

/** Thrown into a download of which nothing more is needed. */
class Enough extends Error {}

/** What is known of an image from the beginning of its download. */
interface Beginning {
  info: OriginInfo;
  /** Where an interrupted download goes on; undefined if the first bytes were asked for. */
  resumesAt: number | undefined;
  firstBytes: Buffer;
}

/** Reads of an image as much as has to be known, which is nothing where a download only goes on. */
class Look {
  #partial: PartialSource | undefined;
  #info: OriginInfo;
  #firstBytes = Buffer.alloc(0);

  constructor(url: string, partial: PartialSource | undefined) {
    this.#partial = partial;
    const unknown = {
      contentEncoding: undefined,
      contentLength: undefined,
      etag: undefined,
      fileName: undefined,
      lastModified: undefined,
      validator: undefined,
    };
    this.#info = { ...unknown, status: 206, url };
  }

  question(ifNoneMatch: string[]): ImageQuestion {
    return {
      ifNoneMatch,
      partial: this.#partial,
      onOutdated: () => {
        this.#partial = undefined;
      },
      onResponse: (response) => {
        this.#info = response;
        if (this.#partial !== undefined) throw new Enough();
      },
      sink: (chunk) => {
        this.#firstBytes = Buffer.concat([this.#firstBytes, chunk.subarray(0, headLength)]);
        if (this.#firstBytes.length >= enoughLength) throw new Enough();
      },
    };
  }

  /** `known`: of a download that came to its end. */
  beginning(known: Partial<OriginInfo> = {}): Beginning {
    const info = { ...this.#info, ...known };
    // A server that sends no parts sends all of it again.
    const resumesAt = info.status === 206 ? this.#partial?.offset : undefined;
    return { info, resumesAt, firstBytes: this.#firstBytes };
  }
}

/** One download that is only looked at. */
class PlannedPull {
  readonly #order: Download;
  readonly #origin: Origin;
  readonly #obstacles: Obstacle[] = [];

  constructor(order: Download, origin: Origin) {
    this.#order = order;
    this.#origin = origin;
  }

  async look(): Promise<PlannedDownload> {
    const gathering = this.#gather();
    const ask = (ifNoneMatch: string[], partial: PartialSource | undefined) => this.#begin(ifNoneMatch, partial);
    const searching = findImage<Beginning>({ order: this.#order, proof: gathering, ask });
    const [proof, image] = await Promise.all([gathering, searching]);
    const { original } = image;
    const expected = proof?.expected;
    const signerName = expected?.signer?.user;
    return {
      ...(original === undefined ? this.#describe(image.sent) : describeCopy(this.#order.url, original)),
      checksumFile: expected?.listedIn,
      digest: expected && `${expected.algorithm}:${expected.digest}`,
      signatureFile: expected?.signature ?? proof?.imageSignature,
      signedBy: expected?.signer?.fingerprint,
      signerName: signerName && speakable(signerName, textMax),
      sidecars: original === undefined ? await this.#findSidecars(proof) : [],
      obstacles: this.#obstacles,
    };
  }

  async #gather(): Promise<Proof | undefined> {
    try {
      return await proofFor(this.#order, this.#origin, 'debug');
    } catch (error) {
      this.#note(error, 'VerificationFailed');
      return undefined;
    }
  }

  /** The beginning of the image, or of what is missing of it, or the ETag of the copy that is current. */
  async #begin(ifNoneMatch: string[], partial: PartialSource | undefined): Promise<AboutCopies<Beginning>> {
    const look = new Look(displayUrl(this.#order.url), partial);
    const fetched = await untilEnough(askForImage(this.#order, this.#origin, look.question(ifNoneMatch)));
    if (fetched?.kind === 'unmodified') return fetched;
    return { kind: 'sent', sent: look.beginning(fetched ?? {}) };
  }

  #describe({ info, resumesAt, firstBytes }: Beginning) {
    const { contentLength, etag, fileName, lastModified, url } = info;
    const bytes = contentLength && contentLength - (resumesAt ?? 0);
    // Only what is not compressed is gone on with.
    const compression = this.#sniff(firstBytes, info.contentEncoding);
    return {
      url: speakable(url, textMax),
      fileName: fileName && speakable(fileName, textMax),
      bytes,
      resumesAt,
      etag,
      lastModified: lastModified?.getTime(),
      cachedPath: undefined,
      compression,
    };
  }

  #sniff(firstBytes: Buffer, contentEncoding: string | undefined): PlannedDownload['compression'] {
    const subject = displayUrl(this.#order.url);
    try {
      refuseOpaque(this.#order.url, firstBytes, contentEncoding);
      const compression = sniff(firstBytes, subject);
      const kind = compression === 'uncompressed' ? sniffContent({ head: firstBytes }) : 'unknown';
      if (this.#order.format === 'raw' && isCertainlyNoDisk(kind))
        this.#note(notDisk(kind, subject), 'UnsupportedFormat');
      if (this.#order.format === 'tar' && isCertainlyNoTree(kind)) this.#note(notTree(kind), 'UnsupportedFormat');
      return compression;
    } catch (error) {
      this.#note(error, 'UnsupportedFormat');
      return undefined;
    }
  }

  async #findSidecars(proof: Proof | undefined): Promise<string[]> {
    const names: string[] = [];
    for (const suffix of this.#order.sidecars) {
      const name = sidecarName(this.#order.url, this.#order.format, suffix);
      if (!(await this.#hasSidecar(suffix, name, proof))) continue;
      names.push(name);
      const listed = await proof?.expect(name);
      if (listed?.isErr() === true) this.#note(listed.error, 'VerificationFailed');
    }
    return names;
  }

  async #hasSidecar(suffix: string, name: string, proof: Proof | undefined): Promise<boolean> {
    let begun = false;
    const url = sidecarUrl(this.#order.url, this.#order.format, suffix);
    const sink = (): void => {
      begun = true;
      throw new Enough();
    };
    try {
      await untilEnough(fetchSidecar({ origin: this.#origin, url, name, suffix, proof, sink }));
    } catch (error) {
      this.#note(error, 'VerificationFailed');
    }
    return begun;
  }

  /**
   * Notes a Failure of that kind as an obstacle.
   *
   * @throws the error when it is another one
   */
  #note(error: unknown, kind: Failure['kind']): void {
    if (!(error instanceof Failure) || error.kind !== kind) throw error;
    this.#obstacles.push({ error: error.kind, message: speakable(error.message, messageMax) });
  }
}

/** What the server says of an image that is here is what was said when it came. */
function describeCopy(url: string, { etag, path }: CachedOriginal) {
  return {
    url: speakable(displayUrl(url), textMax),
    fileName: undefined,
    bytes: 0,
    resumesAt: undefined,
    etag,
    lastModified: undefined,
    cachedPath: path,
    compression: undefined,
  };
}

/** What a download comes to; undefined if it was cut off because nothing more of it was needed. */
async function untilEnough<Outcome>(fetching: Promise<Outcome>): Promise<Outcome | undefined> {
  try {
    return await fetching;
  } catch (error) {
    if (error instanceof Enough) return undefined;
    throw error;
  }
}

/**
 * Finds out what a pull would download.
 *
 * @throws Failure DownloadFailed when nothing can be said of the image
 * @throws Error of node:fs when a file of a file: URL cannot be read
 */
export async function planDownload(order: Download): Promise<PlannedDownload> {
  using origin = originOf(order, new AbortController().signal);
  return await new PlannedPull(order, origin).look();
}
