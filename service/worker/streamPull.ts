import { createHash, type Hash } from 'node:crypto';
import type { Result } from 'neverthrow';
import { Failure } from '../failure.js';
import type { FetchOutcome } from '../stages/fetch/fetch.js';
import { displayUrl, lastComponent } from '../stages/fetch/url.js';
import { FrameWriter } from '../stages/frames.js';
import { gatherProof, type Proof, type Digests as ProofDigests } from '../verify/proof.js';
import { dataDescriptor, log, tell } from './channel.js';
import { DecodePipe } from './decodePipe.js';
import type { CachedOriginal, PullStreamOrder, SidecarOrigin, StreamOutcome, VerificationRecord } from './messages.js';
import { type Origin, originOf } from './origin.js';
import { sidecarName, sidecarUrl } from './sidecarUrl.js';

/** Milliseconds between two reports of progress. */
const reportInterval = 200;

type Complete = Extract<FetchOutcome, { kind: 'complete' }>;

/** Both digests a checksum file may ask for; SHA-512 only when one does. */
class Digests {
  readonly #sha256 = createHash('sha256');
  readonly #sha512: Hash | null;
  bytes = 0;

  constructor(algorithms: readonly string[]) {
    this.#sha512 = algorithms.includes('sha512') ? createHash('sha512') : null;
  }

  update(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#sha256.update(chunk);
    this.#sha512?.update(chunk);
  }

  finish(): { sha256: string; sha512?: string } {
    const sha256 = this.#sha256.digest('hex');
    return this.#sha512 === null ? { sha256 } : { sha256, sha512: this.#sha512.digest('hex') };
  }
}

/** One download, from the first request to the last sidecar. */
class StreamedPull {
  readonly #order: PullStreamOrder;
  readonly #origin: Origin;
  readonly #writer = new FrameWriter(dataDescriptor);
  readonly #abort = new AbortController();
  readonly #proof: Promise<Proof | null>;
  #decodedBytes = 0;
  #reportedAt = 0;

  constructor(order: PullStreamOrder) {
    this.#order = order;
    this.#origin = originOf(order, this.#abort.signal);
    this.#proof = this.#gather();
    // A pull that cannot be verified ends before its bytes have come.
    this.#proof.catch((error) => this.#abort.abort(error));
  }

  async run(): Promise<StreamOutcome> {
    using _ = this.#origin;
    try {
      const outcome = (await this.#fromCache()) ?? (await this.#fromNetwork());
      this.#writer.end();
      return outcome;
    } catch (error) {
      // Aborted only because the proof failed: that is what has to be said.
      throw this.#abort.signal.aborted ? this.#abort.signal.reason : error;
    }
  }

  #gather(): Promise<Proof | null> {
    const { url, verification, keyrings } = this.#order;
    if (verification === 'no') return Promise.resolve(null);
    return gatherProof({
      url,
      verification,
      keyrings: keyrings.map(({ path, base64 }) => ({ path, bytes: Buffer.from(base64, 'base64') })),
      fetchSmall: (sibling, limit) => this.#origin.fetchSmall(sibling, limit),
      now: new Date(),
      onNotice: (message) => log(6, message),
    });
  }

  /** Pristine images whose record can answer for them under the verification that is asked for. */
  #usable(): CachedOriginal[] {
    return this.#order.cached.filter(({ etag, record }) => {
      return etag !== null && (this.#order.verification === 'no' || record !== null);
    });
  }

  async #fromCache(): Promise<StreamOutcome | null> {
    const usable = this.#usable();
    if (usable.length === 0) return null;
    const etags = usable.flatMap(({ etag }) => (etag === null ? [] : [etag]));
    const fetched = await this.#fetchImage(etags);
    if (fetched.kind !== 'unmodified') return this.#complete(fetched.complete, fetched.digests);
    const original = usable.find(({ etag }) => etag === fetched.etag) ?? usable[0];
    if (original === undefined || !(await this.#stillProven(original))) return null;
    const { verification } = this.#order;
    const proof = await this.#proof;
    const signedBy = proof?.signedBy?.fingerprint ?? null;
    const record = original.record && { ...original.record, verification, signedBy };
    return {
      cachedPath: original.path,
      etag: original.etag,
      lastModified: null,
      decodedBytes: 0,
      record,
      sidecars: [],
    };
  }

  /** Whether freshly fetched sums agree with what was recorded of a pristine image. */
  async #stillProven({ record, path }: CachedOriginal): Promise<boolean> {
    const proof = await this.#proof;
    if (proof === null) return true;
    if (record === null) return false;
    const { sha256, sha512 } = record;
    const digests: ProofDigests = sha512 === null ? { sha256 } : { sha256, sha512 };
    const checked = await proof.check(this.#fileName(), digests);
    if (checked.isErr()) log(5, `The copy in ${path} is not what the checksums say now; downloading again`);
    return checked.isOk();
  }

  async #fromNetwork(): Promise<StreamOutcome> {
    const fetched = await this.#fetchImage([]);
    if (fetched.kind === 'complete') return this.#complete(fetched.complete, fetched.digests);
    const url = displayUrl(this.#order.url);
    const message = `The server says that ${url} has not changed, but was not asked whether it has; try again later`;
    throw new Failure('DownloadFailed', message, { url, status: 304 });
  }

  async #fetchImage(
    ifNoneMatch: string[],
  ): Promise<{ kind: 'unmodified'; etag: string | null } | { kind: 'complete'; complete: Complete; digests: Digests }> {
    const decoder = new DecodePipe(this.#order.threads, this.#order.url);
    const gatherDigests = this.#proof.then((proof) => new Digests(proof?.algorithms ?? []));
    gatherDigests.catch(() => {});
    let digests: Digests | null = null;
    let total: number | null = null;
    const fetched = await this.#origin.fetchImage({
      ifNoneMatch,
      onResponse: ({ contentLength }) => {
        total = contentLength;
        tell({ type: 'phase', phase: 'downloading' });
        tell({ type: 'progress', bytesDone: 0, bytesTotal: total });
      },
      sink: async (chunk) => {
        // Waits for the checksum files before the first byte is decoded: what cannot be verified is not unpacked.
        digests ??= await gatherDigests;
        digests.update(chunk);
        this.#report(digests.bytes, total);
        await decoder.write(chunk);
      },
    });
    if (fetched.kind === 'unmodified') {
      await decoder.abandon();
      return { kind: 'unmodified', etag: fetched.etag };
    }
    if (fetched.kind === 'absent') throw absent(displayUrl(this.#order.url), fetched.status);
    digests ??= await gatherDigests;
    tell({ type: 'progress', bytesDone: digests.bytes, bytesTotal: digests.bytes });
    this.#decodedBytes = (await decoder.finish()).decodedBytes;
    return { kind: 'complete', complete: fetched, digests };
  }

  async #complete(fetched: Complete, digests: Digests): Promise<StreamOutcome> {
    tell({ type: 'phase', phase: 'verifying' });
    const proof = await this.#proof;
    const finished = digests.finish();
    if (proof !== null) must(await proof.check(this.#fileName(), finished));
    const sidecars: SidecarOrigin[] = [];
    for (const suffix of this.#order.sidecars) sidecars.push(...(await this.#sidecar(suffix, proof)));
    const { verification } = this.#order;
    const record: VerificationRecord = {
      sha256: finished.sha256,
      sha512: finished.sha512 ?? null,
      bytes: digests.bytes,
      verification,
      signedBy: proof?.signedBy?.fingerprint ?? null,
    };
    const decodedBytes = this.#decodedBytes + this.#writer.written;
    const lastModified = fetched.lastModified?.getTime() ?? null;
    return { cachedPath: null, etag: fetched.etag, lastModified, decodedBytes, record, sidecars };
  }

  /** Fetches a sidecar; none if the server has none. */
  async #sidecar(suffix: string, proof: Proof | null): Promise<SidecarOrigin[]> {
    const { url, format } = this.#order;
    const name = sidecarName(url, format, suffix);
    const digests = new Digests(['sha256', 'sha512']);
    let begun = false;
    const fetched = await this.#origin.fetchSidecar(sidecarUrl(url, format, suffix), (chunk) => {
      if (!begun) this.#writer.beginPart(suffix);
      begun = true;
      digests.update(chunk);
      this.#writer.write(chunk, 0, chunk.length);
    });
    if (!begun || fetched.kind !== 'complete') {
      log(7, fetched.kind === 'absent' ? `There is no ${name} beside the image` : `${name} is empty and was left out`);
      return [];
    }
    this.#writer.endPart();
    if (proof !== null) must(await proof.check(name, digests.finish()));
    log(6, `Found ${name} (${digests.bytes} bytes) beside the image`);
    return [{ suffix, etag: fetched.etag, lastModified: fetched.lastModified?.getTime() ?? null }];
  }

  #fileName(): string {
    return lastComponent(this.#order.url) ?? '';
  }

  #report(bytesDone: number, bytesTotal: number | null): void {
    const now = performance.now();
    if (now - this.#reportedAt < reportInterval) return;
    this.#reportedAt = now;
    tell({ type: 'progress', bytesDone, bytesTotal });
  }
}

function must(checked: Result<void, Failure>): void {
  if (checked.isErr()) throw checked.error;
}

function absent(url: string, status: number): Failure {
  return new Failure('DownloadFailed', `There is no ${url} (status ${status}); is the URL right?`, { url, status });
}

/** Downloads an image and its sidecars into the pipe to the placement process. Rejects with a Failure. */
export function streamPull(order: PullStreamOrder): Promise<StreamOutcome> {
  return new StreamedPull(order).run();
}
