import { closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import { errnoName } from '../../../linux/errno.js';
import { readable } from '../../../varlink/text.js';

/** Where a subvolume comes from. */
export interface Ancestry {
  uuid: string | undefined;
  parentUuid: string | undefined;
  /** Where the parent is, if it is among the images. */
  parentPath: string | undefined;
}

export const noAncestry: Ancestry = { uuid: undefined, parentUuid: undefined, parentPath: undefined };

/** The inode of the root of every subvolume. */
const rootInode = 256;
/** Entries of a directory among which a parent is looked for. */
const entriesMax = 50_000;

/** A UUID as other programs write it. */
function dashed(uuid: string): string {
  return uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The UUID of a subvolume; undefined for what is none, or cannot be opened. */
function uuidOf(path: string): string | undefined {
  try {
    if (lstatSync(path).ino !== rootInode) return undefined;
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      return isSubvolume(descriptor) ? subvolumeInformation(descriptor).uuid : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).slice(0, entriesMax);
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return [];
  }
}

function findSubvolume(uuid: string, directories: readonly string[]): string | undefined {
  for (const directory of directories) {
    const name = namesIn(directory).find((each) => uuidOf(join(directory, each)) === uuid);
    if (name !== undefined) return join(directory, name);
  }
  return undefined;
}

/**
 * Where an open image comes from, if it is a subvolume. Its parent is looked for beside it, and in the other directories of images.
 *
 * @throws SystemError
 */
export function ancestryOf(descriptor: number, path: string, directories: readonly string[]): Ancestry {
  if (!isSubvolume(descriptor)) return noAncestry;
  const { uuid, parentUuid } = subvolumeInformation(descriptor);
  const places = [...new Set([dirname(path), ...directories])];
  const parentPath = parentUuid === undefined ? undefined : findSubvolume(parentUuid, places);
  return {
    uuid: dashed(uuid),
    parentUuid: parentUuid === undefined ? undefined : dashed(parentUuid),
    parentPath: parentPath === undefined ? undefined : readable(parentPath),
  };
}
