import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import type { ByteSource } from '../../../../../service/formats/bytes.js';
import type { Losses } from '../../../../../service/formats/metadata/losses.js';
import {
  type ExtractOptions,
  type ExtractSummary,
  extractTree,
} from '../../../../../service/formats/tar/unpack/extract.js';

/** Gives out bytes in pieces of at most `step`, as a pipe may. */
export class MemorySource implements ByteSource {
  /** Whether the end was read: a pipe's writer would otherwise be left with bytes that nobody takes. */
  drained = false;
  #at = 0;
  readonly #bytes: Buffer;
  readonly #step: number;

  constructor(bytes: Buffer, step = 1 << 20) {
    this.#bytes = bytes;
    this.#step = step;
  }

  read(buffer: Buffer, offset: number, length: number): number {
    const count = Math.min(length, this.#step, this.#bytes.length - this.#at);
    this.#bytes.copy(buffer, offset, this.#at, this.#at + count);
    this.#at += count;
    if (count === 0) this.drained = true;
    return count;
  }
}

/** Unpacks bytes into a directory, which is made if it is missing. */
export function unpack(source: Buffer | ByteSource, path: string, options: ExtractOptions = {}): ExtractSummary {
  mkdirSync(path, { recursive: true });
  const root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return extractTree(Buffer.isBuffer(source) ? new MemorySource(source) : source, root, options);
  } finally {
    closeSync(root);
  }
}

/** What was lost, in numbers of entries by kind. */
export function lossesOf({ entries, kinds }: Losses): Record<string, number> {
  return { entries, ...Object.fromEntries(kinds.map(({ kind, count }) => [kind, count])) };
}

/** Unpacks an archive file, as `unpack` does. */
export function unpackFile(archive: string, path: string): ExtractSummary {
  const descriptor = openSync(archive, 'r');
  try {
    return unpack({ read: (buffer, offset, length) => readSync(descriptor, buffer, offset, length, null) }, path);
  } finally {
    closeSync(descriptor);
  }
}

/** A tree in lines, one per entry: `PATH TYPE MODE [-> TARGET | = CONTENT]`; names and contents one character per byte. */
export function listing(path: string | Buffer, prefix = ''): string[] {
  const directory = Buffer.from(path);
  return readdirSync(directory, { encoding: 'latin1' })
    .sort()
    .flatMap((name) => {
      const child = Buffer.concat([directory, Buffer.from(`/${name}`, 'latin1')]);
      const stat = lstatSync(child);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isDirectory()) return [`${prefix}${name}/ ${mode}`, ...listing(child, `${prefix}${name}/`)];
      if (stat.isSymbolicLink()) return [`${prefix}${name} -> ${readlinkSync(child, { encoding: 'latin1' })}`];
      return [`${prefix}${name} ${mode}${stat.isFile() ? ` = ${readFileSync(child, 'latin1')}` : ''}`];
    });
}
