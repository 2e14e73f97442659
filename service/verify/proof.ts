import { createHash } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { Failure } from '../../common/failure.js';
import { displayUrl, lastComponent } from '../../common/url.js';
import { escapeText } from '../../varlink/text.js';
import { type Evidence, gatherEvidence, type Lack, type Search } from './evidence.js';
import type { Keyring, Signer } from './signature.js';
import { type DigestAlgorithm, isExpired, type ListedDigest } from './sums.js';
import { readTrustedKeys } from './trusted-keys.js';

export type { DigestAlgorithm } from './sums.js';

export type Verification = 'no' | 'checksum' | 'signature';

/** How a file is verified. `digest`: by what the caller says that it is. */
export type VerifiedBy = Verification | 'digest';

/** Lower-case hexadecimal digests of the bytes as transferred. */
export type Digests = { readonly [algorithm in DigestAlgorithm]?: string };

/** What the trust entry that covers a URL demands of signatures, beside a minimum of verification. */
export interface TrustDemands {
  /** Hexadecimal digits in upper case, or SHA256: and a digest in base64; any trusted key counts if there are none. */
  readonly fingerprints: readonly string[];
  /** How many different keys have to have signed. */
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
  /** The checksum file that the caller names: a name beside the image, or a URL. */
  readonly checksumFile?: string | undefined;
  /**
   * Fetches a small file; undefined if there is none.
   *
   * @throws Failure DownloadFailed, Cancelled
   */
  readonly fetchSmall: (url: string, limitBytes: number) => Promise<Buffer | undefined>;
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

/** What a file must be. */
export interface Expectation {
  readonly algorithm: DigestAlgorithm;
  /** Lower-case hexadecimal. */
  readonly digest: string;
  /** The name of the checksum file; undefined where the caller gave the digest. */
  readonly listedIn: string | undefined;
  readonly signer: Signer | undefined;
  /** The name of the file that holds the signature. */
  readonly signature: string | undefined;
}

/** What a download is held against. */
export interface Proof {
  readonly verification: VerifiedBy;
  /** What has to be computed of the image; of other files both. */
  readonly algorithms: readonly DigestAlgorithm[];
  /** Of the image; undefined with verification "no". */
  readonly expected: Expectation | undefined;
  readonly signedBy: Signer | undefined;
  /**
   * What is listed for a file, by its last URL component; undefined with verification "no".
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
}

/**
 * Finds out what the image must be, from the checksum files beside it: `FILE.sha256`, then `SHA256SUMS`, then their
 * sha512 counterparts, each with the signatures that bear its name. The first that lists the image and, with
 * verification "signature", is signed by a trusted key, counts.
 *
 * @throws Failure VerificationFailed, Cancelled
 */
export async function gatherProof(request: ProofRequest): Promise<Proof> {
  if (request.verification === 'no') return withoutProof;
  const name = lastComponent(request.url);
  if (name === undefined)
    throw failed(request.url, `${displayUrl(request.url)} names no file that a checksum could be listed for`);
  refuseChecksumFiles(name);
  const book = new Book(name, request);
  return new BookProof(request.verification, book, await book.find(name));
}

const withoutProof: Proof = {
  verification: 'no',
  algorithms: [],
  expected: undefined,
  signedBy: undefined,
  expect: async () => ok(undefined),
  check: async () => ok(),
  checkBytes: async () => ok(),
  listOf: async () => undefined,
};

function refuseChecksumFiles(name: string): void {
  if (!/^(SHA(256|512)SUMS|.*\.(sha256|sha512|asc|gpg|sig))$/.test(name)) return;
  throw failed(
    name,
    `'${escapeText(name)}' is itself a checksum or signature file, so there is nothing to hold it against: check the URL, or use --verify=no`,
  );
}

class BookProof implements Proof {
  readonly #book: Book;
  readonly verification: Verification;
  readonly expected: Expectation;
  readonly algorithms: readonly DigestAlgorithm[];
  readonly signedBy: Signer | undefined;

  constructor(verification: Verification, book: Book, expected: Expectation) {
    this.#book = book;
    this.verification = verification;
    this.expected = expected;
    this.algorithms = [expected.algorithm];
    this.signedBy = expected.signer;
  }

  async check(fileName: string, digests: Digests): Promise<Result<void, Failure>> {
    return (await this.expect(fileName)).andThen((expected) => compare(fileName, expected, digests));
  }

  async expect(fileName: string): Promise<Result<Expectation, Failure>> {
    try {
      return ok(await this.#book.find(fileName));
    } catch (error) {
      if (error instanceof Failure && error.kind === 'VerificationFailed') return err(error);
      throw error;
    }
  }

  checkBytes(fileName: string, bytes: Buffer): Promise<Result<void, Failure>> {
    const digest = (algorithm: DigestAlgorithm) => createHash(algorithm).update(bytes).digest('hex');
    return this.check(fileName, { sha256: digest('sha256'), sha512: digest('sha512') });
  }

  listOf(fileName: string): Promise<string | undefined> {
    return this.#book.listOf(fileName);
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

/** Everything that is listed anywhere beside the image, fetched as it is needed, and no file twice. */
class Book {
  readonly #main: string;
  readonly #search: Search;
  readonly #pages = new Map<string, Promise<Evidence | Lack>>();

  constructor(main: string, request: ProofRequest) {
    this.#main = main;
    const { keyrings, verification } = request;
    let keys: ReturnType<typeof readTrustedKeys> | undefined;
    const trusted = () => (keys ??= readTrustedKeys(keyrings));
    const keyringPaths = keyrings.map(({ path }) => path);
    this.#search = { ...request, keyringPaths, keys: verification === 'signature' ? trusted : undefined };
  }

  /**
   * What is listed for a file, in the first place that counts.
   *
   * @throws Failure VerificationFailed when it is listed nowhere or in no place that counts, with different digests or in a
   * list that is too old, or when gatherEvidence() finds a signature that must not be; Cancelled
   */
  async find(name: string): Promise<Expectation> {
    const lacks: (Lack | Unlisted)[] = [];
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const names = this.#placesFor(name, algorithm);
      // The next ones are asked for meanwhile: where the first is missing, no time is lost.
      for (const each of names) this.#page(each);
      for (const each of names) {
        const page = await this.#page(each);
        const found = page.kind === 'evidence' ? this.#read(page, name) : page;
        if ('digest' in found) return found;
        lacks.push(found);
      }
    }
    throw unproven(name, lacks);
  }

  /** The first page that lists a file, of those that are known. */
  async listOf(name: string): Promise<string | undefined> {
    for (const known of [...this.#pages.values()]) {
      const page = await known.catch(() => undefined);
      if (page?.kind === 'evidence' && page.sums.lookUp(name, false).kind !== 'unlisted') return page.name;
    }
    return undefined;
  }

  #placesFor(name: string, algorithm: DigestAlgorithm): string[] {
    const [own, shared, main] = [
      `${name}.${algorithm}`,
      `${algorithm.toUpperCase()}SUMS`,
      `${this.#main}.${algorithm}`,
    ];
    return [...new Set([main, shared, own])];
  }

  #page(name: string): Promise<Evidence | Lack> {
    const known = this.#pages.get(name);
    if (known) return known;
    const page = gatherEvidence(name, this.#search);
    // Nobody may come to need it; a failure is reported to whoever does.
    page.catch(() => {});
    this.#pages.set(name, page);
    return page;
  }

  #read(page: Evidence, name: string): Expectation | Unlisted {
    const isOwn = page.name === `${name}.sha256` || page.name === `${name}.sha512`;
    const listing = page.sums.lookUp(name, isOwn);
    if (listing.kind === 'ambiguous') throw ambiguous(name, page.name, listing);
    if (listing.kind === 'unlisted') return { kind: 'unlisted', name: page.name, reason: page.sums.lackOf(name) };
    refuseStale(page, this.#search.now);
    const { name: listedIn, signer, signature } = page;
    return { algorithm: listing.algorithm, digest: listing.digest, listedIn, signer, signature };
  }
}

interface Unlisted {
  readonly kind: 'unlisted';
  readonly name: string;
  readonly reason: string;
}

function refuseStale(page: Evidence, now: Date): void {
  const date = page.sums.bestBefore;
  if (date === undefined || !isExpired(date, now)) return;
  const today = now.toISOString().slice(0, 10);
  throw failed(
    page.name,
    `${page.name} was best before ${date}, and it is ${today}: the publisher, or someone in between, serves an old list. Try another mirror, and check the clock of this host`,
  );
}

function ambiguous(name: string, listedIn: string, listing: Extract<ListedDigest, { kind: 'ambiguous' }>): Failure {
  return failed(
    name,
    `${listedIn} lists '${escapeText(name)}' with different digests (${listing.digests.join(', ')}): ask the publisher which is right`,
  );
}

const advice = {
  unknown: 'Install a keyring with that key, or give one with --keyring=.',
  unsigned: 'Ask the publisher for a signature, or use --verify=checksum to do without.',
  unlisted: 'Ask the publisher to list it, or use --verify=no to do without.',
  unavailable: 'Try again later, or use --verify=no to do without.',
  absent: 'Ask the publisher for one, or use --verify=no to do without.',
};

// The most that was found comes first: it is what to mend.
function unproven(name: string, lacks: readonly (Lack | Unlisted)[]): Failure {
  const subject = `Cannot verify '${escapeText(name)}':`;
  const kind = (['unknown', 'unsigned', 'unlisted', 'unavailable'] as const).find((each) =>
    lacks.some((lack) => lack.kind === each),
  );
  if (!kind) {
    const names = lacks.map((lack) => lack.name).join(', ');
    return failed(name, `${subject} there is no checksum file; looked for ${names}. ${advice.absent}`);
  }
  const [main, others] = [lacks.filter((lack) => lack.kind === kind), lacks.filter((lack) => lack.kind !== kind)];
  const tell = (list: readonly (Lack | Unlisted)[]) => list.map((lack) => `${lack.name} ${lack.reason}`).join('; ');
  const rest = others.length > 0 ? ` Looked also for: ${tell(others)}.` : '';
  return failed(name, `${subject} ${tell(main)}.${rest} ${advice[kind]}`);
}

function failed(file: string, text: string): Failure {
  const message = text.endsWith('.') ? text : `${text}.`;
  return new Failure('VerificationFailed', message, { file, expected: null, found: null });
}
