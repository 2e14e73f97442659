import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lockFile } from '../../linux/locks.js';

/** What is between the name of a file and the random digits: `.#NAME.ferry-0123456789abcdef`. */
const mark = '.ferry-';
const digits = 16;
const nameLimit = 255;

/** How the temporary names of a file begin; a long name is cut so that they fit. Other programs pass over names in `.#`. */
function beginning(name: string): string {
  const room = nameLimit - '.#'.length - mark.length - digits;
  const bytes = Buffer.from(name);
  const cut =
    bytes.length > room
      ? bytes
          .subarray(0, room)
          .toString('utf8')
          .replace(/\ufffd+$/, '')
      : name;
  return `.#${cut}${mark}`;
}

/** Whether nobody else has it locked. Not every file system knows locks. */
function tryLock(descriptor: number): boolean {
  try {
    return lockFile(descriptor, 'exclusive');
  } catch {
    return false;
  }
}

export interface TemporaryFile {
  readonly handle: FileHandle;
  readonly temporary: string;
}

/**
 * Makes an empty file beside the one it is to replace, for its owner alone, locked as long as anybody writes to it. Those that killed exports
 * to the same file have left are removed: nobody has them locked.
 *
 * @throws Error with the errno's name in `code`
 */
export async function createTemporary(path: string): Promise<TemporaryFile> {
  const directory = dirname(path);
  const start = beginning(basename(path));
  await removeStale(directory, start);
  for (;;) {
    const temporary = join(directory, start + randomBytes(digits / 2).toString('hex'));
    const handle = await open(temporary, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    tryLock(handle.fd);
    // Before it was locked another export may have taken it for a stale one.
    if ((await handle.stat()).nlink > 0) return { handle, temporary };
    await handle.close();
  }
}

/** What cannot be examined or removed belongs to another user, and stays. */
async function removeStale(directory: string, start: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(start) || !/^[0-9a-f]{16}$/.test(name.slice(start.length))) continue;
    await removeIfStale(join(directory, name)).catch(() => {});
  }
}

async function removeIfStale(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (found.isFile() && found.uid === process.geteuid?.() && tryLock(handle.fd)) await unlink(path);
  } finally {
    await handle.close();
  }
}
