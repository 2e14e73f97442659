import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { makeDirectory } from '../../../common/directories.js';
import { hasCode } from '../../../linux/errno.js';
import { lockFile } from '../../../linux/locks.js';
import { statusIfPresent } from '../../images/layout/present.js';

/** From so many bytes on a file is set aside, in place of the one that was set aside before. */
const sizeMax = 4 * 1024 * 1024;
/** No honest line is longer, in UTF-16 code units. */
const lineMax = 128 * 1024;

/** Where the file that was set aside is. */
function olderPath(path: string): string {
  return `${path}.old`;
}

/** Whether the file ends within a line: something wrote it that did not come to its end. */
function endsWithin(descriptor: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

/** Several services may write to one file: the one that has the lock sets it aside, unless that was done already. */
function setAside(path: string, descriptor: number): void {
  if (!lockFile(descriptor, 'exclusive')) return;
  if (statusIfPresent(path)?.ino === fstatSync(descriptor).ino) renameSync(path, olderPath(path));
}

/**
 * Appends a line to a file that only its owner can read, in one write.
 *
 * @param line without its end
 * @throws Error of node:fs
 */
export function appendLine(path: string, line: string): void {
  makeDirectory(dirname(path), 0o700);
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openSync(path, flags, 0o600);
  try {
    const { size } = fstatSync(descriptor);
    const bytes = Buffer.from(`${endsWithin(descriptor, size) ? '\n' : ''}${line}\n`);
    const written = writeSync(descriptor, bytes);
    if (written !== bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    if (size + written >= sizeMax) setAside(path, descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return;
    throw error;
  }
  const stream = createReadStream('', { fd: descriptor, end: 2 * sizeMax });
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
      if (line !== '') yield line.slice(0, lineMax);
  } finally {
    stream.destroy();
  }
}

/**
 * The lines of the file that was set aside, and those of the present one. None where there are no such files.
 *
 * @throws Error of node:fs
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  yield* linesOf(olderPath(path));
  yield* linesOf(path);
}
