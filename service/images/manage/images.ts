import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../../common/environment.js';
import { Failure } from '../../../common/failure.js';
import {
  candidateFileNames,
  classSuffix,
  type ImageClass,
  imageClasses,
  type Scope,
  searchPaths,
} from '../../../common/image-classes.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn, failOnAsync } from '../install/file-system-failure.js';
import { isValidImageName } from '../layout/names.js';
import { pickVersion } from '../layout/versions.js';
import { type Description, describeImage, describeUnopened, type KnownMounts } from './describe.js';
import { isOfEntry, Walk, type WalkOptions } from './walk.js';

/** An image, as io.ferry.Image lists it. Times in µs since 1970, sizes in bytes, undefined where unknown. */
export interface Image extends Description {
  class: ImageClass;
  name: string;
  path: string;
  hidden: boolean;
}

export interface ListOptions extends WalkOptions {
  /** All classes if absent. */
  class?: ImageClass;
  scope: Scope;
  environment: Environment;
  /** One directory to look in instead of the search path of the class. */
  root?: string;
  /** The one image to look for; all if absent. */
  name?: string;
}

/** An entry of an image directory that stands for an image. */
export interface ImageEntry {
  name: string;
  /** The directory it was found in. */
  directory: string;
  /** Where the image is: links resolved, and the version chosen in a `.v` directory. */
  path: string;
  /** The name of the entry in its directory. */
  fileName: string;
  /** Which of several entries for one name counts, least first. systemd takes whichever it reads first. */
  rank: number;
}

function withoutSuffix(text: string, suffix: string): string {
  return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}

function versionedEntry(path: string, fileName: string, own: string): Omit<ImageEntry, 'directory'> | undefined {
  const stem = withoutSuffix(fileName, '.v');
  const format = ['.raw', '.mstack'].find((suffix) => stem.endsWith(suffix)) ?? '';
  const bare = withoutSuffix(stem, format);
  const name = withoutSuffix(bare, own);
  const picked = pickVersion(path, name, bare.slice(name.length) + format);
  return picked === undefined ? undefined : { name, path: realpathSync(join(path, picked)), fileName, rank: 2 };
}

function directoryEntry(path: string, fileName: string, own: string): Omit<ImageEntry, 'directory'> | undefined {
  if (fileName.endsWith('.v')) return versionedEntry(path, fileName, own);
  const stem = withoutSuffix(fileName, '.mstack');
  return { name: withoutSuffix(stem, own), path, fileName, rank: stem === fileName ? 0 : 3 };
}

/** What tells one kind of file from another. */
type Kind = Pick<Stats, 'isBlockDevice' | 'isDirectory' | 'isFile' | 'isSymbolicLink'>;

function entryOf(status: Kind, path: string, fileName: string, own: string): Omit<ImageEntry, 'directory'> | undefined {
  if (status.isDirectory()) return directoryEntry(path, fileName, own);
  if (status.isBlockDevice()) return { name: fileName, path, fileName, rank: 4 };
  if (!status.isFile() || !fileName.endsWith('.raw')) return undefined;
  return { name: withoutSuffix(withoutSuffix(fileName, '.raw'), own), path, fileName, rank: 1 };
}

function inspect(directory: string, fileName: string, imageClass: ImageClass, listed?: Kind): ImageEntry | undefined {
  if (fileName.startsWith('.sysupdate.') || !isValidImageName(fileName)) return undefined;
  const path = join(directory, fileName);
  try {
    const kind = listed ?? lstatSync(path);
    const isLink = kind.isSymbolicLink();
    const resolved = isLink ? realpathSync(path) : path;
    const entry = entryOf(isLink ? statSync(resolved) : kind, resolved, fileName, classSuffix(imageClass));
    return entry !== undefined && isValidImageName(entry.name) ? { ...entry, directory } : undefined;
  } catch (error) {
    // A dangling link, gone meanwhile, or a name with more behind it than fits.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

function precedes(a: ImageEntry, b: ImageEntry): boolean {
  return a.rank === b.rank ? a.fileName < b.fileName : a.rank < b.rank;
}

/** Of several entries of one name the one that counts is kept. */
function keep(found: Map<string, ImageEntry>, entry: ImageEntry | undefined): void {
  if (entry === undefined) return;
  const other = found.get(entry.name);
  if (other === undefined || precedes(entry, other)) found.set(entry.name, entry);
}

/**
 * The images in one directory by name, for each the entry that counts.
 *
 * @throws Error of node with `code` when the directory cannot be read, or the process lacks descriptors or memory; the
 * reason of the signal
 */
async function entriesIn(directory: string, imageClass: ImageClass, walk: Walk): Promise<Map<string, ImageEntry>> {
  const found = new Map<string, ImageEntry>();
  try {
    for await (const listed of await opendir(directory, { bufferSize: 256 })) {
      if (walk.isPauseDue) await walk.pause();
      const look = () => inspect(directory, listed.name, imageClass, listed);
      keep(found, walk.lookAt(directory, listed.name, look));
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  return found;
}

/**
 * The entry that stands for an image of this name in one directory: however many others there are.
 *
 * @throws Error of node with `code` when something cannot be read
 */
function entryNamed(directory: string, name: string, imageClass: ImageClass): ImageEntry | undefined {
  const found = new Map<string, ImageEntry>();
  for (const fileName of candidateFileNames(name, imageClass)) keep(found, inspect(directory, fileName, imageClass));
  return found.get(name);
}

/**
 * @param imageClass undefined for all
 * @param root the one directory that was looked in; undefined for those of the class
 */
export function noSuchImage(name: string, imageClass: ImageClass | undefined, root: string | undefined): Failure {
  const ofClass = imageClass === undefined ? 'of any class' : `of class ${imageClass}`;
  const where = root === undefined ? ofClass : `in ${escapeText(root)}`;
  const message = `There is no image '${escapeText(name)}' ${where}; 'ferryctl list-images' shows those there are`;
  return new Failure('NoSuchImage', message, { name });
}

/** The entry that stands for an image in the directories of its class, or in `root`. Undefined when there is none. */
export function findEntry(name: string, imageClass: ImageClass, options: ListOptions): ImageEntry | undefined {
  for (const directory of directoriesOf(imageClass, options)) {
    const entry = failOn(directory, () => entryNamed(directory, name, imageClass));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function directoriesOf(imageClass: ImageClass, { root, scope, environment }: ListOptions): string[] {
  return root === undefined ? searchPaths(imageClass, scope, environment) : [root];
}

/** What can be told about an image, also of one that cannot be opened, as a device without a medium, or one nobody may open. */
function describe(path: string, mounts: KnownMounts): Description | undefined {
  try {
    return describeImage(path, mounts);
  } catch (error) {
    if (!isOfEntry(error) || hasCode(error, 'ENOENT', 'ELOOP', 'EACCES')) throw error;
    return describeUnopened(path);
  }
}

function imageOf({ name, path }: ImageEntry, imageClass: ImageClass, mounts: KnownMounts): Image | undefined {
  try {
    const description = describe(path, mounts);
    if (description === undefined) return undefined;
    // What nobody is meant to see nobody is meant to change.
    const isPristine = name.startsWith('.') && name !== '.host';
    const readOnly = description.readOnly || isPristine;
    return { class: imageClass, name, path, ...description, readOnly, hidden: name.startsWith('.') };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EACCES')) return undefined;
    throw error;
  }
}

async function entriesOfClass(
  imageClass: ImageClass,
  options: ListOptions,
  walk: Walk,
): Promise<Map<string, ImageEntry>> {
  const { name, root } = options;
  const found = new Map<string, ImageEntry>();
  if (name !== undefined) {
    const entry = findEntry(name, imageClass, options);
    if (entry !== undefined) found.set(name, entry);
  } else {
    for (const directory of directoriesOf(imageClass, options))
      for (const [each, entry] of await failOnAsync(directory, () => entriesIn(directory, imageClass, walk)))
        if (!found.has(each)) found.set(each, entry);
  }
  const isHostWanted = imageClass === 'machine' && root === undefined && (name ?? '.host') === '.host';
  if (isHostWanted && !found.has('.host'))
    found.set('.host', { name: '.host', directory: '/', path: '/', fileName: '.host', rank: 0 });
  return found;
}

function byName([a]: [string, ImageEntry], [b]: [string, ImageEntry]): number {
  return a < b ? -1 : Number(a > b);
}

type OnImage = (image: Image) => void;

async function listClass(imageClass: ImageClass, options: ListOptions, walk: Walk, onImage: OnImage): Promise<void> {
  const entries = [...(await entriesOfClass(imageClass, options, walk))].sort(byName);
  const mounts: KnownMounts = new Map();
  for (const [, entry] of entries) {
    if (walk.isPauseDue) await walk.pause();
    const image = failOn(entry.path, () => walk.lookAt('/', entry.path, () => imageOf(entry, imageClass, mounts)));
    if (image !== undefined) onImage(image);
  }
}

async function tryClass(imageClass: ImageClass, options: ListOptions, walk: Walk, onImage: OnImage): Promise<void> {
  try {
    await listClass(imageClass, options, walk, onImage);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    options.warn?.(`The images of class ${imageClass} are left out: ${error.message}`);
  }
}

/**
 * Lists images as systemd discovers them, sorted by class and name. Of several of one name the first directory of the
 * search path counts, and in it a tree before a disk image. A directory given as `root` is taken to hold images of the
 * class asked for, or else machines. An entry that cannot be looked at is left out; of one that cannot be opened all is
 * unknown but its type. Without a class, the rest of one in which a directory cannot be read is left out.
 *
 * It works in slices, so that a service which lists many images goes on answering others.
 *
 * @throws Failure FileSystemError when a directory of the class asked for cannot be read, or the service lacks descriptors
 * or memory; the reason of `signal`
 */
export async function listImages(options: ListOptions, onImage: OnImage): Promise<void> {
  const walk = new Walk(options);
  if (options.class !== undefined) {
    await listClass(options.class, options, walk, onImage);
    return;
  }
  const classes = options.root === undefined ? imageClasses : (['machine'] as const);
  for (const imageClass of [...classes].sort()) await tryClass(imageClass, options, walk, onImage);
}
