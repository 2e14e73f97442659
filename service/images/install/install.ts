import { Failure } from '../../../common/failure.js';
import { imageFileName } from '../../../common/image-classes.js';
import { isSubvolume } from '../../../linux/btrfs.js';
import { synchronize, synchronizeFileSystem } from '../../../linux/space.js';
import { escapeText } from '../../../varlink/text.js';
import { attachmentOf, portableCommand } from '../layout/attached.js';
import { ensureAbsent, existingImages, imageExists, refuseVanishing, replacedFileNames } from '../layout/existing.js';
import { validateBelongings, validateNewName } from '../layout/names.js';
import { removeReplaced, renameOrExchange, renameToAbsent, setAside } from '../manage/rename.js';
import { writeProvenance } from '../provenance/provenance.js';
import { failInPlace, failOn } from './file-system-failure.js';
import { ImageLock, lockImage, lockName } from './locks.js';
import { markOrWarn } from './read-only.js';
import type { InstallRequest } from './request.js';
import { installSidecars } from './sidecars.js';
import type { Temporary } from './temporary.js';

/** Writes what is under construction to the disk: a file, or all of the file system for a tree. */
export function synchronizeTemporary(temporary: Temporary): void {
  if (temporary.format === 'raw') synchronize(temporary.descriptor);
  else synchronizeFileSystem(temporary.descriptor);
}

/** Locks what is to be replaced: images in use are not. */
function lockExisting(request: InstallRequest, newFileName: string): { lock: ImageLock; fileNames: string[] } {
  const { root, name, imageClass, host } = request;
  const lock = new ImageLock();
  const fileNames = replacedFileNames(root.at(''), name, imageClass);
  refuseVanishing(root.path, name, fileNames, newFileName, host);
  try {
    for (const fileName of fileNames) lock.adopt(lockImage(root.pathOf(fileName), name, 'exclusive', host));
    return { lock, fileNames };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Renames the image into place and gives back the temporary names of what it replaced. */
function takeName(request: InstallRequest, fileName: string): string[] {
  const { root, temporary, name, force, step } = request;
  if (!force) {
    if (!renameToAbsent(root, temporary.name, fileName)) throw imageExists(name, root.pathOf(fileName));
    return [];
  }
  return renameOrExchange(root, temporary, fileName, () => step?.('loosened')) ? [temporary.name] : [];
}

/** Read-only files can be moved to their place, read-only subvolumes and immutable directories cannot: those are marked there. */
export function canRenameReadOnly({ format }: Temporary): boolean {
  return format === 'raw';
}

/** The image is in place: that others cannot be looked for is no failure of it. */
function othersOf(find: () => string[]): string[] {
  try {
    return find();
  } catch {
    return [];
  }
}

/** What else answers to the name after a forced installation: a collection of versions, or a directory searched first. */
function warnOfOthers({ root, name, imageClass, host, warn }: InstallRequest, fileName: string): void {
  const own = root.pathOf(fileName);
  for (const path of othersOf(() => existingImages(root.path, name, imageClass, host)))
    if (path !== own) warn(`${escapeText(path)} has the same name and may be found in place of ${escapeText(own)}`);
}

/** portablectl(1) has a verb for an image that was replaced while it is attached. */
function warnOfAttached({ root, host, warn }: InstallRequest, fileName: string): void {
  try {
    const attachment = attachmentOf(root.pathOf(fileName), host);
    if (attachment === undefined) return;
    const command = portableCommand('reattach', attachment, host);
    const path = escapeText(root.pathOf(fileName));
    warn(
      `${path} is attached as the portable service ${escapeText(attachment.unit)}, which has the new image after '${command}'`,
    );
  } catch (error) {
    // The image is in place.
    if (!(error instanceof Failure)) throw error;
  }
}

/**
 * Puts a complete image in its place. Until the one rename that does it the old image is there untouched, from then on
 * the new one; what is replaced is deleted only afterwards. Gives back the path.
 *
 * @throws Failure ImageExists without `force`, ImageBusy when what is to be replaced is in use or somebody else gives the
 * same name, InvalidName, InsufficientSpace, FileSystemError
 */
export function installImage(request: InstallRequest): { path: string; replaced: boolean } {
  const { root, temporary, host, imageClass } = request;
  const { name } = request;
  const fileName = request.suffix ? name + request.suffix : imageFileName(name, temporary.format);
  validateNewName(name, imageClass, fileName);
  // Afterwards it is too late: the image has its name by then.
  validateBelongings(name, request.sidecars.keys());
  using _nameLock = lockName(name, host);
  if (!request.force) ensureAbsent(root.path, name, imageClass, host);
  const existing = request.force ? lockExisting(request, fileName) : { lock: new ImageLock(), fileNames: [] };
  using _lock = existing.lock;
  request.step?.('locked');
  failOn(root.pathOf(fileName), () => place(request, fileName, existing.fileNames));
  if (request.force) warnOfOthers(request, fileName);
  if (existing.fileNames.length > 0) warnOfAttached(request, fileName);
  return { path: root.pathOf(fileName), replaced: existing.fileNames.length > 0 };
}

/**
 * Comes before the mark, for who is not root cannot write to what is read-only. What of a subvolume reaches the disk later would count
 * as a change of it.
 */
function recordProvenance({ temporary, provenance, synchronize: settles, warn }: InstallRequest): void {
  if (provenance === undefined) return;
  const { descriptor } = temporary;
  if (settles && isSubvolume(descriptor)) synchronizeTemporary(temporary);
  if (writeProvenance(descriptor, provenance.details, provenance.key, settles)) return;
  warn('Cannot record where the image came from: the file system has no place for the record');
}

function place(request: InstallRequest, fileName: string, existing: string[]): void {
  const { root, temporary, step } = request;
  // A stack is read-only by what it consists of.
  const readOnly = request.readOnly && request.suffix !== '.mstack';
  const markFirst = readOnly && canRenameReadOnly(temporary);
  recordProvenance(request);
  if (markFirst) markOrWarn(temporary, root.pathOf(fileName), request.warn);
  if (request.synchronize) synchronizeTemporary(temporary);
  step?.('synchronized');
  const replaced = takeName(request, fileName);
  failInPlace(root.pathOf(fileName), () => {
    temporary.settle();
    step?.('renamed');
    if (readOnly && !markFirst) markOrWarn(temporary, root.pathOf(fileName), request.warn);
    step?.('marked');
    for (const other of existing.filter((candidate) => candidate !== fileName)) replaced.push(setAside(root, other));
    step?.('others');
    installSidecars(request, replaced);
    if (request.synchronize) synchronize(root.descriptor);
    step?.('sidecars');
  });
  for (const old of replaced) removeReplaced(root, old, request.warn);
  step?.('removed');
}
