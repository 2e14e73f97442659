import { createHash } from 'node:crypto';
import { digestPattern } from '../../../common/digest.js';
import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { escapeText } from '../../../varlink/text.js';
import type { Document } from '../../formats/oci/document.js';
import {
  acceptedManifests,
  type Descriptor,
  type Index,
  type IndexEntry,
  type Manifest,
  parseManifest,
} from '../../formats/oci/manifest.js';
import { type Platform, printPlatform, suitable } from '../../formats/oci/platform.js';
import { saidOf } from '../complaint.js';
import type { Network } from '../connection/network.js';
import type { ResponseInfo } from '../request.js';
import { fetchSmall } from '../small.js';
import type { RegistryAccess } from './access.js';
import { RegistryLogin } from './login.js';
import type { FoundDocuments } from './signatures.js';

/** Of a manifest or an index, in bytes: registries take no larger ones (distribution specification 1.1). */
const manifestMax = 4 * 1024 * 1024;
/** How deep indexes may be in indexes. */
const depthMax = 4;

export interface ResolveRequest {
  readonly network: Network;
  /** Where to ask, one after the other. */
  readonly locations: readonly RegistryAccess[];
  readonly tag: string | undefined;
  /** What the caller says that the manifest or the index is. */
  readonly digest: string | undefined;
  readonly platform: Platform;
  readonly signal: AbortSignal;
  /**
   * Judges what was found, and gives the fingerprints of who has signed it.
   *
   * @throws Failure VerificationFailed to refuse it
   */
  readonly judge?: ((found: FoundDocuments) => Promise<string[]>) | undefined;
  /** Of what only matters when something is looked into. */
  onDetail(message: string): void;
  onNotice(message: string): void;
  onWarning(message: string): void;
}

/** Reads what stands in the list of layers of a manifest. */
type ItemReader<Item extends Descriptor> = (document: Document) => Item;

interface Found<Item extends Descriptor> {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly content: Manifest<Item> | Index;
}

/** The manifest that a reference leads to. */
export interface ChosenManifest<Item extends Descriptor> {
  readonly bytes: Buffer;
  readonly content: Manifest<Item>;
  readonly digest: string;
  /** Of what the reference itself names, where that is an index. */
  readonly indexDigest: string | undefined;
  /** Fingerprints of the keys whose signatures counted. */
  readonly signers: string[];
}

/** The manifest of a tag is gone: the tag names another one by now. */
class Moved extends Error {}

/**
 * Asks one registry after the other, until one answers.
 *
 * @throws Failure whatever `ask` throws of the last one; Cancelled when the signal is raised
 */
export async function inTurn<Answer>(
  request: ResolveRequest,
  ask: (access: RegistryAccess) => Promise<Answer>,
): Promise<Answer & { location: number }> {
  for (const [location, access] of request.locations.entries()) {
    try {
      return { location, ...(await ask(access)) };
    } catch (error) {
      const next = request.locations[location + 1];
      if (next === undefined || request.signal.aborted || !(error instanceof Failure)) throw error;
      const message = `${error.message.replace(/\.$/, '')}; trying the next place`;
      // On loopback both protocols are tried as a matter of course.
      if (next.base === access.base.replace(/^https:/, 'http:')) request.onDetail(message);
      else request.onNotice(message);
    }
  }
  throw new Error('no location was given');
}

/** One registry that is asked. */
export class Resolution<Item extends Descriptor> {
  readonly #request: ResolveRequest;
  readonly #access: RegistryAccess;
  readonly #itemOf: ItemReader<Item>;
  readonly #login: RegistryLogin;
  /** What the registry says of what it does not have. */
  #complaint: string | undefined;

  constructor(request: ResolveRequest, access: RegistryAccess, itemOf: ItemReader<Item>) {
    this.#request = request;
    this.#access = access;
    this.#itemOf = itemOf;
    this.#login = new RegistryLogin(request.network, access, (message) => request.onNotice(message));
  }

  /** A token that the registry takes, if it has given one. */
  get token(): string | undefined {
    return this.#login.token;
  }

  /**
   * Finds the manifest and passes it to `use`; starts over once if the tag has moved to another manifest in between.
   *
   * @throws Failure DownloadFailed, VerificationFailed, Corrupt, UnsupportedFormat; whatever `use` throws
   */
  async run<Result>(use: (chosen: ChosenManifest<Item>) => Promise<Result>): Promise<Result> {
    const once = async () => await use(await this.#chosen());
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      this.#request.onNotice('The tag names another image by now: asking again');
      return await once().catch((again) => {
        throw again instanceof Moved ? again.cause : again;
      });
    }
  }

  async #chosen(): Promise<ChosenManifest<Item>> {
    const { tag, digest } = this.#request;
    const top = await this.#top(digest ?? tag ?? 'latest');
    const chosen = await this.#choose(top, 0, []);
    const signers = (await this.#request.judge?.(this.#documents(top, chosen))) ?? [];
    return { ...chosen, signers, indexDigest: top.content.kind === 'index' ? top.digest : undefined };
  }

  /** What a signature may be over. */
  #documents(top: Found<Item>, chosen: Found<Item>): FoundDocuments {
    return {
      subject: this.subject(),
      documents: top.digest === chosen.digest ? [top] : [top, chosen],
      get: (kind, reference, max) => this.#get(this.#url(kind, reference), max),
      content: async (...parameters) =>
        await this.content(...parameters).catch((error: unknown) => {
          // What is attached may be gone while the tag still names the image.
          throw error instanceof Moved ? error.cause : error;
        }),
    };
  }

  /** What the reference itself names. */
  async #top(reference: string): Promise<Found<Item>> {
    let info: ResponseInfo | undefined;
    const subject = this.subject(reference);
    const url = this.#url('manifests', reference);
    const bytes = await this.#get(url, manifestMax, (response) => {
      info = response;
    });
    if (bytes === undefined) {
      const said = saidOf(this.#complaint);
      const message = `Cannot find ${subject}: the registry does not have it (HTTP status 404); check the name and the tag${said}`;
      throw new Failure('DownloadFailed', message, { url: displayUrl(url), status: 404 });
    }
    const { digest: wanted } = this.#request;
    const stated = info?.contentDigest;
    const digest = wanted ?? (stated !== undefined && digestPattern.test(stated) ? stated : digestOf(bytes, 'sha256'));
    checkDigest(bytes, digest, subject);
    return { bytes, digest, content: parseManifest(bytes, info?.contentType, subject, this.#itemOf) };
  }

  /** Follows indexes to the manifest for the platform. */
  async #choose(
    { bytes, content, digest }: Found<Item>,
    depth: number,
    refused: Platform[],
  ): Promise<Omit<ChosenManifest<Item>, 'indexDigest' | 'signers'>> {
    if (content.kind === 'manifest') return { bytes, content, digest };
    const subject = this.subject(digest);
    if (depth >= depthMax) throw unsupported(subject, `indexes lead to indexes more than ${depthMax} times`);
    const nested: IndexEntry[] = [];
    for (const entry of suitable(content.entries, this.#request.platform)) {
      if (entry.kind === 'manifest') return this.#choose(await this.#described(entry), depth + 1, refused);
      nested.push(entry);
    }
    refused.push(
      ...content.entries.flatMap(({ kind, platform }) => (kind === 'manifest' && platform ? [platform] : [])),
    );
    for (const entry of nested) {
      const found = await this.#choose(await this.#described(entry), depth + 1, refused).catch((error: unknown) => {
        if (error instanceof NoPlatform) return undefined;
        throw error;
      });
      if (found !== undefined) return found;
    }
    throw new NoPlatform(this.subject(), this.#request.platform, refused);
  }

  async #described(descriptor: Descriptor): Promise<Found<Item>> {
    const { digest, mediaType } = descriptor;
    const subject = this.subject(digest);
    const bytes = await this.content(descriptor, 'manifests', manifestMax, subject);
    return { bytes, digest, content: parseManifest(bytes, mediaType, subject, this.#itemOf) };
  }

  /**
   * What a descriptor stands for: what it has itself, or what the registry gives. Both are checked.
   *
   * @throws Failure DownloadFailed, VerificationFailed, UnsupportedFormat
   */
  async content(
    { digest, size, data }: Descriptor,
    kind: 'manifests' | 'blobs',
    max: number,
    subject: string,
  ): Promise<Buffer> {
    if (size > max) throw unsupported(subject, `it has ${size} bytes, and ${max} are allowed`);
    const url = this.#url(kind, digest);
    const bytes = data ?? (await this.#get(url, max));
    if (bytes === undefined) {
      const message = `Cannot get ${subject}: the registry does not have it (HTTP status 404), though it has what names it`;
      const failure = new Failure('DownloadFailed', message, { url: displayUrl(url), status: 404 });
      throw this.#request.digest === undefined ? new Moved('moved', { cause: failure }) : failure;
    }
    checkDigest(bytes, digest, subject);
    if (bytes.length === size) return bytes;
    const message = `Cannot use ${subject}: it has ${bytes.length} bytes, and what names it says ${size}`;
    throw new Failure('VerificationFailed', message, {
      file: subject,
      expected: String(size),
      found: String(bytes.length),
    });
  }

  async #get(url: string, max: number, onResponse?: (info: ResponseInfo) => void): Promise<Buffer | undefined> {
    const { network, signal, onNotice } = this.#request;
    const common = {
      network,
      signal,
      onNotice,
      login: this.#login,
      onAbsent: (complaint: string | undefined) => {
        this.#complaint = complaint;
      },
      headers: { Accept: `${acceptedManifests}, */*;q=0.1` },
    };
    return await fetchSmall(url, max, onResponse === undefined ? common : { ...common, onResponse });
  }

  #url(kind: 'manifests' | 'blobs' | 'referrers', reference: string): string {
    const { base, repository } = this.#access;
    return `${base}${repository}/${kind}/${reference}`;
  }

  /** How messages call an image. */
  subject(reference = this.#request.digest ?? this.#request.tag ?? 'latest'): string {
    const { base, repository } = this.#access;
    const separator = digestPattern.test(reference) ? '@' : ':';
    return `${displayUrl(base).replace(/^https?:\/\/|\/v2\/$/g, '')}/${repository}${separator}${reference}`;
  }
}

/** No image of an index is for the platform. */
export class NoPlatform extends Failure<'UnsupportedFormat'> {
  constructor(subject: string, wanted: Platform, offered: readonly Platform[]) {
    const allowed =
      [...new Set(offered.map((each) => escapeText(printPlatform(each))))].slice(0, 30).join(', ') || 'none';
    const needed = printPlatform(wanted);
    const message = `Cannot use ${subject}: it has no image for ${needed}, only for ${allowed}; choose one with --platform=`;
    super('UnsupportedFormat', message, { needed, allowed });
  }
}

function digestOf(bytes: Buffer, algorithm: string): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

function checkDigest(bytes: Buffer, expected: string, subject: string): void {
  const found = digestOf(bytes, expected.slice(0, expected.indexOf(':')));
  if (found === expected) return;
  const message = `Cannot use ${subject}: its digest is ${found}, expected ${expected}; nothing was installed`;
  throw new Failure('VerificationFailed', message, { file: subject, expected, found });
}

function unsupported(subject: string, reason: string): Failure {
  return new Failure('UnsupportedFormat', `Cannot use ${subject}: ${reason}`, {
    needed: subject,
    allowed: 'smaller ones',
  });
}
