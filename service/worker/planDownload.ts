import { Failure } from '../failure.js';
import { SNIFF_LENGTH, sniff } from '../stages/codec/format.js';
import { displayUrl, lastComponent } from '../stages/fetch/url.js';
import { gatherProof, type Proof } from '../verify/proof.js';
import { log } from './channel.js';
import type { CachedOriginal, Obstacle, PlannedDownload, PullStreamOrder } from './messages.js';
import { type Origin, type OriginInfo, originOf } from './origin.js';
import { sidecarName, sidecarUrl } from './sidecarUrl.js';

/** Thrown into a download of which nothing more is needed. */
class Enough extends Error {}

/** What is known of an image from the beginning of its download. */
interface Beginning {
  info: OriginInfo;
  firstBytes: Buffer;
}

/** One download that is only looked at. */
class PlannedPull {
  readonly #order: PullStreamOrder;
  readonly #origin: Origin;
  readonly #fileName: string;
  readonly #obstacles: Obstacle[] = [];

  constructor(order: PullStreamOrder, origin: Origin) {
    this.#order = order;
    this.#origin = origin;
    this.#fileName = lastComponent(order.url) ?? '';
  }

  async look(): Promise<PlannedDownload> {
    const [proof, image] = await Promise.all([this.#gather(), this.#findImage()]);
    const isProven = image.original === null || (await this.#isProven(image.original, proof));
    // A copy that the checksums do not vouch for is downloaded again.
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
    const { url, verification, keyrings } = this.#order;
    try {
      return await gatherProof({
        url,
        verification,
        keyrings: keyrings.map(({ path, base64 }) => ({ path, bytes: Buffer.from(base64, 'base64') })),
        fetchSmall: (sibling, limit) => this.#origin.fetchSmall(sibling, limit),
        now: new Date(),
        onNotice: (message) => log(7, message),
      });
    } catch (error) {
      this.#note(error, 'VerificationFailed');
      return null;
    }
  }

  /** Asks for the image, or whether a pristine one that can answer for itself is current. */
  async #findImage(): Promise<{ original: CachedOriginal | null; beginning: Beginning | null }> {
    const { cached, verification } = this.#order;
    const usable = cached.filter(({ etag, record }) => etag !== null && (verification === 'no' || record !== null));
    const etags = usable.flatMap(({ etag }) => (etag === null ? [] : [etag]));
    const beginning = await this.#begin(etags);
    if (typeof beginning !== 'string') return { original: null, beginning };
    return { original: usable.find(({ etag }) => etag === beginning) ?? usable[0] ?? null, beginning: null };
  }

  async #isProven({ record }: CachedOriginal, proof: Proof | null): Promise<boolean> {
    if (proof === null || record === null) return true;
    const { sha256, sha512 } = record;
    return (await proof.check(this.#fileName, sha512 === null ? { sha256 } : { sha256, sha512 })).isOk();
  }

  #begin(ifNoneMatch: []): Promise<Beginning>;
  #begin(ifNoneMatch: string[]): Promise<Beginning | string>;
  /** The beginning of the image, or the ETag of the copy that is current. */
  async #begin(ifNoneMatch: string[]): Promise<Beginning | string> {
    const url = displayUrl(this.#order.url);
    let info: OriginInfo = { contentLength: null, etag: null, lastModified: null, validator: null, url };
    let firstBytes = Buffer.alloc(0);
    const fetched = await untilEnough(
      this.#origin.fetchImage({
        ifNoneMatch,
        onResponse: (response) => {
          info = response;
        },
        sink: (chunk) => {
          firstBytes = Buffer.concat([firstBytes, chunk.subarray(0, SNIFF_LENGTH)]);
          if (firstBytes.length >= SNIFF_LENGTH) throw new Enough();
        },
      }),
    );
    if (fetched?.kind === 'unmodified' && ifNoneMatch.length > 0) return fetched.etag ?? '';
    if (fetched?.kind !== 'absent') return { info, firstBytes };
    const { status } = fetched;
    throw new Failure('DownloadFailed', `There is no ${url} (status ${status}); is the URL right?`, { url, status });
  }

  #describe(beginning: Beginning | null) {
    if (beginning === null) throw new Error('there is neither an image nor a copy of it');
    const { info, firstBytes } = beginning;
    const { contentLength: bytes, etag, lastModified, url } = info;
    const compression = this.#sniff(firstBytes);
    return { url, bytes, etag, lastModified: lastModified?.getTime() ?? null, cachedPath: null, compression };
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
  return { url: displayUrl(url), bytes: 0, etag, lastModified: null, cachedPath: path, compression: null };
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
export async function planDownload(order: PullStreamOrder): Promise<PlannedDownload> {
  using origin = originOf(order, new AbortController().signal);
  return await new PlannedPull(order, origin).look();
}
