import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { sniff, sniffLength } from '../../formats/compression/format.js';
import type { Proof } from '../../verify/proof.js';
import type { CachedOriginal, Obstacle, PartialSource, PlannedDownload, PullFetchOrder } from '../ipc/messages.js';
import { type ImageFetch, type Origin, type OriginInfo, originOf } from './origin.js';
import { proofFor, usableOriginals, vouchesFor } from './pull-checks.js';
import { sidecarName, sidecarUrl } from './sidecar-url.js';

/** Thrown into a download of which nothing more is needed. */
class Enough extends Error {}

/** What is known of an image from the beginning of its download. */
interface Beginning {
  info: OriginInfo;
  /** Where an interrupted download goes on; null if the first bytes were asked for. */
  resumesAt: number | null;
  firstBytes: Buffer;
}

/** Reads of an image as much as has to be known, which is nothing where a download only goes on. */
class Look {
  #partial: PartialSource | null;
  #info: OriginInfo;
  #firstBytes = Buffer.alloc(0);

  constructor(url: string, partial: PartialSource | null) {
    this.#partial = partial;
    const unknown = { contentEncoding: null, contentLength: null, etag: null, lastModified: null, validator: null };
    this.#info = { ...unknown, status: 206, url };
  }

  get fetch(): Omit<ImageFetch, 'ifNoneMatch'> {
    return {
      ...(this.#partial && { startAt: { ...this.#partial, onOutdated: () => this.#forgetPartial() } }),
      onResponse: (response) => {
        this.#info = response;
        if (this.#partial !== null) throw new Enough();
      },
      sink: (chunk) => {
        this.#firstBytes = Buffer.concat([this.#firstBytes, chunk.subarray(0, sniffLength)]);
        if (this.#firstBytes.length >= sniffLength) throw new Enough();
      },
    };
  }

  /** `known`: of a download that came to its end. */
  beginning(known: Partial<OriginInfo> = {}): Beginning {
    const info = { ...this.#info, ...known };
    // A server that sends no parts sends all of it again.
    const resumesAt = info.status === 206 ? (this.#partial?.offset ?? null) : null;
    return { info, resumesAt, firstBytes: this.#firstBytes };
  }

  #forgetPartial(): void {
    this.#partial = null;
  }
}

/** One download that is only looked at. */
class PlannedPull {
  readonly #order: PullFetchOrder;
  readonly #origin: Origin;
  readonly #obstacles: Obstacle[] = [];

  constructor(order: PullFetchOrder, origin: Origin) {
    this.#order = order;
    this.#origin = origin;
  }

  async look(): Promise<PlannedDownload> {
    const [proof, image] = await Promise.all([this.#gather(), this.#findImage()]);
    // A copy that the checksums do not vouch for is downloaded again.
    const isProven =
      image.original === null || proof === null || (await vouchesFor(proof, this.#order.url, image.original));
    const { original, beginning } = isProven ? image : { original: null, beginning: await this.#begin([]) };
    const expected = proof?.expected ?? null;
    return {
      ...(original === null ? this.#describe(beginning) : describeCopy(this.#order.url, original)),
      checksumFile: expected?.listedIn ?? null,
      digest: expected && `${expected.algorithm}:${expected.digest}`,
      signatureFile: expected?.signature ?? null,
      signedBy: expected?.signer?.fingerprint ?? null,
      signerName: expected?.signer?.user ?? null,
      sidecars: original === null ? await this.#findSidecars(proof) : [],
      obstacles: this.#obstacles,
    };
  }

  async #gather(): Promise<Proof | null> {
    try {
      return await proofFor(this.#order, this.#origin, 7);
    } catch (error) {
      this.#note(error, 'VerificationFailed');
      return null;
    }
  }

  /** Asks for the image, or whether a pristine one that can answer for itself is current. */
  async #findImage(): Promise<{ original: CachedOriginal | null; beginning: Beginning | null }> {
    const usable = usableOriginals(this.#order);
    const beginning = await this.#begin(usable.map(({ etag }) => etag));
    if (typeof beginning !== 'string') return { original: null, beginning };
    return { original: usable.find(({ etag }) => etag === beginning) ?? usable[0] ?? null, beginning: null };
  }

  #begin(ifNoneMatch: []): Promise<Beginning>;
  #begin(ifNoneMatch: string[]): Promise<Beginning | string>;
  /** The beginning of the image, or of what is missing of it, or the ETag of the copy that is current. */
  async #begin(ifNoneMatch: string[]): Promise<Beginning | string> {
    const url = displayUrl(this.#order.url);
    const look = new Look(url, ifNoneMatch.length > 0 ? null : this.#order.partial);
    const fetched = await untilEnough(this.#origin.fetchImage({ ifNoneMatch, ...look.fetch }));
    if (fetched?.kind === 'unmodified' && ifNoneMatch.length > 0) return fetched.etag ?? '';
    if (fetched?.kind === 'complete') return look.beginning(fetched);
    if (fetched?.kind !== 'absent') return look.beginning();
    const { status } = fetched;
    throw new Failure('DownloadFailed', `There is no ${url} (status ${status}); is the URL right?`, { url, status });
  }

  #describe(beginning: Beginning | null) {
    if (beginning === null) throw new Error('there is neither an image nor a copy of it');
    const { info, resumesAt, firstBytes } = beginning;
    const { contentLength, etag, lastModified, url } = info;
    const bytes = contentLength && contentLength - (resumesAt ?? 0);
    // Only what is not compressed is gone on with.
    const compression = this.#sniff(firstBytes);
    return {
      url,
      bytes,
      resumesAt,
      etag,
      lastModified: lastModified?.getTime() ?? null,
      cachedPath: null,
      compression,
    };
  }

  #sniff(firstBytes: Buffer): PlannedDownload['compression'] {
    try {
      return sniff(firstBytes, displayUrl(this.#order.url));
    } catch (error) {
      this.#note(error, 'UnsupportedFormat');
      return null;
    }
  }

  async #findSidecars(proof: Proof | null): Promise<string[]> {
    const names: string[] = [];
    for (const suffix of this.#order.sidecars) {
      const name = sidecarName(this.#order.url, this.#order.format, suffix);
      if (!(await this.#hasSidecar(suffix))) continue;
      names.push(name);
      const listed = await proof?.expect(name);
      if (listed?.isErr() === true) this.#note(listed.error, 'VerificationFailed');
    }
    return names;
  }

  async #hasSidecar(suffix: string): Promise<boolean> {
    let begun = false;
    const url = sidecarUrl(this.#order.url, this.#order.format, suffix);
    const fetching = this.#origin.fetchSidecar(url, () => {
      begun = true;
      throw new Enough();
    });
    await untilEnough(fetching);
    return begun;
  }

  /** Throws what is no failure of that kind. */
  #note(error: unknown, kind: Failure['kind']): void {
    if (!(error instanceof Failure) || error.kind !== kind) throw error;
    this.#obstacles.push({ error: error.kind, message: error.message });
  }
}

/** What the server says of an image that is here is what was said when it came. */
function describeCopy(url: string, { etag, path }: CachedOriginal) {
  return {
    url: displayUrl(url),
    bytes: 0,
    resumesAt: null,
    etag,
    lastModified: null,
    cachedPath: path,
    compression: null,
  };
}

/** What a download comes to; null if it was cut off because nothing more of it was needed. */
async function untilEnough<Outcome>(fetching: Promise<Outcome>): Promise<Outcome | null> {
  try {
    return await fetching;
  } catch (error) {
    if (error instanceof Enough) return null;
    throw error;
  }
}

/** Finds out what a pull would download. Rejects with a Failure where nothing can be said. */
export async function planDownload(order: PullFetchOrder): Promise<PlannedDownload> {
  using origin = originOf(order, new AbortController().signal);
  return await new PlannedPull(order, origin).look();
}
