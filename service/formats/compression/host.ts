import { Failure } from '../../../common/failure.js';
import { findProgram } from '../../../common/programs.js';
import type { CompressedFormat } from './format.js';
import { hostLibraries, type LibraryLoader } from './library.js';

/** What a host offers for compression; tests take away from it. */
export interface CodecHost {
  loadLibrary: LibraryLoader;
  /** The path of a program; undefined if it is not there. */
  findProgram(name: string): string | undefined;
}

/** @param searchPath where its programs are, written like $PATH; where systems have them if undefined */
export function codecHost(searchPath?: string): CodecHost {
  return { loadLibrary: hostLibraries, findProgram: (name) => findProgram(name, searchPath) };
}

const packages: Record<CompressedFormat, string> = {
  gzip: 'gzip (Debian, Fedora)',
  xz: 'liblzma5 (Debian) or xz-libs (Fedora)',
  zstd: 'libzstd1 (Debian) or libzstd (Fedora)',
  bzip2: 'libbz2-1.0 (Debian) or bzip2-libs (Fedora)',
  lz4: 'liblz4-1 (Debian) or lz4-libs (Fedora)',
  lzma: 'liblzma5 (Debian) or xz-libs (Fedora)',
};

/** Neither the library nor the program of a format is there. */
export function notInstalled(subject: string, format: CompressedFormat): Failure {
  const message = `${subject} needs ${format}, but neither its library nor its program is installed: install the package ${packages[format]}`;
  return new Failure('UnsupportedFormat', message, { needed: format, allowed: 'what is installed' });
}
