import { createHash } from 'node:crypto';
import { Failure } from '../../../common/failure.js';
import { displayUrl } from '../../../common/url.js';
import { escapeText } from '../../../varlink/text.js';
import { Document } from '../../formats/oci/document.js';
import { configMax } from '../../formats/oci/limits.js';
import {
  acceptedManifests,
  type Descriptor,
  type Index,
  type IndexEntry,
  type Layer,
  type Manifest,
  parseManifest,
} from '../../formats/oci/manifest.js';
import { type Platform, printPlatform, suitable } from '../../formats/oci/platform.js';
import type { Network } from '../connection/network.js';
import type { ResponseInfo } from '../request.js';
import { fetchSmall } from '../small.js';
import type { RegistryAccess } from './access.js';
import { RegistryLogin } from './login.js';

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
  /** Of what only matters when something is looked into. */
  onDetail(message: string): void;
  onNotice(message: string): void;
  onWarning(message: string): void;
}

/** What a reference stands for. Every digest and size but those of the layers is checked. */
export interface ResolvedImage {
  /** Which location has it. */
  readonly location: number;
  readonly manifestDigest: string;
  /** Of what the reference itself names, where that is an index. */
  readonly indexDigest: string | undefined;
  /** JSON */
  readonly config: string;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** A token that the registry takes. */
  readonly token: string | undefined;
}

/**
 * Finds out what a reference stands for, from the first location that says.
 *
 * @throws Failure DownloadFailed when none does, VerificationFailed for other bytes than a digest stands for, Corrupt and
 * UnsupportedFormat for manifests that cannot be used, Cancelled when the signal is raised: each about the last location
 */
export async function resolveImage(request: ResolveRequest): Promise<ResolvedImage> {
  for (const [location, access] of request.locations.entries()) {
    try {
      return { location, ...(await new Resolution(request, access).run()) };
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

interface Found {
  readonly bytes: Buffer;
  readonly digest: string;
  readonly content: Manifest | Index;
}

/** The manifest of a tag is gone: the tag names another one by now. */
class Moved extends Error {}

/** One registry that is asked. */
class Resolution {
  readonly #request: ResolveRequest;
  readonly #access: RegistryAccess;
  readonly #login: RegistryLogin;

  constructor(request: ResolveRequest, access: RegistryAccess) {
    this.#request = request;
    this.#access = access;
    this.#login = new RegistryLogin(request.network, access, (message) => request.onNotice(message));
  }

  async run(): Promise<Omit<ResolvedImage, 'location'>> {
    try {
      return await this.#run();
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      this.#request.onNotice('The tag names another image by now: asking again');
      return await this.#run().catch((again) => {
        throw again instanceof Moved ? again.cause : again;
      });
    }
  }

  async #run(): Promise<Omit<ResolvedImage, 'location'>> {
    const { tag, digest } = this.#request;
    const top = await this.#top(digest ?? tag ?? 'latest');
    const { content, digest: manifestDigest } = await this.#choose(top, 0, []);
    const config = await this.#config(content.config);
    this.#checkPlatform(config);
    const indexDigest = top.content.kind === 'index' ? top.digest : undefined;
    return { manifestDigest, indexDigest, config, layers: content.layers, token: this.#login.token };
  }

  /** What the reference itself names. */
  async #top(reference: string): Promise<Found> {
    let info: ResponseInfo | undefined;
    const subject = this.#subject(reference);
    const url = this.#url('manifests', reference);
    const bytes = await this.#get(url, manifestMax, (response) => {
      info = response;
    });
    if (bytes === undefined) {
      const message = `Cannot find ${subject}: the registry does not have it (HTTP status 404); check the name and the tag`;
      throw new Failure('DownloadFailed', message, { url: displayUrl(url), status: 404 });
    }
    const { digest: wanted } = this.#request;
    const stated = info?.contentDigest;
    const digest = wanted ?? (stated !== undefined && isDigest(stated) ? stated : digestOf(bytes, 'sha256'));
    checkDigest(bytes, digest, subject);
    return { bytes, digest, content: parseManifest(bytes, info?.contentType, subject) };
  }

  /** Follows indexes to the manifest for the platform. */
  async #choose(
    { content, digest }: Found,
    depth: number,
    refused: Platform[],
  ): Promise<{ content: Manifest; digest: string }> {
    if (content.kind === 'manifest') return { content, digest };
    const subject = this.#subject(digest);
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
    throw new NoPlatform(this.#subject(), this.#request.platform, refused);
  }

  async #described(descriptor: Descriptor): Promise<Found> {
    const { digest, mediaType } = descriptor;
    const subject = this.#subject(digest);
    const bytes = await this.#content(descriptor, 'manifests', manifestMax, subject);
    return { bytes, digest, content: parseManifest(bytes, mediaType, subject) };
  }

  async #config(descriptor: Descriptor): Promise<string> {
    const subject = `the configuration of ${this.#subject()}`;
    const bytes = await this.#content(descriptor, 'blobs', configMax, subject);
    const text = bytes.toString('utf8');
    if (Buffer.from(text).equals(bytes)) return text;
    throw new Failure('Corrupt', `Cannot use ${subject}: it is not UTF-8`, { what: subject, offset: undefined });
  }

  /** An image that is not in an index, or whose entry there is silent, says in its configuration what it is for. */
  #checkPlatform(config: string): void {
    const subject = this.#subject();
    const document = Document.parse(Buffer.from(config), `the configuration of ${subject}`);
    const [os, architecture, variant] = ['os', 'architecture', 'variant'].map(
      (name) => document.text(name) || undefined,
    );
    const offered: Platform = { os: os ?? '', architecture: architecture ?? '', variant };
    const { platform } = this.#request;
    if (suitable([{ platform: offered }], platform).length > 0) return;
    if (offered.os !== '' && offered.os !== platform.os) throw new NoPlatform(subject, platform, [offered]);
    const [found, wanted] = [printPlatform(offered), printPlatform(platform)];
    this.#request.onWarning(`${subject} is for ${escapeText(found)}, and may not run on ${wanted}`);
  }

  /** What a descriptor stands for: what it has itself, or what the registry gives. Both are checked. */
  async #content(
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
      headers: { Accept: `${acceptedManifests}, */*;q=0.1` },
    };
    return await fetchSmall(url, max, onResponse === undefined ? common : { ...common, onResponse });
  }

  #url(kind: 'manifests' | 'blobs', reference: string): string {
    const { base, repository } = this.#access;
    return `${base}${repository}/${kind}/${reference}`;
  }

  /** How messages call an image. */
  #subject(reference = this.#request.digest ?? this.#request.tag ?? 'latest'): string {
    const { base, repository } = this.#access;
    const separator = isDigest(reference) ? '@' : ':';
    return `${displayUrl(base).replace(/^https?:\/\/|\/v2\/$/g, '')}/${repository}${separator}${reference}`;
  }
}

/** No image of an index is for the platform. */
class NoPlatform extends Failure<'UnsupportedFormat'> {
  constructor(subject: string, wanted: Platform, offered: readonly Platform[]) {
    const allowed =
      [...new Set(offered.map((each) => escapeText(printPlatform(each))))].slice(0, 30).join(', ') || 'none';
    const needed = printPlatform(wanted);
    const message = `Cannot use ${subject}: it has no image for ${needed}, only for ${allowed}; choose one with --platform=`;
    super('UnsupportedFormat', message, { needed, allowed });
  }
}

function isDigest(text: string): boolean {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
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
