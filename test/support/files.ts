import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { run } from './command.js';

/** Opens a file for as long as the scope lasts. */
export function opened(path: string, flags: string | number): { fd: number } & Disposable {
  const fd = openSync(path, flags);
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

/** Runs something with a file open. */
export function withOpen<Result>(path: string, flags: string, action: (descriptor: number) => Result): Result {
  const descriptor = openSync(path, flags);
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a file; its path. */
export function write(path: string, content: string | Buffer): string {
  writeFileSync(path, content);
  return path;
}

/** SHA-256 of bytes, as hexadecimal digits. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of a file. */
export function digestOf(path: string): string {
  return sha256(readFileSync(path));
}

/** Bytes that a file takes on its disk. */
export function allocated(path: string): number {
  return statSync(path).blocks * 512;
}

/** Whether all data of a file lies in blocks that another one has as well (filefrag(8)). */
export function sharesAllBlocks(path: string): boolean {
  run('sync', ['-f', path]);
  const extents = run('filefrag', ['-v', path])
    .split('\n')
    .filter((line) => /^\s+\d+:/.test(line));
  return extents.length > 0 && extents.every((line) => line.includes('shared'));
}

/** What is in a directory that tells of a transfer under way or badly ended. */
export function leftovers(directory: string): string[] {
  return readdirSync(directory).filter((name) => name.startsWith('.#'));
}

/** Every name in a directory, hidden ones too. */
export function listing(path: string): string[] {
  return readdirSync(path).sort();
}
