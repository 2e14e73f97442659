import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { getAttribute, listAttributes } from '../../../linux/attributes.js';
import { hasCode } from '../../../linux/errno.js';
import { timestamp } from '../../../linux/files.js';
import { nextData, nextHole } from '../../../linux/space.js';

/** What not to compare. Everything else is: type, mode, owner, time, size, content, links, attributes, ACLs, device numbers. */
export interface CompareOptions {
  /** Where data and holes are. Off unless asked for: it depends on the file system's block size. */
  holes?: boolean;
  ignoreOwners?: boolean;
  ignoreTimes?: boolean;
  /** Whether times need only agree to the second. */
  wholeSeconds?: boolean;
  /** Leaves the root's own metadata out. */
  ignoreRoot?: boolean;
  /** Names of attributes to leave out. */
  ignoreAttribute?: (name: string) => boolean;
  /** Leaves out entries by path, relative to the root, one character per byte. */
  ignorePath?: (path: string) => boolean;
}

/**
 * Compares two trees entry by entry and gives back their differences, one line each, for example
 * `usr/bin/sudo: mode 755 instead of 4755`. Nothing is followed; names are bytes. `expected` comes first.
 */
export function compareTrees(expected: string, found: string, options: CompareOptions = {}): string[] {
  const comparison = new Comparison(options);
  comparison.compare(Buffer.from(expected), Buffer.from(found), '');
  return comparison.finish();
}

const slash = Buffer.from('/');

class Comparison {
  readonly #options: CompareOptions;
  readonly #differences: string[] = [];
  /** Paths by inode, of files with several names: expected side and found side. */
  readonly #groups: [Map<string, string[]>, Map<string, string[]>] = [new Map(), new Map()];

  constructor(options: CompareOptions) {
    this.#options = options;
  }

  compare(expected: Buffer, found: Buffer, path: string): void {
    const [a, b] = [stat(expected), stat(found)];
    if (a === null || b === null) {
      this.#report(path, a === null ? 'unexpected' : 'missing');
      return;
    }
    if (typeOf(a) !== typeOf(b)) {
      this.#report(path, `type ${typeOf(b).toString(8)} instead of ${typeOf(a).toString(8)}`);
      return;
    }
    if (path !== '' || !this.#options.ignoreRoot) {
      this.#metadata(a, b, path);
      this.#attributes(expected, found, path);
    }
    if (a.isDirectory()) this.#children(expected, found, path);
    else this.#note(a, b, path);
    if (a.isSymbolicLink()) this.#value('target', link(expected), link(found), path);
    if (a.isFile()) this.#content(expected, found, path);
  }

  finish(): string[] {
    const [expected, found] = this.#groups.map(groupsOf);
    for (const group of expected ?? []) if (!found?.has(group)) this.#report(group, 'not hard links of one file');
    for (const group of found ?? []) if (!expected?.has(group)) this.#report(group, 'hard links of one file');
    return this.#differences;
  }

  #report(path: string, difference: string): void {
    this.#differences.push(`${JSON.stringify(path === '' ? '.' : path).slice(1, -1)}: ${difference}`);
  }

  #value(what: string, expected: unknown, found: unknown, path: string): void {
    if (expected !== found) this.#report(path, `${what} ${String(found)} instead of ${String(expected)}`);
  }

  #metadata(a: BigIntStats, b: BigIntStats, path: string): void {
    const { ignoreOwners, ignoreTimes, wholeSeconds } = this.#options;
    const time = ({ mtimeNs }: BigIntStats) => (wholeSeconds ? BigInt(timestamp(mtimeNs).seconds) : mtimeNs);
    if (!a.isSymbolicLink()) this.#value('mode', mode(a), mode(b), path);
    if (!ignoreOwners) this.#value('owner', `${a.uid}:${a.gid}`, `${b.uid}:${b.gid}`, path);
    if (!ignoreTimes) this.#value('mtime', time(a), time(b), path);
    if (a.isCharacterDevice() || a.isBlockDevice()) this.#value('device', a.rdev, b.rdev, path);
    if (a.isFile()) this.#value('size', a.size, b.size, path);
  }

  #attributes(expected: Buffer, found: Buffer, path: string): void {
    const [a, b] = [attributes(expected, this.#options), attributes(found, this.#options)];
    for (const name of new Set([...a.keys(), ...b.keys()])) this.#value(name, a.get(name), b.get(name), path);
  }

  #children(expected: Buffer, found: Buffer, path: string): void {
    const names = (directory: Buffer) => readdirSync(directory, { encoding: 'latin1' });
    for (const name of [...new Set([...names(expected), ...names(found)])].sort()) {
      const child = path === '' ? name : `${path}/${name}`;
      if (this.#options.ignorePath?.(child)) continue;
      const bytes = Buffer.from(name, 'latin1');
      this.compare(Buffer.concat([expected, slash, bytes]), Buffer.concat([found, slash, bytes]), child);
    }
  }

  #note(a: BigIntStats, b: BigIntStats, path: string): void {
    for (const [side, stats] of [a, b].entries()) {
      const groups = this.#groups[side === 0 ? 0 : 1];
      const key = `${stats.dev}:${stats.ino}`;
      if (stats.nlink > 1n) groups.set(key, [...(groups.get(key) ?? []), path]);
    }
  }

  #content(expected: Buffer, found: Buffer, path: string): void {
    const [a, b] = [openSync(expected, 'r'), openSync(found, 'r')];
    try {
      const difference = firstDifference(a, b);
      if (difference !== null) this.#report(path, `content differs from byte ${difference}`);
      if (this.#options.holes) this.#value('data', extents(a), extents(b), path);
    } finally {
      closeSync(a);
      closeSync(b);
    }
  }
}

/** Names of one file, joined. A file whose other names are elsewhere is no group. */
function groupsOf(paths: ReadonlyMap<string, string[]>): Set<string> {
  return new Set([...paths.values()].filter(({ length }) => length > 1).map((names) => names.sort().join('=')));
}

function stat(path: Buffer): BigIntStats | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

function typeOf(stats: BigIntStats): number {
  return Number(stats.mode) & constants.S_IFMT;
}

function mode(stats: BigIntStats): string {
  return (Number(stats.mode) & 0o7777).toString(8);
}

function link(path: Buffer): string {
  return JSON.stringify(readlinkSync(path, { encoding: 'latin1' }));
}

function attributes(path: Buffer, options: CompareOptions): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of attributeNames(path)) {
    // Where a tree came from is recorded with it, in every place anew.
    if (name.endsWith('.ferry.provenance') || options.ignoreAttribute?.(name)) continue;
    const value = getAttribute(path, Buffer.from(name, 'latin1'));
    if (value !== undefined) values.set(`attribute ${name}`, value.toString('hex'));
  }
  return values;
}

function attributeNames(path: Buffer): string[] {
  try {
    return listAttributes(path);
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return [];
    throw error;
  }
}

const [left, right] = [Buffer.alloc(1 << 18), Buffer.alloc(1 << 18)];

/** Skips what is a hole on both sides. Null when there is no difference. */
function firstDifference(a: number, b: number): number | null {
  const size = Math.max(fstatSync(a).size, fstatSync(b).size);
  for (let at = 0; at < size; ) {
    const [nextA, nextB] = [nextData(a, at) ?? size, nextData(b, at) ?? size];
    at = Math.max(at, Math.min(nextA, nextB));
    const [countA, countB] = [fill(a, left, at), fill(b, right, at)];
    const shorter = Math.min(countA, countB);
    if (!left.subarray(0, shorter).equals(right.subarray(0, shorter)))
      return at + left.subarray(0, shorter).findIndex((byte, index) => byte !== right[index]);
    if (countA !== countB) return at + shorter;
    if (shorter === 0) return null;
    at += shorter;
  }
  return null;
}

function fill(descriptor: number, buffer: Buffer, position: number): number {
  let length = 0;
  for (let count = -1; count !== 0 && length < buffer.length; length += count)
    count = readSync(descriptor, buffer, length, buffer.length - length, position + length);
  return length;
}

/** Where the data is: `0-4096 1048576-1052672`. */
function extents(descriptor: number): string {
  const found: string[] = [];
  let start = nextData(descriptor, 0);
  while (start !== undefined) {
    const end = nextHole(descriptor, start) ?? start;
    found.push(`${start}-${end}`);
    start = end > start ? nextData(descriptor, end) : undefined;
  }
  return found.join(' ');
}
