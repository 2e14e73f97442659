import type { Result } from 'neverthrow';
import { Failure } from '../../../common/failure.js';
import { displayUrl, lastComponent } from '../../../common/url.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import type { Proof } from '../../verify/proof.js';
import { textMax } from '../ipc/bounds.js';
import { log, speakable, tell } from '../ipc/channel.js';
import type {
  CachedOriginal,
  Download,
  PartialSource,
  PullOutcome,
  SidecarOrigin,
  VerificationRecord,
} from '../ipc/messages.js';
import { tellOfAging } from './aging-keys.js';
import { DownloadPipes } from './download-way.js';
import { type Downloaded, ImageDownload } from './image-download.js';
import { findImage, hashesByKey, proofFor } from './image-head.js';
import { type Origin, originOf } from './origin.js';
import { sendProofs } from './send-proofs.js';
import { fetchSidecar } from './sidecar.js';
import { sidecarName, sidecarUrl } from './sidecar-url.js';

/** Who signed, for people. */
function nameOf({ signedBy }: Proof): string | undefined {
  return signedBy === undefined ? undefined : speakable(signedBy.user, textMax);
}

/** One download, from the first request to the last sidecar. */
class FetchedPull {
  readonly #order: Download;
  readonly #origin: Origin;
  readonly #pipes = new DownloadPipes();
  readonly #abort = new AbortController();
  readonly #proof: Promise<Proof>;

  constructor(order: Download) {
    this.#order = order;
    this.#origin = originOf(order, this.#abort.signal);
    this.#proof = proofFor(order, this.#origin, 'info');
    // Nobody may have asked for it yet.
    this.#proof.catch(() => {});
  }

  async run(): Promise<PullOutcome> {
    using _ = this.#origin;
    try {
      const outcome = await this.#outcome();
      this.#pipes.toPlacement.end();
      return outcome;
    } catch (error) {
      // Aborted only because the proof failed: that is what has to be said.
      throw this.#abort.signal.aborted ? this.#abort.signal.reason : error;
    }
  }

  async #outcome(): Promise<PullOutcome> {
    const found = await findImage<Downloaded>({
      order: this.#order,
      proof: this.#proof,
      ask: (ifNoneMatch, partial) => this.#download(partial).run(ifNoneMatch),
      onUnproven: ({ path }) =>
        log('notice', `The copy in ${path} cannot be shown to be what the checksums say now; downloading again`),
    });
    return found.original === undefined ? this.#complete(found.sent) : this.#fromCache(found.original);
  }

  async #fromCache({ path, etag, record }: CachedOriginal): Promise<PullOutcome> {
    const proof = await this.#proof;
    const signedBy = proof.signedBy?.fingerprint ?? this.#order.digestSignedBy;
    await sendProofs(proof, this.#order, this.#pipes.toPlacement);
    return {
      cachedPath: path,
      etag,
      lastModified: undefined,
      sentBytes: this.#pipes.toPlacement.written,
      encodedBytes: 0,
      // What was recorded of the copy, with how it was verified now.
      record: record && { ...record, ...this.#ways(proof), signedBy },
      sidecars: [],
      signerName: nameOf(proof),
    };
  }

  /** The digest of the caller speaks of the image alone: sidecars were verified as the caller asked. */
  #ways({ verification }: Proof): Pick<VerificationRecord, 'verification' | 'sidecarVerification'> {
    const { digestCountsAs } = this.#order;
    if (verification === 'digest' && digestCountsAs !== undefined)
      return { verification: digestCountsAs, sidecarVerification: undefined };
    return { verification, sidecarVerification: verification === 'digest' ? this.#order.verification : undefined };
  }

  #download(partial: PartialSource | undefined): ImageDownload {
    const parts = { order: this.#order, origin: this.#origin, proof: this.#proof, pipes: this.#pipes };
    return new ImageDownload({ ...parts, abort: this.#abort }, partial);
  }

  async #complete({ complete, digests, way, begunAt, contentEncoding }: Downloaded): Promise<PullOutcome> {
    tell({ type: 'phase', phase: 'verifying' });
    const proof = await this.#proof;
    const finished = digests.finish();
    const checked = await proof.check(lastComponent(this.#order.url) ?? '', finished);
    const mayBeTheBeginning = checked.isErr() && (isMismatch(checked.error) || proof.imageSignature !== undefined);
    if (begunAt > 0 && mayBeTheBeginning) {
      log(
        'notice',
        `The ${begunAt} bytes that an earlier pull had left do not fit the rest; downloading all of it again`,
      );
      const again = await this.#download(undefined).run([]);
      if (again.kind === 'sent') return this.#complete(again.sent);
    }
    must(checked.mapErr((failure) => explained(failure, contentEncoding)));
    this.#checkLength(digests.bytes);
    way.confirm();
    const leftOut: string[] = [];
    const sidecars = await this.#sidecars(proof, leftOut);
    await sendProofs(proof, this.#order, this.#pipes.toPlacement);
    const record: VerificationRecord = {
      sha256: finished.sha256,
      sha512: finished.sha512,
      bytes: digests.bytes,
      ...this.#ways(proof),
      leftOut: leftOut.length > 0 ? leftOut : undefined,
      signedBy: proof.signedBy?.fingerprint ?? this.#order.digestSignedBy,
      hashes: hashesByKey(proof.wanted, finished.wanted),
    };
    return {
      cachedPath: undefined,
      etag: complete.etag,
      lastModified: complete.lastModified?.getTime(),
      sentBytes: this.#pipes.toPlacement.written,
      encodedBytes: this.#pipes.toDecode.written,
      record,
      sidecars,
      signerName: nameOf(proof),
    };
  }

  /** What lies about its length may lie about more. */
  #checkLength(found: number): void {
    const { bytes: expected = found, url } = this.#order;
    if (found === expected) return;
    const file = displayUrl(url);
    const message = `Cannot use ${file}: it has ${found} bytes, and what names it says ${expected}`;
    throw new Failure('VerificationFailed', message, { file, expected: String(expected), found: String(found) });
  }

  /**
   * Asks for all at once: most servers have none. Their bytes follow one another.
   *
   * @param leftOut gets the suffixes of those that the server has, but nothing vouches for
   */
  async #sidecars(proof: Proof, leftOut: string[]): Promise<SidecarOrigin[]> {
    let before: Promise<unknown> = Promise.resolve();
    const fetching = this.#order.sidecars.map((suffix) => {
      const sidecar = this.#sidecar(suffix, proof, before, leftOut);
      before = Promise.all([before, sidecar]);
      before.catch(() => {});
      return sidecar;
    });
    return (await Promise.all(fetching)).flat();
  }

  /** Fetches a sidecar, whose bytes come after those `before` it; none if the server has none. */
  async #sidecar(suffix: string, proof: Proof, before: Promise<unknown>, leftOut: string[]): Promise<SidecarOrigin[]> {
    const { url, format } = this.#order;
    const name = sidecarName(url, format, suffix);
    const { toPlacement } = this.#pipes;
    let begun = false;
    const sink = async (chunk: Buffer) => {
      if (!begun) await before;
      if (!begun) toPlacement.beginPart(suffix);
      begun = true;
      toPlacement.write(chunk, 0, chunk.length);
    };
    const onUnproven = () => leftOut.push(suffix);
    const sidecar = {
      origin: this.#origin,
      url: sidecarUrl(url, format, suffix),
      name,
      suffix,
      proof,
      sink,
      onUnproven,
    };
    const fetched = await fetchSidecar(sidecar);
    if (fetched === undefined) return [];
    toPlacement.endPart();
    const { complete, digests } = fetched;
    must(await proof.check(name, digests.finish()));
    log('info', `Found ${name} (${digests.bytes} bytes) beside the image`);
    return [{ suffix, etag: complete.etag, lastModified: complete.lastModified?.getTime() }];
  }
}

/** Whether all is said about a file, and this is not it. */
function isMismatch(failure: Failure): boolean {
  const { facts } = failure;
  return 'found' in facts && facts.expected !== undefined && facts.found !== undefined;
}

/** Whoever encodes unasked sends other bytes than the ones that are listed, which is no tampering. */
function explained(failure: Failure, contentEncoding: string | undefined): Failure {
  if (contentEncoding === undefined || contentEncoding === 'identity' || !isMismatch(failure)) return failure;
  const reason = `The server has encoded it (Content-Encoding: ${escapeText(firstOf(contentEncoding, 40))}), though not asked to, which may be all that is wrong.`;
  return new Failure(failure.kind, `${failure.message} ${reason}`, failure.facts);
}

function must(checked: Result<void, Failure>): void {
  if (checked.isErr()) throw checked.error;
}

/**
 * Downloads an image and its sidecars into the pipes to the other processes.
 *
 * @throws Failure DownloadFailed when one of them cannot be had
 * @throws Failure VerificationFailed when there is no proof of what they must be, or they are something else
 * @throws Failure UnsupportedFormat when the image is compressed in a way that is not supported
 * @throws Failure WorkerFailed when the process at the other end of the pipe has ended
 * @throws Error when a file of a file: URL, or what an earlier pull has left, cannot be read
 */
export async function fetchPull(order: Download): Promise<PullOutcome> {
  const told = tellOfAging(order);
  try {
    return await new FetchedPull(order).run();
  } finally {
    await told;
  }
}
