import { closeSync, constants, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { type ImageClass, imageFileName, imageRootPath } from '../../../common/image-classes.js';
import type { ProvenanceOrder } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { setBlockDeviceReadOnly } from '../../../linux/block.js';
import { errnoName } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { isOwnAttribute } from '../../formats/metadata/attributes.js';
import { type CopyOptions, copyImage } from '../copy/copy.js';
import { failOn } from '../install/file-system-failure.js';
import { HeldImage, whileUnread } from '../install/hold.js';
import { installImage } from '../install/install.js';
import { lockImage, lockName } from '../install/locks.js';
import { openEntry, refusal, setReadOnlyMark } from '../install/read-only.js';
import type { Temporary } from '../install/temporary.js';
import { adaptCopiedStack } from '../layers/copied-stack.js';
import { refuseLayer, removeUnneeded } from '../layers/refuse-layer.js';
import { freezeStack, thawStack } from '../layers/stack-mode.js';
import { refuseAttached } from '../layout/attached.js';
import { type Belonging, belongingsOf } from '../layout/belongings.js';
import { ensureAbsent } from '../layout/existing.js';
import type { ImageHost, Warn } from '../layout/host.js';
import { validateBelongings, validateNewName } from '../layout/names.js';
import { ImageRoot } from '../layout/root.js';
import { dropAttributes } from '../pristine/record.js';
import { detailsOfClone } from '../provenance/clone.js';
import { isProvenance } from '../provenance/provenance.js';
import { findEntry, type ImageEntry, noSuchImage } from './images.js';
import { removeAside, renameKeepingMark, renameToAbsent } from './rename.js';

/** Which images are managed. */
export interface ManageOptions {
  imageClass: ImageClass;
  host: ImageHost;
  /** A directory to look in instead of those of the class. */
  root?: string;
  warn: Warn;
}

/** How an image is cloned. */
export interface CloneOptions extends ManageOptions {
  /** What is needed to record where the clone came from; undefined where nothing can be recorded. */
  provenance?: ProvenanceOrder | undefined;
}

/** What makes room for a name: these calls replace nothing. */
const removal = 'remove it first';

/** An image to be managed: its entry, and the directory that the entry is in. */
interface Found {
  entry: ImageEntry;
  directory: string;
}

function find(name: string, options: ManageOptions): Found {
  const { imageClass, host, root } = options;
  const entry = findEntry(name, imageClass, { ...host, ...(root === undefined ? {} : { root }) });
  if (entry !== undefined) return { entry, directory: entry.directory };
  if (name === '.host') throw new Failure('ImageBusy', "'.host' is this system itself: it stays as it is", { name });
  throw noSuchImage(name, imageClass, root);
}

/** What a distribution ships, and versions in a `.v` directory, are not ours to rename or remove. */
function refuse(path: string, why: string, errorName: string): never {
  throw new Failure('FileSystemError', `${escapeText(path)} cannot be changed: ${why}`, { path, errorName });
}

function findToChange(name: string, options: ManageOptions): Found {
  const found = find(name, options);
  if (found.directory.startsWith('/usr/')) refuse(found.entry.path, 'it belongs to the vendor of this system', 'EROFS');
  if (found.entry.fileName.endsWith('.v'))
    refuse(found.entry.path, 'it is one of several versions in a directory. Change that directory', 'EOPNOTSUPP');
  return found;
}

function belongings({ entry, directory }: Found, { imageClass, host, root }: ManageOptions): Belonging[] {
  return belongingsOf(entry.name, directory, imageClass, host, root !== undefined);
}

function suffixesOf(found: Found, options: ManageOptions): string[] {
  return belongings(found, options).map(({ suffix }) => suffix);
}

/**
 * Does something with each thing that belongs to an image, in its directory. One that fails does not keep the others from their
 * turn; what could not be done is thrown at the end, after `done`, which says what has become of the image itself.
 *
 * @throws Failure
 */
function forEachBelonging(
  found: Found,
  options: ManageOptions,
  done: string,
  action: (root: ImageRoot, fileName: string, suffix: string) => void,
): void {
  const failures: Failure[] = [];
  for (const { directory, suffix } of belongings(found, options)) {
    try {
      using root = ImageRoot.open(directory);
      failOn(join(directory, found.entry.name + suffix), () => action(root, found.entry.name + suffix, suffix));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw new Failure(first.kind, `${done}: ${failures.map(({ message }) => message).join('; ')}`, first.facts);
}

/**
 * Removes an image that is not attached as a portable service, with what belongs to it. Of a link only the link goes.
 *
 * @throws Failure NoSuchImage, ImageBusy, FileSystemError, InsufficientSpace
 */
export function removeImage(name: string, options: ManageOptions): void {
  const found = findToChange(name, options);
  refuseAttached(found.entry.path, name, options.host);
  using _lock = lockImage(found.entry.path, name, 'exclusive', options.host);
  using root = ImageRoot.open(found.directory);
  const { fileName, path } = found.entry;
  failOn(path, () =>
    removeUnneeded(root, path, name, options.host, () =>
      whileUnread(root, fileName, name, () => removeAside(root, fileName)),
    ),
  );
  const done = 'The image itself is gone, but not all that belongs to it could be removed';
  forEachBelonging(found, options, done, removeAside);
}

/**
 * Gives an image that is not attached as a portable service another name, with what belongs to it.
 *
 * @throws Failure NoSuchImage, ImageExists, ImageBusy, InvalidName, FileSystemError, InsufficientSpace
 */
export function renameImage(name: string, newName: string, options: ManageOptions): void {
  refuseLayer(name);
  const { imageClass, host, warn } = options;
  const found = findToChange(name, options);
  const { fileName, path } = found.entry;
  const newFileName = newName + fileName.slice(name.length);
  validateNewName(newName, imageClass, newFileName);
  validateBelongings(newName, suffixesOf(found, options));
  refuseAttached(path, name, host);
  using _name = lockName(newName, host);
  using _lock = lockImage(path, name, 'exclusive', host);
  ensureAbsent(found.directory, newName, imageClass, host, removal);
  using root = ImageRoot.open(found.directory);
  failOn(path, () => {
    if (!renameKeepingMark(root, fileName, newFileName))
      ensureAbsent(found.directory, newName, imageClass, host, removal);
  });
  const done = 'The image itself has its new name, but not all that belongs to it could be renamed';
  forEachBelonging(found, options, done, (place, oldName, suffix) => {
    if (renameToAbsent(place, oldName, newName + suffix)) return;
    warn(`${escapeText(place.pathOf(newName + suffix))} exists already, so ${escapeText(oldName)} keeps its name`);
  });
}

function copyOf(path: string, source: number, root: ImageRoot, options: CopyOptions): Temporary {
  const status = fstatSync(source);
  if (!status.isFile() && !status.isDirectory()) {
    const message = `${escapeText(path)} cannot be cloned: it is neither a file nor a tree`;
    throw new Failure('FileSystemError', message, { path, errorName: 'EOPNOTSUPP' });
  }
  return copyImage(source, status.isFile() ? 'raw' : 'tar', root, 'clone', { ...options, keepOrigin: true });
}

function withSource<Result>(path: string, action: (descriptor: number) => Result): Result {
  return failOn(path, () => {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return action(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Clones what belongs to an image. Its access mode is part of it: a TPM's state is secret. */
function cloneBelongings(found: Found, newName: string, target: ImageRoot, options: ManageOptions): void {
  for (const { directory, suffix } of belongings(found, options)) {
    using place = ImageRoot.open(directory === found.directory ? target.path : directory);
    const path = join(directory, found.entry.name + suffix);
    withSource(path, (source) => {
      using copy = copyOf(path, source, place, { subvolumes: false, warn: options.warn });
      fchmodSync(copy.descriptor, fstatSync(source).mode & 0o7777);
      if (renameToAbsent(place, copy.name, newName + suffix)) copy.settle();
      else options.warn(`${escapeText(place.pathOf(newName + suffix))} exists already and stays as it is`);
    });
  }
}

/**
 * Makes a copy of an image, with what belongs to it, in the directory for new images: a snapshot or a reflink where the
 * file system has them.
 *
 * @throws Failure NoSuchImage, ImageExists, ImageBusy, InvalidName, InsufficientSpace, FileSystemError, Corrupt when the
 * image changes meanwhile, UnsupportedFormat when the file system cannot have files of its size
 */
export function cloneImage(name: string, newName: string, readOnly: boolean, options: CloneOptions): void {
  const { imageClass, host, warn, provenance: order } = options;
  const found = find(name, options);
  const suffix = found.entry.path.endsWith('.mstack') ? '.mstack' : undefined;
  const format = statSync(found.entry.path, { throwIfNoEntry: false })?.isFile() ? 'raw' : 'tar';
  validateNewName(newName, imageClass, suffix ? newName + suffix : imageFileName(newName, format));
  validateBelongings(newName, suffixesOf(found, options));
  const rootPath = options.root ?? imageRootPath(imageClass, host.scope, host.environment);
  if (rootPath === undefined) refuse('~/.local/state', 'HOME is not set', 'ENOENT');
  ensureAbsent(rootPath, newName, imageClass, host, removal);
  using root = ImageRoot.open(rootPath, { create: true });
  using held = HeldImage.open(found.entry.path, name, host);
  failOn(found.entry.path, () => {
    using temporary = copyOf(found.entry.path, held.descriptor, root, {
      // systemd makes its stacks without.
      subvolumes: suffix === undefined && host.settings.subvolumes,
      warn,
    });
    if (suffix !== undefined) adaptCopiedStack(temporary.descriptor, found.entry.path, root.path, readOnly);
    const { synchronize } = host.settings;
    const provenance = order && detailsOfClone(held.descriptor, name, order, warn);
    const request = { root, temporary, name: newName, imageClass, host, force: false, readOnly, synchronize, warn };
    installImage({ ...request, ...(suffix ? { suffix } : {}), sidecars: new Map(), provenance });
  });
  cloneBelongings(found, newName, root, options);
}

/** A stack is read-only by what it consists of. A mark, which older versions have set, would keep it from being changed. */
function setStackReadOnly(descriptor: number, readOnly: boolean, path: string): void {
  setReadOnlyMark(descriptor, false);
  if (readOnly) freezeStack(descriptor, path);
  else thawStack(descriptor, path);
}

/** @throws Failure FileSystemError for a tree of somebody who is not root, SystemError or Error of node for other reasons */
function markOrRefuse(descriptor: number, readOnly: boolean, path: string): void {
  try {
    setReadOnlyMark(descriptor, readOnly);
  } catch (error) {
    const reason = fstatSync(descriptor).isDirectory() ? refusal(error) : undefined;
    if (reason === undefined) throw error;
    const message = `Cannot make ${escapeText(path)} ${readOnly ? 'read-only' : 'writable'}: ${reason}`;
    throw new Failure('FileSystemError', message, { path, errorName: errnoName(error) ?? 'EPERM' });
  }
}

/**
 * Makes an image read-only, or writable. A pristine original that is made writable loses its record of verification.
 *
 * @throws Failure NoSuchImage, ImageBusy, FileSystemError, InsufficientSpace
 */
export function setImageReadOnly(name: string, readOnly: boolean, options: ManageOptions): void {
  if (!readOnly) refuseLayer(name);
  const { entry } = find(name, options);
  using _lock = lockImage(entry.path, name, 'exclusive', options.host);
  using directory = ImageRoot.open(dirname(entry.path));
  failOn(entry.path, () => {
    const descriptor = openEntry(directory.descriptor, basename(entry.path));
    try {
      if (entry.path.endsWith('.mstack')) setStackReadOnly(descriptor, readOnly, entry.path);
      else if (fstatSync(descriptor).isBlockDevice()) setBlockDeviceReadOnly(descriptor, readOnly);
      else markOrRefuse(descriptor, readOnly, entry.path);
      // Where it came from stays true, and says that it was changed.
      if (!readOnly) dropAttributes(descriptor, (attribute) => isOwnAttribute(attribute) && !isProvenance(attribute));
    } finally {
      closeSync(descriptor);
    }
  });
}
