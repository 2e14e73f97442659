import { constants, openSync } from 'node:fs';
import { hasCode } from '../../linux/errno.js';
import { failOn } from '../images/install/file-system-failure.js';

/** O_TMPFILE of open(2), which node does not name: a file without a name, gone when nobody has it open. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
/** Where a file can be put that the image directory cannot take. */
const elsewhere = '/var/tmp';

function open(directory: string): number {
  return openSync(directory, O_TMPFILE | constants.O_RDWR, 0o600);
}

/**
 * Opens an empty file that has no name, in a directory or, where that is read-only or cannot have such, in /var/tmp.
 *
 * @throws Failure FileSystemError, InsufficientSpace when neither takes one
 */
export function openUnnamed(directory: string): number {
  try {
    return open(directory);
  } catch (error) {
    const isElsewhere = hasCode(error, 'EROFS', 'EACCES', 'EPERM', 'EOPNOTSUPP', 'EISDIR');
    return failOn(isElsewhere ? elsewhere : directory, () => open(isElsewhere ? elsewhere : directory));
  }
}
