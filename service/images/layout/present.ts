import { existsSync, lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from '../../../linux/errno.js';

/** What has a path, links not followed; undefined for nothing. A name that is too long for a file system is that of nothing. */
export function statusIfPresent(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (hasCode(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

/** An image directory, or the one it would be made in. */
export function existingDirectory(imageRoot: string): string {
  let place = imageRoot;
  while (!existsSync(place)) place = dirname(place);
  return place;
}
