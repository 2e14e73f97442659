import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import type { Signer } from '../detached.js';
import { type DigestAlgorithm, isExpired, type ListedDigest } from '../sums.js';
import { schemesOf } from '../trusted-keys.js';
import {
  firstRound,
  isOwnList,
  isSignatureName,
  listNames,
  type SearchState,
  secondRound,
  signatureNames,
} from './candidates.js';
import { type Evidence, judgeList, type Lack, readUnsigned, type Trust } from './evidence.js';
import { ImageSignature } from './image-signature.js';
import { type Fetched, fileNameOf, type Shelf } from './shelf.js';
import { unproven } from './unproven.js';

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

/** A file that vouches for another one, as it was fetched. */
export interface ProofFile {
  /** Its name beside the image, or its URL where it lies somewhere else. */
  readonly name: string;
  readonly role: 'checksums' | 'signature';
  /** What is listed in it, or signed by it: the name of a file. */
  readonly of: string;
  readonly bytes: Buffer;
}

/** What a search needs. */
export interface BookSearch {
  readonly image: string;
  readonly shelf: Shelf;
  /** undefined: signatures are not needed. */
  readonly trust: Trust | undefined;
  /** Checksum files that are known to be the publisher's. */
  readonly preferred: readonly string[];
  /** The one checksum file that the caller has named. */
  readonly only: string | undefined;
  readonly now: Date;
  readonly onNotice: (message: string) => void;
}

/** Everything that is said beside an image of what it and its sidecars must be, fetched as it is needed, and no file twice. */
export class Book {
  readonly #search: BookSearch;
  readonly #lists: readonly string[];
  /** Checksum files that have been judged, by name and by how many signature files were at hand. */
  readonly #pages = new Map<string, { signatures: number; page: Promise<Evidence | Lack> }>();
  /** Checksum files that counted, by name, with the first file that each was needed for. */
  readonly #counted = new Map<string, string>();

  constructor(search: BookSearch) {
    const { image, only, preferred } = search;
    this.#search = search;
    this.#lists = only === undefined ? [...new Set([...preferred, ...listNames(image)])] : [only];
  }

  /**
   * What the image must be: the digest in the first checksum file that counts, or a signature over the image itself.
   *
   * @throws Failure VerificationFailed when there is neither, or it is listed with different digests or in a list that is too old, or
   * a signature is one that must not be; Cancelled
   */
  async findImage(): Promise<Expectation | ImageSignature> {
    const { image, only, shelf, trust } = this.#search;
    if (only !== undefined) return await this.find(image);
    let lacks: Lack[] = [];
    for (const plan of [firstRound, secondRound]) {
      const unsigned = await this.#unproven();
      for (const name of plan({ ...this.#state, asked: shelf.asked, unsigned })) this.#ask(name);
      lacks = [];
      const found = await this.#evaluate(lacks);
      if (found !== undefined) return found;
    }
    throw unproven(image, lacks, trust !== undefined);
  }

  /**
   * What is listed for a file, in the first checksum file that counts.
   *
   * @throws Failure VerificationFailed as findImage(); Cancelled
   */
  async find(name: string): Promise<Expectation> {
    const { trust } = this.#search;
    const lists = this.#listsFor(name);
    for (const list of lists) this.#ask(list);
    const lacks: Lack[] = [];
    for (const list of lists) {
      await this.#askForSignatures(list);
      const found = this.#read(await this.#page(list), name);
      if ('digest' in found) return found;
      lacks.push(found);
    }
    throw unproven(name, lacks, trust !== undefined);
  }

  /**
   * Makes sure that no other checksum file says something else of the image. What is signed outranks what is not.
   *
   * @throws Failure VerificationFailed when one does; Cancelled
   */
  async refuseDispute(expected: Expectation): Promise<void> {
    const { image, shelf, trust } = this.#search;
    if (trust !== undefined) return;
    for (const list of this.#lists.filter((name) => shelf.asked.has(name))) {
      const page = await this.#page(list);
      if (page.kind !== 'evidence') continue;
      const listing = page.sums.lookUp(image, isOwnList(list, image));
      if (listing.kind !== 'listed' || listing.algorithm !== expected.algorithm) continue;
      if (listing.digest !== expected.digest) throw disputed(image, expected, list, listing.digest);
    }
  }

  /** The first checksum file that lists a file, of those that are known. */
  async listOf(name: string): Promise<string | undefined> {
    for (const { page } of [...this.#pages.values()]) {
      const known = await page.catch(() => undefined);
      if (known?.kind === 'evidence' && known.sums.lookUp(name, false).kind !== 'unlisted') return known.name;
    }
    return undefined;
  }

  /**
   * The checksum files that counted so far, and the signatures of them that are at hand.
   *
   * @throws Failure Cancelled
   */
  async counted(): Promise<ProofFile[]> {
    const files = [...this.#counted].map(async ([list, of]) => [
      ...proofFile(await this.#search.shelf.get(list, 'checksums'), 'checksums', of),
      ...(await this.#signaturesAtHand(list)).flatMap((file) => proofFile(file, 'signature', list)),
    ]);
    return (await Promise.all(files)).flat();
  }

  get #state(): Omit<SearchState, 'asked' | 'unsigned'> {
    const { image, preferred, trust } = this.#search;
    return { image, preferred, schemes: trust && schemesOf(trust.keys) };
  }

  /** In the order in which they count; each says why if it does not. */
  async #evaluate(lacks: Lack[]): Promise<Expectation | ImageSignature | undefined> {
    const { image, shelf, trust } = this.#search;
    for (const list of this.#lists.filter((name) => shelf.asked.has(name))) {
      const found = this.#read(await this.#page(list), image);
      if ('digest' in found) return found;
      lacks.push(found);
    }
    if (trust === undefined) return undefined;
    const files = await this.#signaturesAtHand(image);
    const signature = await ImageSignature.read(image, files, trust);
    if (signature instanceof ImageSignature) return signature;
    lacks.push(...signature);
    return undefined;
  }

  /** Lists without a signature by a trusted key, so that another one of theirs may count. */
  async #unproven(): Promise<string[]> {
    const names = this.#lists.filter((list) => this.#pages.has(list));
    const kinds = await Promise.all(names.map(async (list) => (await this.#page(list)).kind));
    return names.filter((_, index) => kinds[index] === 'unsigned' || kinds[index] === 'unknown');
  }

  #ask(name: string): void {
    void this.#search.shelf.get(name, isList(name, this.#lists) ? 'checksums' : 'signature');
  }

  /** Where a file may be listed: where others are, or in a place of its own. */
  #listsFor(name: string): string[] {
    const { image, only, shelf } = this.#search;
    if (only !== undefined) return [only];
    const known = this.#lists.filter((list) => shelf.asked.has(list));
    const usual = ['sha256', 'sha512'].flatMap((algorithm) => [
      `${image}.${algorithm}`,
      `${algorithm.toUpperCase()}SUMS`,
      `${name}.${algorithm}`,
    ]);
    return [...new Set([...known, ...usual])];
  }

  /** Of a checksum file that is there, all the names that a signature of it may have. */
  async #askForSignatures(list: string): Promise<void> {
    const { shelf, trust } = this.#search;
    if (trust === undefined) return;
    const { bytes } = await shelf.get(list, 'checksums');
    if (bytes === undefined) return;
    for (const name of signatureNames(list, schemesOf(trust.keys))) this.#ask(name);
  }

  #signaturesAtHand(file: string): Promise<Fetched[]> {
    const { shelf, trust } = this.#search;
    const names = trust === undefined ? [] : signatureNames(file, schemesOf(trust.keys));
    const { asked } = shelf;
    return Promise.all(names.filter((name) => asked.has(name)).map((name) => shelf.get(name, 'signature')));
  }

  #page(list: string): Promise<Evidence | Lack> {
    const { asked } = this.#search.shelf;
    const known = this.#pages.get(list);
    const signatures = this.#namesOfSignatures(list).filter((name) => asked.has(name)).length;
    if (known?.signatures === signatures) return known.page;
    const page = this.#judge(list);
    // Nobody may come to need it; a failure is reported to whoever does.
    page.catch(() => {});
    this.#pages.set(list, { signatures, page });
    return page;
  }

  #namesOfSignatures(file: string): readonly string[] {
    const { trust } = this.#search;
    return trust === undefined ? [] : signatureNames(file, schemesOf(trust.keys));
  }

  async #judge(list: string): Promise<Evidence | Lack> {
    const { onNotice, shelf, trust } = this.#search;
    const file = await shelf.get(list, 'checksums');
    if (trust === undefined) return readUnsigned(file, onNotice);
    const page = await judgeList(file, await this.#signaturesAtHand(list), trust);
    // A signature would not help where the image is not listed.
    const unsigned = page.kind === 'unsigned' ? readUnsigned(file, () => {}) : page;
    const { image } = this.#search;
    return unsigned.kind === 'evidence' && unsigned.sums.lookUp(image, isOwnList(list, image)).kind === 'unlisted'
      ? { kind: 'unlisted', name: list, reason: unsigned.sums.lackOf(image) }
      : page;
  }

  #read(page: Evidence | Lack, name: string): Expectation | Lack {
    if (page.kind !== 'evidence') return page;
    const { only, now } = this.#search;
    const listing = page.sums.lookUp(name, isOwnList(page.name, name) || page.name === only);
    if (listing.kind === 'ambiguous') throw ambiguous(name, fileNameOf(page.name), listing);
    if (listing.kind === 'unlisted') return { kind: 'unlisted', name: page.name, reason: page.sums.lackOf(name) };
    refuseStale(page, now);
    if (!this.#counted.has(page.name)) this.#counted.set(page.name, name);
    const { signer, signature } = page;
    const { algorithm, digest } = listing;
    return {
      algorithm,
      digest,
      listedIn: fileNameOf(page.name),
      signer,
      signature: signature && fileNameOf(signature),
    };
  }
}

/** None where the server had none: a list may stand in its signature file alone. */
export function proofFile({ name, bytes }: Fetched, role: ProofFile['role'], of: string): ProofFile[] {
  return bytes === undefined ? [] : [{ name, role, of, bytes }];
}

function isList(name: string, lists: readonly string[]): boolean {
  return lists.includes(name) || !isSignatureName(name);
}

function refuseStale(page: Evidence, now: Date): void {
  const date = page.sums.bestBefore;
  if (date === undefined || !isExpired(date, now)) return;
  const today = now.toISOString().slice(0, 10);
  throw failed(
    page.name,
    `${fileNameOf(page.name)} was best before ${date}, and it is ${today}: the publisher, or someone in between, serves an old list. Try another mirror, and check the clock of this host.`,
  );
}

function ambiguous(name: string, listedIn: string, listing: Extract<ListedDigest, { kind: 'ambiguous' }>): Failure {
  return failed(
    name,
    `${listedIn} lists '${escapeText(name)}' with different digests (${listing.digests.join(', ')}): ask the publisher which is right.`,
  );
}

function disputed(name: string, { digest, listedIn }: Expectation, list: string, other: string): Failure {
  return failed(
    name,
    `Cannot verify '${escapeText(name)}': ${listedIn} and ${list} list different digests (${digest}, ${other}). Ask the publisher which is right, or give it with --digest=.`,
  );
}

function failed(file: string, message: string): Failure {
  return new Failure('VerificationFailed', message, { file });
}
