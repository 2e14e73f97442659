import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { escapeText } from '../escape.js';
import { Failure } from '../failure.js';
import { hasCode } from '../system/call.js';
import { classSuffix, type Environment, type ImageClass, imageClasses, type Scope, searchPaths } from './classes.js';
import { type Description, describeImage } from './describe.js';
import { failOn } from './fileSystemFailure.js';
import { isValidImageName } from './names.js';
import { pickVersion } from './versions.js';

/** An image, as io.ferry.Image lists it. Times in µs since 1970, sizes in bytes, null where unknown. */
export interface Image extends Description {
  class: ImageClass;
  name: string;
  path: string;
}

export interface ListOptions {
  /** All classes if absent. */
  class?: ImageClass;
  scope: Scope;
  environment: Environment;
  /** One directory to look in instead of the search path of the class. */
  root?: string;
  /** Told of what had to be left out. */
  warn?: (message: string) => void;
}

/** An entry of an image directory that stands for an image. */
export interface Entry {
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

function versionedEntry(path: string, fileName: string, own: string): Omit<Entry, 'directory'> | null {
  const stem = withoutSuffix(fileName, '.v');
  const format = ['.raw', '.mstack'].find((suffix) => stem.endsWith(suffix)) ?? '';
  const bare = withoutSuffix(stem, format);
  const name = withoutSuffix(bare, own);
  const picked = pickVersion(path, name, bare.slice(name.length) + format);
  return picked === null ? null : { name, path: realpathSync(join(path, picked)), fileName, rank: 2 };
}

function directoryEntry(path: string, fileName: string, own: string): Omit<Entry, 'directory'> | null {
  if (fileName.endsWith('.v')) return versionedEntry(path, fileName, own);
  const stem = withoutSuffix(fileName, '.mstack');
  return { name: withoutSuffix(stem, own), path, fileName, rank: stem === fileName ? 0 : 3 };
}

function entryOf(status: Stats, path: string, fileName: string, own: string): Omit<Entry, 'directory'> | null {
  if (status.isDirectory()) return directoryEntry(path, fileName, own);
  if (status.isBlockDevice()) return { name: fileName, path, fileName, rank: 4 };
  if (!status.isFile() || !fileName.endsWith('.raw')) return null;
  return { name: withoutSuffix(withoutSuffix(fileName, '.raw'), own), path, fileName, rank: 1 };
}

function inspect(directory: string, fileName: string, imageClass: ImageClass): Entry | null {
  if (fileName.startsWith('.sysupdate.') || !isValidImageName(fileName)) return null;
  const path = join(directory, fileName);
  try {
    const resolved = lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
    const entry = entryOf(statSync(resolved), resolved, fileName, classSuffix(imageClass));
    return entry !== null && isValidImageName(entry.name) ? { ...entry, directory } : null;
  } catch (error) {
    // A dangling link, or gone meanwhile.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return null;
    throw error;
  }
}

function fileNamesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function precedes(a: Entry, b: Entry): number {
  return a.rank - b.rank || (a.fileName < b.fileName ? -1 : 1);
}

/** The images in one directory by name, for each the entry that counts. Throws node's errors. */
export function entriesIn(directory: string, imageClass: ImageClass): Map<string, Entry> {
  const found = new Map<string, Entry>();
  const entries = fileNamesIn(directory).map((fileName) => inspect(directory, fileName, imageClass));
  for (const entry of entries.filter((candidate) => candidate !== null).sort(precedes))
    if (!found.has(entry.name)) found.set(entry.name, entry);
  return found;
}

/** @param root the one directory that was looked in; undefined for those of the class */
export function noSuchImage(name: string, imageClass: ImageClass, root: string | undefined): Failure {
  const where = root === undefined ? `of class ${imageClass}` : `in ${escapeText(root)}`;
  const message = `There is no image '${escapeText(name)}' ${where}; 'ferryctl list-images' shows those there are`;
  return new Failure('NoSuchImage', message, { name });
}

/** The entry that stands for an image in the directories of its class, or in `root`. Null when there is none. */
export function findEntry(name: string, imageClass: ImageClass, options: ListOptions): Entry | null {
  for (const directory of directoriesOf(imageClass, options)) {
    const entry = failOn(directory, () => entriesIn(directory, imageClass)).get(name);
    if (entry !== undefined) return entry;
  }
  return null;
}

function directoriesOf(imageClass: ImageClass, { root, scope, environment }: ListOptions): string[] {
  return root === undefined ? searchPaths(imageClass, scope, environment) : [root];
}

function imageOf({ name, path }: Entry, imageClass: ImageClass): Image | null {
  try {
    const description = describeImage(path);
    if (description === null) return null;
    // What nobody is meant to see nobody is meant to change.
    const hidden = name.startsWith('.') && name !== '.host';
    return { class: imageClass, name, path, ...description, readOnly: description.readOnly || hidden };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'ENXIO', 'EACCES')) return null;
    throw error;
  }
}

function listClass(imageClass: ImageClass, options: ListOptions): Image[] {
  const found = new Map<string, Entry>();
  for (const directory of directoriesOf(imageClass, options))
    for (const [name, entry] of failOn(directory, () => entriesIn(directory, imageClass)))
      if (!found.has(name)) found.set(name, entry);
  if (imageClass === 'machine' && options.root === undefined && !found.has('.host'))
    found.set('.host', { name: '.host', directory: '/', path: '/', fileName: '.host', rank: 0 });
  const images = [...found.values()].map((entry) => failOn(entry.path, () => imageOf(entry, imageClass)));
  return images.filter((image) => image !== null);
}

function tryClass(imageClass: ImageClass, options: ListOptions): Image[] {
  try {
    return listClass(imageClass, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    options.warn?.(`The images of class ${imageClass} are left out: ${error.message}`);
    return [];
  }
}

function inOrder(a: Image, b: Image): number {
  if (a.class !== b.class) return a.class < b.class ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/**
 * Lists images as systemd discovers them, sorted by class and name. Of several of one name the first directory of the
 * search path counts, and in it a tree before a disk image. A directory given as `root` is taken to hold images of the
 * class asked for, or else machines. With a class, what cannot be read is a Failure; without, that class is left out.
 */
export function listImages(options: ListOptions): Image[] {
  if (options.class !== undefined) return listClass(options.class, options).sort(inOrder);
  const classes = options.root === undefined ? imageClasses : (['machine'] as const);
  return classes.flatMap((imageClass) => tryClass(imageClass, options)).sort(inOrder);
}
