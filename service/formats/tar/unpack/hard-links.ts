import { constants, fstatSync } from 'node:fs';
import { hasCode } from '../../../../linux/errno.js';
import { close, fchmodat, O_PATH, openat, type Path } from '../../../../linux/files.js';
import { type FileStatus, statusAt } from '../../../../linux/status.js';
import { attributesHeld } from '../../metadata/attributes.js';
import { display } from '../byte-string.js';
import { corruptArchive } from '../corrupt.js';
import type { Entry } from '../entry.js';
import type { ContentWriter } from './content.js';
import type { EntryMetadata } from './entry-metadata.js';

function isFile({ mode }: FileStatus): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

/**
 * Whether two names are of one file.
 *
 * @throws SystemError when one of them is missing
 */
export function isSameFile(directory: number, name: Path, otherDirectory: number, otherName: Path): boolean {
  return identityOf(directory, name) === identityOf(otherDirectory, otherName);
}

function identityOf(directory: number, name: Path): string {
  const found = openat(directory, name, O_PATH | constants.O_NOFOLLOW);
  try {
    const { dev, ino } = fstatSync(found, { bigint: true });
    return `${dev}:${ino}`;
  } finally {
    close(found);
  }
}

/**
 * Opens a file for reading; undefined if it is something else, which must not be opened.
 *
 * @throws SystemError
 */
export function openFile(directory: number, name: Path): number | undefined {
  if (!isFile(statusAt(directory, name))) return undefined;
  return openat(directory, name, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/**
 * Gives a file the content that came with another name of it, if it has none so far. What is known of it stays: writing takes its
 * capabilities and set-id bits away (inode(7)).
 *
 * @throws Failure UnsupportedFormat beyond the limit, Corrupt when the archive ends before, SystemError; what the source throws
 */
export function fillIfEmpty(
  directory: number,
  name: Path,
  entry: Entry,
  content: ContentWriter,
  metadata: EntryMetadata,
): void {
  const before = statusAt(directory, name);
  if (!isFile(before) || before.size > 0) return;
  const target = openForWriting(directory, name);
  try {
    const attributes = [...attributesHeld(target, (held) => held !== 'security.capability')];
    content.write(target, entry);
    metadata.restore(target, entry, before, attributes);
  } finally {
    close(target);
  }
}

/** What to say of a hard link to something that is not there, or can have no other names. */
export function badTarget(entry: Entry): Error {
  const target = `'${display(entry.target)}'`;
  const reason = `is a hard link to ${target}, which is not a file that the archive has placed before`;
  return corruptArchive(reason, entry.offset, entry.path);
}

/** Whoever is not root may have to unlock it first. */
function openForWriting(directory: number, name: Path): number {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  try {
    return openat(directory, name, flags);
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    fchmodat(directory, name, 0o600);
    return openat(directory, name, flags);
  }
}
