import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../../common/directories.js';
import { hasCode } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';

const keyLength = 32;
const fileName = 'provenance.key';

/** What stands for a key in a record: whoever reads it can tell whether they have that key. */
export function keyIdentifier(key: Buffer): string {
  return createHash('sha256').update('ferry provenance key\n').update(key).digest('hex').slice(0, 16);
}

/** Why others may have had a hand in a file or directory; undefined if they cannot. */
function exposure({ uid, mode }: Stats, forbidden: number): string | undefined {
  if (uid !== process.geteuid?.()) return `it belongs to user ${uid}`;
  return (mode & forbidden) === 0 ? undefined : `its mode is 0${(mode & 0o7777).toString(8)}`;
}

function refuse(path: string, reason: string): never {
  throw new Error(`Cannot use ${escapeText(path)}: ${reason}; move it away`);
}

function readKey(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const key = Buffer.alloc(keyLength);
    if (!status.isFile() || status.size !== keyLength || readSync(descriptor, key) !== keyLength)
      refuse(path, `it is not a file of ${keyLength} bytes`);
    const problem = exposure(status, 0o077);
    if (problem !== undefined) refuse(path, `${problem}, so others may know the key`);
    return key;
  } finally {
    closeSync(descriptor);
  }
}

function checkDirectory(directory: string): void {
  const problem = exposure(statSync(directory), 0o022);
  if (problem !== undefined) refuse(directory, `${problem}, so others may write there`);
}

/**
 * The key of the records of where images came from; undefined where none was made yet.
 *
 * @throws Error when there is something else, or others may have had it; Error of node when it cannot be read
 */
export function findProvenanceKey(directory: string): Buffer | undefined {
  try {
    checkDirectory(directory);
    return readKey(join(directory, fileName));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Several services may do so at once: the first one has made it. */
function makeKey(directory: string): void {
  makeDirectory(directory, 0o700);
  checkDirectory(directory);
  const temporary = join(directory, `.${fileName}-${randomBytes(8).toString('hex')}`);
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, randomBytes(keyLength));
    fsyncSync(descriptor);
    linkSync(temporary, join(directory, fileName));
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    closeSync(descriptor);
    unlinkSync(temporary);
  }
}

/**
 * The same, made if need be, with its directory.
 *
 * @throws Error as findProvenanceKey(); Error of node when it cannot be made
 */
export function provenanceKey(directory: string): Buffer {
  const key = findProvenanceKey(directory);
  if (key !== undefined) return key;
  makeKey(directory);
  return readKey(join(directory, fileName));
}
