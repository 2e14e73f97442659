import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import type { CompressedFormat } from './format.js';
import { hostLibraries, type LibraryLoader } from './library.js';

/** What a host offers for compression; tests take away from it. */
export interface CodecHost {
  loadLibrary: LibraryLoader;
  /** The path of a program, or null. */
  findProgram(name: string): string | null;
}

export const thisHost: CodecHost = { loadLibrary: hostLibraries, findProgram };

function findProgram(name: string): string | null {
  const directories = (process.env['PATH'] ?? '/usr/bin:/bin')
    .split(':')
    .filter((directory) => directory.startsWith('/'));
  return directories.map((directory) => join(directory, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const packages: Record<CompressedFormat, string> = {
  gzip: 'gzip (Debian, Fedora)',
  xz: 'liblzma5 (Debian) or xz-libs (Fedora)',
  zstd: 'libzstd1 (Debian) or libzstd (Fedora)',
  bzip2: 'libbz2-1.0 (Debian) or bzip2-libs (Fedora)',
};

/** Neither the library nor the program of a format is there. */
export function notInstalled(subject: string, format: CompressedFormat): Failure {
  const message = `${subject} needs ${format}, but neither its library nor its program is installed: install the package ${packages[format]}`;
  return new Failure('UnsupportedFormat', message, { needed: format, allowed: 'what is installed' });
}
