import { closeSync, constants, lstatSync, openSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ImageFormat, imageClasses, searchPaths } from '../../../common/image-classes.js';
import type { Provenance } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { errnoName, hasCode } from '../../../linux/errno.js';
import type { ImageOwner } from '../layout/host.js';
import { namesUrl, parsePristineName } from '../layout/pristine-names.js';
import { urlDigest } from '../pristine/record.js';
import { readOrigin } from '../provenance/provenance.js';
import type { KeptDownload } from './downloads.js';

/*
 * Which pristine downloads no image came from. A pull looks for them, and puts its image, in one directory; clones go to that of the
 * class. An image says in its record which download it was made of. One without a record that can be believed may come from any
 * download of its form, so that it keeps all of them.
 */

/** What is shipped with the system did not come by a download. */
const vendorDirectory = '/usr/lib/';

/** What the images of one directory say of where they came from. */
interface Origins {
  /** The forms of images of which nobody knows where they came from. */
  readonly unknown: Set<ImageFormat>;
  /** For each URL, by its digest, those of the downloads; undefined among them where one is not known. */
  readonly digests: Map<string, Set<string | undefined>>;
  /** The URLs that are known in full. */
  readonly urls: Set<string>;
  /** Whether there are others. */
  hasShortened: boolean;
}

const isDigest = (url: string): boolean => url.startsWith('sha256:');

/** What a directory is called by its real path, or by its own where it is not there. */
function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return path;
  }
}

/** What a name in an image directory may be the form of; undefined for what is not an image. */
function formNamed(fileName: string): ImageFormat | undefined {
  if (fileName.startsWith('.') || fileName === 'lost+found' || fileName.endsWith('.mstack')) return undefined;
  return fileName.endsWith('.raw') ? 'raw' : 'tar';
}

/**
 * The form of what an entry of an image directory leads to; undefined for what no download becomes. One that is gone since the names
 * were read may have another name now, and one that cannot be looked at may be anything.
 */
function formOf(path: string): ImageFormat | undefined {
  const named = formNamed(basename(path));
  if (named === undefined) return undefined;
  try {
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (link === undefined) return named;
    const status = link.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : link;
    if (status?.isDirectory()) return 'tar';
    return status?.isFile() && named === 'raw' ? 'raw' : undefined;
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return hasCode(error, 'ELOOP', 'ENOTDIR') ? undefined : named;
  }
}

/** What is in a directory; undefined if nobody can tell. */
function namesIn(directory: string): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return hasCode(error, 'ENOENT', 'ENOTDIR') ? [] : undefined;
  }
}

/** The paths of the images in a directory, with all versions of those that have several; undefined where nobody can tell. */
function* imagesIn(directory: string): Generator<string | undefined> {
  for (const fileName of namesIn(directory) ?? [undefined]) {
    const path = fileName === undefined ? undefined : join(directory, fileName);
    if (path?.endsWith('.v') !== true) yield path;
    else
      for (const version of namesIn(path) ?? [undefined]) yield version === undefined ? undefined : join(path, version);
  }
}

/** Undefined for an image that nobody knows the origin of: it has no record, or that of a clone of one that had none. */
function provenanceAt(path: string, key: Buffer | undefined): Provenance | undefined {
  try {
    const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
    const descriptor = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    try {
      const { provenance } = readOrigin(descriptor, key);
      return provenance?.operation === 'clone' && provenance.url === undefined ? undefined : provenance;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}

/** The downloads that images came from, or may have come from. */
export class UsedDownloads {
  readonly #owner: ImageOwner;
  /** When they were looked for, in microseconds since 1970. Clocks of files are behind by some milliseconds, never ahead. */
  readonly #since = (Date.now() + 1) * 1000;
  readonly #paths = new Set<string>();
  readonly #places = new Map<string, Origins>();
  readonly #directories = new Map<string, string>();

  private constructor(owner: ImageOwner) {
    this.#owner = owner;
  }

  /**
   * Looks at all images of the owner, and at those in `roots`. It gives control back after each image: what it returns is complete.
   *
   * @param key the service's own, of the records; undefined where it has none, so that no record is believed
   */
  static *find(owner: ImageOwner, roots: readonly string[], key: Buffer | undefined): Generator<void, UsedDownloads> {
    const used = new UsedDownloads(owner);
    const searched = imageClasses.flatMap((each) => searchPaths(each, owner.scope, owner.environment));
    for (const directory of new Set([...searched, ...roots].map(realDirectory))) {
      for (const path of imagesIn(directory)) {
        used.#look(directory, path, key);
        yield;
      }
    }
    return used;
  }

  #look(directory: string, path: string | undefined, key: Buffer | undefined): void {
    const forms = path === undefined ? (['raw', 'tar'] as const) : [formOf(path)];
    const provenance = path === undefined || forms[0] === undefined ? undefined : provenanceAt(path, key);
    const origins = this.#originsIn(directory);
    if (provenance !== undefined) this.#note(origins, provenance);
    else if (!directory.startsWith(vendorDirectory))
      for (const form of forms) if (form !== undefined) origins.unknown.add(form);
  }

  #originsIn(directory: string): Origins {
    const known = this.#places.get(directory);
    if (known !== undefined) return known;
    const origins = {
      unknown: new Set<ImageFormat>(),
      digests: new Map(),
      urls: new Set<string>(),
      hasShortened: false,
    };
    this.#places.set(directory, origins);
    return origins;
  }

  #note(origins: Origins, { url, sha256, pristine }: Provenance): void {
    if (pristine !== undefined) this.#paths.add(join(this.#resolve(dirname(pristine)), basename(pristine)));
    if (url === undefined) return;
    const name = isDigest(url) ? url : urlDigest(url);
    const digests = origins.digests.get(name) ?? new Set();
    origins.digests.set(name, digests.add(sha256));
    if (isDigest(url)) origins.hasShortened = true;
    else origins.urls.add(url);
  }

  #resolve(directory: string): string {
    const known = this.#directories.get(directory) ?? realDirectory(directory);
    this.#directories.set(directory, known);
    return known;
  }

  /** The directories whose images may come from downloads of this one: those of its class. */
  #sharing(directory: string): string[] {
    const { scope, environment } = this.#owner;
    const classes = imageClasses.map((each) =>
      searchPaths(each, scope, environment).map((path) => this.#resolve(path)),
    );
    return [directory, ...classes.filter((paths) => paths.includes(directory)).flat()];
  }

  /**
   * Whether an image came from a pristine download, or may have. What was placed since the images were looked at counts as used.
   *
   * @param root the directory that it is in
   */
  has(root: string, download: KeptDownload): boolean {
    const { original, placed } = download;
    if (original === undefined) return false;
    const directory = this.#resolve(root);
    if ((placed !== undefined && placed > this.#since) || this.#paths.has(join(directory, original))) return true;
    const places = this.#sharing(directory).map((place) => this.#places.get(place));
    return places.some((origins) => origins !== undefined && mayBeOrigin(download, original, origins));
  }
}

/** Whether one of these images came from a download, by what it says of itself, or is not known to have come from elsewhere. */
function mayBeOrigin({ url, sha256 }: KeptDownload, original: string, origins: Origins): boolean {
  const parsed = parsePristineName(original);
  if (parsed === undefined || origins.unknown.has(parsed.format)) return true;
  if (url === undefined) return origins.hasShortened || [...origins.urls].some((each) => namesUrl(parsed, each));
  const digests = origins.digests.get(isDigest(url) ? url : urlDigest(url));
  return digests !== undefined && (sha256 === undefined || digests.has(undefined) || digests.has(sha256));
}
