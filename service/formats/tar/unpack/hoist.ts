import { randomBytes } from 'node:crypto';
import { type BigIntStats, fstatSync } from 'node:fs';
import { removeAttribute, setAttribute } from '../../../../linux/attributes.js';
import { hasCode } from '../../../../linux/errno.js';
import {
  AT_REMOVEDIR,
  close,
  fchmod,
  fchmodat,
  fchown,
  futimens,
  type Path,
  RENAME_NOREPLACE,
  renameat2,
  timestamp,
  unlinkat,
} from '../../../../linux/files.js';
import { fromDisk } from '../../../../linux/owners/foreign-owners.js';
import { statusAt } from '../../../../linux/status.js';
import {
  attributeNames,
  attributesHeld,
  foreignLabels,
  isOriginAttribute,
  treatmentOf,
} from '../../metadata/attributes.js';
import { type ByteString, pathOf } from '../byte-string.js';
import { isDirectory } from './opening.js';
import { entriesOf, isExtensionTree, isOsTree, openDirectory } from './os-tree.js';
import { refusal } from './refusal.js';

/**
 * Archives of OS trees often hold a single directory with the tree in it. If that is so here, moves everything in it up
 * to the root, which takes the directory's owner, mode, attributes and times. Gives back whether it did.
 * `root` is a descriptor of the tree's root directory (O_RDONLY).
 *
 * @throws Failure FileSystemError or InsufficientSpace when the directory cannot be read or moved, SystemError or Error of
 * node when the root cannot be read
 */
export function hoistSingleDirectory(root: number): boolean {
  const name = singleEntry(root);
  if (name === undefined || isImage(root)) return false;
  const child = openDirectory(root, name);
  if (child === undefined) return false;
  try {
    if (!isImage(child)) return false;
    moveUp(root, child, name);
    return true;
  } catch (error) {
    throw refusal(error, name, root);
  } finally {
    close(child);
  }
}

/** Whether a directory is the root of an OS tree or of an extension. */
function isImage(directory: number): boolean {
  return isOsTree(directory) || isExtensionTree(directory);
}

function singleEntry(root: number): ByteString | undefined {
  const [name, ...others] = entriesOf(root);
  return name === undefined || others.length > 0 ? undefined : name;
}

/** The directory gets a name that nothing in it can have, as it may hold an entry of its own name. */
function moveUp(root: number, child: number, name: ByteString): void {
  const before = fstatSync(child, { bigint: true });
  const temporary = `.#hoist${randomBytes(8).toString('hex')}`;
  renameat2(root, pathOf(name), root, temporary, RENAME_NOREPLACE);
  // Its mode goes to the root below; without root rights, nothing can be moved out of a directory that is read-only.
  const mode = Number(before.mode) & 0o7777;
  if ((mode & 0o700) !== 0o700) fchmod(child, mode | 0o700);
  for (const entry of entriesOf(child)) moveEntry(child, root, pathOf(entry));
  // Before the root becomes read-only, perhaps; the directory stays readable as long as it is open.
  unlinkat(root, temporary, AT_REMOVEDIR);
  takeMetadata(root, child, before);
  futimens(root, timestamp(before.atimeNs), timestamp(before.mtimeNs));
}

/** Without root rights, a directory that its owner may not write to, such as /proc, cannot be moved to another one (rename(2)). */
function moveEntry(from: number, to: number, name: Path): void {
  try {
    renameat2(from, name, to, name, RENAME_NOREPLACE);
  } catch (error) {
    if (!hasCode(error, 'EACCES') || !isDirectory(from, name)) throw error;
    const mode = statusAt(from, name).mode & 0o7777;
    fchmodat(from, name, mode | 0o700);
    renameat2(from, name, to, name, RENAME_NOREPLACE);
    fchmodat(to, name, mode);
  }
}

/** The owner first, because chown(2) clears set-id bits; the mode last, for an ACL changes its group bits. */
function takeMetadata(root: number, child: number, before: BigIntStats): void {
  try {
    fchown(root, fromDisk(Number(before.uid)), fromDisk(Number(before.gid)));
  } catch (error) {
    // Whoever could not give the directory its owner cannot give it to the root either; that was counted there.
    if (!hasCode(error, 'EPERM', 'EINVAL')) throw error;
  }
  replaceAttributes(root, child);
  if ((fstatSync(root).mode & 0o7777) !== (Number(before.mode) & 0o7777)) fchmod(root, Number(before.mode) & 0o7777);
}

/** Gives the root the directory's attributes and no others, but for the records that no archive may bring. */
function replaceAttributes(root: number, child: number): void {
  const labels = foreignLabels();
  const isLeftOut = (name: ByteString) => treatmentOf(name, labels) === 'leave';
  const wanted = [...attributesHeld(child, (name) => isLeftOut(name) || isOriginAttribute(name))];
  for (const name of attributeNames(root))
    if (!isLeftOut(name) && !wanted.some((attribute) => attribute.name === name)) removeAttribute(root, pathOf(name));
  for (const { name, value } of wanted) setAttribute(root, pathOf(name), value);
}
