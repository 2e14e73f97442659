import { createHash } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { Failure } from '../../common/failure.js';
import { displayUrl, lastComponent } from '../../common/url.js';
import { escapeText } from '../../varlink/text.js';
import { mayBeOpenpgp } from './armor.js';
import type { Signer, WantedHash } from './detached.js';
import type { Keyring } from './keyrings.js';
import { Book, type Expectation, type ProofFile, proofFile } from './search/book.js';
import { firstRound, isProofName, isSignatureName } from './search/candidates.js';
import type { Trust } from './search/evidence.js';
import { ImageSignature } from './search/image-signature.js';
import { type FetchSmall, Shelf } from './search/shelf.js';
import type { DigestAlgorithm } from './sums.js';
import { readTrustedKeys } from './trusted-keys.js';

export type { Expectation } from './search/book.js';
export type { DigestAlgorithm } from './sums.js';

export type Verification = 'no' | 'checksum' | 'signature';

/** How a file is verified. `digest`: by what the caller says that it is. */
export type VerifiedBy = Verification | 'digest';

/** Digests of the bytes as transferred. */
export interface Digests {
  /** Lower-case hexadecimal. */
  readonly sha256?: string;
  readonly sha512?: string;
  /** One for each hash that a proof wants. */
  readonly wanted?: readonly Buffer[];
}

/** What the trust entry that covers a URL demands of signatures, beside a minimum of verification. */
export interface TrustDemands {
  /** Hexadecimal digits in upper case, or SHA256: and a digest in base64; any trusted key counts if there are none. */
  readonly fingerprints: readonly string[];
  /** How many different keys must have signed. */
  readonly requireSigners: number;
  /** Checksum files to look for: names beside the image, with %f for its own name, or URLs. */
  readonly checksumFiles: readonly string[];
}

export interface ProofRequest {
  /** The URL that the user gave (checksum files lie beside it, whatever it redirects to). */
  readonly url: string;
  readonly verification: Verification;
  readonly keyrings: readonly Keyring[];
  /** Undefined if no trust entry covers the URL. */
  readonly trust?: TrustDemands | undefined;
  /** The name or the URL of the only checksum file that counts. */
  readonly checksumFile?: string | undefined;
  readonly fetchSmall: FetchSmall;
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

/** What a download is held against. */
export interface Proof {
  readonly verification: VerifiedBy;
  /** What has to be computed of the image; of other files both. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** What has to be hashed of the image beyond that, for signatures over it. */
  readonly wanted: readonly WantedHash[];
  /** Of the image; undefined with verification "no", and where a signature over the image is what vouches for it. */
  readonly expected: Expectation | undefined;
  /** The file with the signature over the image itself. */
  readonly imageSignature: string | undefined;
  /** Of a signature over the image itself it is known when that has been checked. */
  readonly signedBy: Signer | undefined;
  /**
   * What is listed for a file, by its last URL component; undefined where expected is.
   *
   * @throws Failure Cancelled, as check()
   */
  expect(fileName: string): Promise<Result<Expectation | undefined, Failure>>;
  /**
   * Holds a file, by its last URL component, against what is listed for it. For a sidecar that is not listed where the
   * image is, this fetches further checksum files.
   *
   * @throws Failure Cancelled while these are fetched, Error when the digest that is listed was not computed
   */
  check(fileName: string, digests: Digests): Promise<Result<void, Failure>>;
  checkBytes(fileName: string, bytes: Buffer): Promise<Result<void, Failure>>;
  /** The checksum file that lists a file, of those fetched so far; undefined for none. Fetches nothing. */
  listOf(fileName: string): Promise<string | undefined>;
  /**
   * The files that counted for whatever was checked so far, as they were fetched; none with verification "no", nor where the caller says
   * what the image is.
   *
   * @throws Failure Cancelled
   */
  counted(): Promise<readonly ProofFile[]>;
}

/**
 * Finds out what the image must be, from the files beside it (search/candidates.ts): the first checksum file that lists the image and, with
 * verification "signature", is signed by a trusted key, or else a signature over the image itself.
 *
 * @throws Failure VerificationFailed, Cancelled
 */
export async function gatherProof(request: ProofRequest): Promise<Proof> {
  if (request.verification === 'no') return withoutProof;
  const { checksumFile, fetchSmall, now, onNotice, url } = request;
  const image = lastComponent(url);
  if (image === undefined) throw failed(url, `${displayUrl(url)} names no file that a checksum could be listed for`);
  refuseProofs(image);
  const preferred = (request.trust?.checksumFiles ?? []).map((pattern) => pattern.replaceAll('%f', image));
  const shelf = new Shelf(url, fetchSmall);
  if (checksumFile === undefined) askBeforehand(request, image, preferred, shelf);
  const trust = request.verification === 'signature' ? await trustOf(request) : undefined;
  const book = new Book({ image, shelf, trust, preferred, only: checksumFile, now, onNotice });
  return new BookProof(image, request.verification, book, await book.findImage());
}

/** Reading keys takes as long as a server takes to answer. Of which scheme they are can mostly be seen before. */
function askBeforehand(
  { keyrings, verification }: ProofRequest,
  image: string,
  preferred: readonly string[],
  shelf: Shelf,
): void {
  if (verification !== 'signature' || !keyrings.every(({ bytes }) => mayBeOpenpgp(bytes))) return;
  const state = { image, schemes: new Set(['openpgp'] as const), preferred, asked: shelf.asked, unsigned: [] };
  for (const name of firstRound(state)) void shelf.get(name, isSignatureName(name) ? 'signature' : 'checksums');
}

async function trustOf({ keyrings, now, onNotice, trust }: ProofRequest): Promise<Trust> {
  const keys = await readTrustedKeys(keyrings);
  const keyringPaths = keyrings.map(({ path }) => path);
  const { fingerprints, requireSigners } = trust ?? { fingerprints: [], requireSigners: 1 };
  return { keys, keyringPaths, fingerprints, requireSigners, now, onNotice };
}

const withoutProof: Proof = {
  verification: 'no',
  algorithms: [],
  wanted: [],
  expected: undefined,
  imageSignature: undefined,
  signedBy: undefined,
  expect: async () => ok(undefined),
  check: async () => ok(),
  checkBytes: async () => ok(),
  listOf: async () => undefined,
  counted: async () => [],
};

function refuseProofs(name: string): void {
  if (!isProofName(name)) return;
  throw failed(
    name,
    `'${escapeText(name)}' is itself a checksum or signature file, so there is nothing to hold it against: check the URL, or use --verify=no`,
  );
}

class BookProof implements Proof {
  readonly verification: VerifiedBy;
  readonly #image: string;
  readonly #book: Book;
  readonly #found: Expectation | ImageSignature;
  #signedBy: Signer | undefined;

  constructor(image: string, verification: Verification, book: Book, found: Expectation | ImageSignature) {
    this.#image = image;
    this.verification = verification;
    this.#book = book;
    this.#found = found;
    this.#signedBy = found instanceof ImageSignature ? undefined : found.signer;
  }

  get expected(): Expectation | undefined {
    return this.#found instanceof ImageSignature ? undefined : this.#found;
  }

  get algorithms(): readonly DigestAlgorithm[] {
    return this.#found instanceof ImageSignature ? [] : [this.#found.algorithm];
  }

  get imageSignature(): string | undefined {
    return this.#found instanceof ImageSignature ? this.#found.name : undefined;
  }

  get wanted(): readonly WantedHash[] {
    return this.#found instanceof ImageSignature ? this.#found.wanted : [];
  }

  get signedBy(): Signer | undefined {
    return this.#signedBy;
  }

  async check(fileName: string, digests: Digests): Promise<Result<void, Failure>> {
    if (fileName === this.#image && this.#found instanceof ImageSignature)
      return await this.#judge(this.#found, digests);
    return (await this.expect(fileName)).andThen((expected) =>
      expected === undefined ? ok() : compare(fileName, expected, digests),
    );
  }

  async expect(fileName: string): Promise<Result<Expectation | undefined, Failure>> {
    try {
      if (fileName !== this.#image) return ok(await this.#book.find(fileName));
      if (this.expected !== undefined) await this.#book.refuseDispute(this.expected);
      return ok(this.expected);
    } catch (error) {
      if (error instanceof Failure && error.kind === 'VerificationFailed') return err(error);
      throw error;
    }
  }

  async #judge(signature: ImageSignature, { wanted }: Digests): Promise<Result<void, Failure>> {
    if (wanted === undefined) throw new Error(`what ${signature.name} is over was not hashed`);
    const judged = await signature.judge(wanted);
    if (judged.isErr()) return err(judged.error);
    this.#signedBy = judged.value;
    return ok();
  }

  checkBytes(fileName: string, bytes: Buffer): Promise<Result<void, Failure>> {
    const digest = (algorithm: DigestAlgorithm) => createHash(algorithm).update(bytes).digest('hex');
    return this.check(fileName, { sha256: digest('sha256'), sha512: digest('sha512') });
  }

  listOf(fileName: string): Promise<string | undefined> {
    return this.#book.listOf(fileName);
  }

  async counted(): Promise<readonly ProofFile[]> {
    const signatures = this.#found instanceof ImageSignature ? this.#found.files : [];
    return [
      ...signatures.flatMap((file) => proofFile(file, 'signature', this.#image)),
      ...(await this.#book.counted()),
    ];
  }
}

function compare(fileName: string, expected: Expectation, digests: Digests): Result<void, Failure> {
  const { algorithm, digest, listedIn } = expected;
  const found = digests[algorithm];
  if (found === undefined) throw new Error(`the ${algorithm} digest of ${fileName} was not computed`);
  if (found === digest) return ok();
  const message = `'${escapeText(fileName)}' does not match its checksum: ${listedIn} lists ${algorithm} ${digest}, the bytes received have ${found}. Nothing was placed. If trying again gives the same, the publisher's file and list do not belong together, or one was tampered with.`;
  return err(new Failure('VerificationFailed', message, { file: fileName, expected: digest, found }));
}

function failed(file: string, text: string): Failure {
  return new Failure('VerificationFailed', `${text}.`, { file });
}
