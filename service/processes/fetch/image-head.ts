import { createHash } from 'node:crypto';
import { Failure } from '../../../common/failure.js';
import type { LevelName } from '../../../common/log/log-settings.js';
import { displayUrl, lastComponent } from '../../../common/url.js';
import type { FetchOutcome } from '../../http/request.js';
import type { WantedHash } from '../../verify/detached.js';
import { DigestProof } from '../../verify/digest-proof.js';
import { type Digests, gatherProof, type Proof, type ProofRequest } from '../../verify/proof.js';
import { log } from '../ipc/channel.js';
import { hasDigest } from '../ipc/download.js';
import type { CachedOriginal, Download, PartialSource, VerificationRecord } from '../ipc/messages.js';
import type { ImageFetch, Origin } from './origin.js';

/*
 * What a pull and the plan of one begin with: which copies the server is asked about, what it answers, and whether a copy is what the
 * checksums say.
 */

/** A pristine image that the server can be asked about. */
type UsableOriginal = CachedOriginal & { etag: string };

export interface ImageQuestion extends Pick<ImageFetch, 'ifNoneMatch' | 'onResponse' | 'onRepeat' | 'sink'> {
  /** What is gone on with. */
  readonly partial: PartialSource | undefined;
  /** The server has another version by now: the sink gets everything. */
  onOutdated(): void;
}

/**
 * Asks for the image.
 *
 * @throws Failure DownloadFailed when it cannot be had, also when there is none
 * @throws Failure Cancelled when the origin's signal is raised
 * @throws Error of node:fs when the file of a file: URL cannot be read
 * @throws whatever the sink throws
 */
export async function askForImage(
  order: Download,
  origin: Origin,
  { partial, onOutdated, ...question }: ImageQuestion,
): Promise<Exclude<FetchOutcome, { kind: 'absent' }>> {
  const fetched = await origin.fetchImage({ ...question, ...(partial && { startAt: { ...partial, onOutdated } }) });
  if (fetched.kind !== 'absent') return fetched;
  const { status } = fetched;
  const url = displayUrl(order.url);
  throw new Failure('DownloadFailed', `There is no ${url} (status ${status}); is the URL right?`, { url, status });
}

/** What a server answers that is asked about copies. */
export type AboutCopies<Sent> = { kind: 'unmodified'; etag: string | undefined } | { kind: 'sent'; sent: Sent };

/** How an image is looked for. `Sent` is what comes of one that the server sends. */
export interface ImageSearch<Sent> {
  readonly order: Download;
  /** Undefined where nothing is known that a copy could be compared with. */
  readonly proof: Promise<Proof | undefined>;
  ask(ifNoneMatch: string[], partial: PartialSource | undefined): Promise<AboutCopies<Sent>>;
  /** Told of a copy that is current, but not known to be what the checksums say. */
  onUnproven?(original: CachedOriginal): void;
}

/**
 * The copy that is current and can answer for itself, or else what the server sends.
 *
 * @throws Failure DownloadFailed when the server says that the image has not changed without having been asked
 * @throws whatever `search.ask` and `search.proof` reject with
 */
export async function findImage<Sent>(
  search: ImageSearch<Sent>,
): Promise<{ original: CachedOriginal } | { original: undefined; sent: Sent }> {
  const { order } = search;
  // Nobody needs to be asked for what the caller says that the image is.
  const known = order.cached.find(({ record }) => hasDigest(record, order.digest));
  if (known !== undefined) return { original: known };
  const usable = usableOriginals(order);
  const [first] = usable;
  if (first !== undefined) {
    const etags = usable.map(({ etag }) => etag);
    const answer = await search.ask(etags, undefined);
    if (answer.kind === 'sent') return { original: undefined, sent: answer.sent };
    const original = usable.find(({ etag }) => etag === answer.etag) ?? first;
    const proof = await search.proof;
    if (proof === undefined || (await vouchesFor(proof, order, original))) return { original };
    search.onUnproven?.(original);
  }
  const answer = await search.ask([], order.partial);
  if (answer.kind === 'sent') return { original: undefined, sent: answer.sent };
  const url = displayUrl(order.url);
  const message = `The server says that ${url} has not changed, but was not asked whether it has; try again later`;
  throw new Failure('DownloadFailed', message, { url, status: 304 });
}

/** Pristine images that the server is asked about: their record can answer for them under the verification asked for. */
function usableOriginals({ cached, digest, verification, partial }: Download): UsableOriginal[] {
  // The caller wants these bytes, whatever the server has now.
  if (digest !== undefined) return [];
  const usable = cached.filter((original): original is UsableOriginal => {
    return original.etag !== undefined && (verification === 'no' || original.record !== undefined);
  });
  // What was interrupted is newer than what is here, unless it is the same.
  return partial === undefined || usable.some(({ etag }) => etag === partial.validator) ? usable : [];
}

/**
 * What the image must be. `level`: of what is told about the search.
 *
 * @throws Failure VerificationFailed when no checksum, or no trusted signature, is found for it, or a signature is bad
 * @throws Failure Cancelled when the origin's signal is raised
 * @throws Error of node:fs when a file beside that of a file: URL cannot be read
 */
export function proofFor(order: Download, origin: Pick<Origin, 'fetchSmall'>, level: LevelName): Promise<Proof> {
  const { url, verification, keyrings, trust, digest, checksumFile } = order;
  const request: ProofRequest = {
    url,
    verification,
    checksumFile,
    keyrings: keyrings.map(({ path, base64, optional: isOptional }) => ({
      path,
      bytes: Buffer.from(base64, 'base64'),
      isOptional,
    })),
    trust,
    fetchSmall: (sibling, limit) => origin.fetchSmall(sibling, limit),
    now: new Date(),
    onNotice: (message) => log(level, message),
  };
  if (digest === undefined) return gatherProof(request);
  return Promise.resolve(new DigestProof(digest, lastComponent(url) ?? '', () => gatherProof(request)));
}

/** Whether freshly fetched sums, or a signature over the image, agree with what was recorded of a pristine image. */
async function vouchesFor(proof: Proof, { url, trust }: Download, { record }: CachedOriginal): Promise<boolean> {
  if (proof.verification === 'no') return true;
  // One that was pulled without verification, or under another list, may lack the digest that is listed now.
  const digests = record && recordedDigests(record, proof);
  if (record === undefined || digests === undefined) return false;
  const checked = await proof.check(lastComponent(url) ?? '', digests);
  // Its sidecars were verified only when it came, by a key that may not be trusted for this URL.
  return checked.isOk() && (trust === undefined || record.signedBy === proof.signedBy?.fingerprint);
}

/** What a proof is about, as it was recorded; undefined if something of it was not. */
export function recordedDigests(record: VerificationRecord, proof: Proof): Digests | undefined {
  if (proof.algorithms.some((algorithm) => record[algorithm] === undefined)) return undefined;
  const wanted = proof.wanted.map((each) => record.hashes?.[keyOf(each)]).filter((hash) => hash !== undefined);
  if (wanted.length < proof.wanted.length) return undefined;
  const { sha256, sha512 } = record;
  return {
    ...(sha512 === undefined ? { sha256 } : { sha256, sha512 }),
    wanted: wanted.map((hash) => Buffer.from(hash, 'hex')),
  };
}

/** What a hash is recorded as that a signature over the image is about; undefined for none. */
export function hashesByKey(
  wanted: readonly WantedHash[],
  digests: readonly Buffer[],
): Record<string, string> | undefined {
  if (wanted.length === 0) return undefined;
  return Object.fromEntries(wanted.map((each, index) => [keyOf(each), digests[index]?.toString('hex') ?? '']));
}

/** What stands for a hash over an image in a record: another signature has another one. */
function keyOf({ algorithm, prefix, suffix, isText = false }: WantedHash): string {
  const parts = [algorithm, prefix?.toString('hex') ?? '', suffix?.toString('hex') ?? '', String(isText)];
  return createHash('sha256').update(parts.join(' ')).digest('hex');
}
