import { lstatSync, type Stats } from 'node:fs';
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
