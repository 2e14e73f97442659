import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import {
  candidateFileNames,
  type ImageClass,
  type ImageFormat,
  imageFileName,
  imageRootPath,
  searchPaths,
} from '../../../common/image-classes.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../install/file-system-failure.js';
import { refuseAttached } from './attached.js';
import type { ImageOwner } from './host.js';

/** @throws Failure FileSystemError when nobody can tell */
function exists(path: string): boolean {
  return failOn(path, () => isThere(path));
}

function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    // What cannot be searched has nothing to say here; ENAMETOOLONG: no entry can have that name.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ENAMETOOLONG')) return false;
    throw error;
  }
}

/** The file names that already stand for an image of this name in one directory, in systemd's order. */
export function existingFileNames(directory: string, name: string, imageClass: ImageClass): string[] {
  return candidateFileNames(name, imageClass).filter((fileName) => exists(join(directory, fileName)));
}

/** The directories in which an image of the class may be found that shares its name with one in `root`, `root` first. */
function relatedDirectories(root: string, imageClass: ImageClass, host: ImageOwner): string[] {
  const isDefault = root === imageRootPath(imageClass, host.scope, host.environment);
  const others = isDefault ? searchPaths(imageClass, host.scope, host.environment) : [];
  return [root, ...others.filter((directory) => directory !== root)];
}

/** The paths of all images of this name: in `root`, and in the rest of the class's search path if `root` is its default. */
export function existingImages(root: string, name: string, imageClass: ImageClass, host: ImageOwner): string[] {
  return relatedDirectories(root, imageClass, host).flatMap((directory) =>
    existingFileNames(directory, name, imageClass).map((fileName) => join(directory, fileName)),
  );
}

export function imageExists(name: string, path: string, advice = 'replace it with --force'): Failure {
  const message = `The image '${escapeText(name)}' exists already: ${escapeText(path)}. Give another name, or ${advice}`;
  return new Failure('ImageExists', message, { name, path });
}

/**
 * Makes sure that no image of this name is in the image root, or is found in the class's search path if that is the
 * default one. Asked before a transfer begins and again when it ends.
 *
 * @param advice what may be done about it, beside giving another name
 * @throws Failure ImageExists when there is one, FileSystemError when nobody can tell
 */
export function ensureAbsent(
  root: string,
  name: string,
  imageClass: ImageClass,
  host: ImageOwner,
  advice?: string,
): void {
  const [path] = existingImages(root, name, imageClass, host);
  if (path !== undefined) throw imageExists(name, path, advice);
}

/** The file names of what a new image of this name replaces where it is forced. A `.v` directory is a collection and stays. */
export function replacedFileNames(directory: string, name: string, imageClass: ImageClass): string[] {
  return existingFileNames(directory, name, imageClass).filter((fileName) => !fileName.endsWith('.v'));
}

/**
 * Of what is replaced, one file name stays, and has the new image for whoever looks next. Units that are attached from another one would
 * have none.
 *
 * @throws Failure ImageBusy when a portable service is attached from what goes, FileSystemError when nobody can tell
 */
export function refuseVanishing(
  root: string,
  name: string,
  replaced: readonly string[],
  newFileName: string,
  host: ImageOwner,
): void {
  const vanishing = replaced.filter((fileName) => fileName !== newFileName);
  for (const fileName of vanishing) refuseAttached(join(root, fileName), name, host);
}

/** What is known of a new image before its transfer begins. */
interface Announced {
  readonly imageRoot: string;
  readonly name?: string | undefined;
  readonly class: ImageClass;
  readonly format: ImageFormat;
  readonly force: boolean;
  /** Where it is not that of its format. */
  readonly fileName?: string;
}

/**
 * Makes sure that a new image can have its name, before its transfer begins: that is looked at again when it ends.
 *
 * @throws Failure ImageExists, ImageBusy, FileSystemError when nobody can tell
 */
export function ensureAvailable(
  { imageRoot, name, class: imageClass, format, force, fileName }: Announced,
  host: ImageOwner,
): void {
  if (name === undefined) return;
  if (!force) ensureAbsent(imageRoot, name, imageClass, host);
  const replaced = replacedFileNames(imageRoot, name, imageClass);
  refuseVanishing(imageRoot, name, replaced, fileName ?? imageFileName(name, format), host);
}
