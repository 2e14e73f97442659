import { readFileSync } from 'node:fs';
import type { KeyFacts } from './keys.js';

/** A Debian package that keys come from. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  /** Of the keys: debian/copyright may have another one for scripts. */
  readonly licence: string;
  /** Of its file copyright, as for files below: a change tells to read it again. */
  readonly copyrightSha256: string;
}

/** A file that keys come from, and those that are shipped. */
export interface SourceFile {
  readonly publisher: string;
  readonly package: string;
  readonly file: string;
  readonly sha256: string;
  readonly keys: readonly KeyFacts[];
}

/** Where the keys below trust/ come from: what is in trust/sources.json. */
export interface Sources {
  readonly packages: readonly PackageFacts[];
  readonly files: readonly SourceFile[];
}

export const sourcesPath = 'trust/sources.json';

/** @throws Error when there is none, or it is not JSON */
export function readSources(): Sources {
  return JSON.parse(readFileSync(sourcesPath, 'utf8')) as Sources;
}

export function sourcesText(sources: Sources): string {
  return `${JSON.stringify(sources, undefined, 2)}\n`;
}
