import type { ByteSource } from '../../service/formats/bytes.js';
import { end as cpioEnd, type Member, member } from './cpio.js';
import { endMark, frame, zeros } from './lz4.js';
import { directory, end, entry, file, hardLink, header, longName, pax, symbolicLink } from './tar.js';

/** Archives too large to be kept in memory: pieces, made as they are read. */
type Pieces = Iterable<Buffer>;

function* repeated(count: number, make: (index: number) => Buffer): Pieces {
  for (let index = 0; index < count; index++) yield make(index);
  yield end;
}

function* then(first: Buffer, rest: Pieces): Pieces {
  yield first;
  yield* rest;
}

const million = 1_000_000;
const block = Buffer.alloc(1 << 20, 'x');

/** A million entries, a thousand at a time. */
function aMillion(make: (index: number) => Buffer): Pieces {
  const thousand = Buffer.concat(Array.from({ length: 1000 }, (_, index) => make(index)));
  return repeated(million / 1000, () => thousand);
}

/** Members of a cpio archive, a thousand at a time; a million unless given. */
function* cpioMillion(make: (index: number) => Member, count = million): Pieces {
  for (let index = 0; index < count; index += 1000)
    yield Buffer.concat(Array.from({ length: 1000 }, (_, each) => member(make(index + each))));
  yield cpioEnd;
}

/** What is decoded, rather than unpacked. */
export const decodedFloods: Readonly<Record<string, () => Pieces>> = {
  'lz4: 1 GiB of zeros': () => {
    const gibibyte = zeros(4 << 20);
    return then(
      frame({ descriptor: 0x70, end: Buffer.alloc(0) }),
      then(Buffer.concat(Array.from({ length: 256 }, () => gibibyte)), [endMark]),
    );
  },
  'lz4: a million empty frames': () => {
    const thousand = Buffer.concat(Array.from({ length: 1000 }, () => frame({})));
    return Array.from({ length: 1000 }, () => thousand);
  },
  'lz4: 256 MiB behind a frame': () =>
    then(
      frame({}),
      Array.from({ length: 256 }, () => block),
    ),
  'lz4: a block that never ends': () =>
    then(
      Buffer.concat([frame({ descriptor: 0x70, end: Buffer.of(0, 0, 0x40, 0) }), Buffer.of(0xf0)]),
      Array.from({ length: 64 }, () => Buffer.alloc(1 << 20, 255)),
    ),
};

/** What comes of each is in outcomes.txt; here memory and time count. */
export const floods: Readonly<Record<string, () => Pieces>> = {
  'a million hard links to themselves': () => aMillion((index) => hardLink(`${index}`, `${index}`)),
  'a million entries of unknown type': () => aMillion(() => header({ name: 'a', type: 's' })),
  'a million long names': () => aMillion(() => longName('n'.repeat(100))),
  'a million extended headers': () => aMillion(() => pax([['comment', 'c']])),
  'a million global headers that say the same': () => aMillion(() => pax([['SCHILY.xattr.user.a', 'v']], 'g')),
  'global headers, each with a key of its own': () =>
    repeated(million, (index) => pax([[`SCHILY.xattr.user.${index}`, 'v']], 'g')),
  'five thousand directories, and as many files in them': () =>
    repeated(10_000, (index) => (index % 2 ? file(`${index >> 1}/file`, 'x') : directory(`${index >> 1}/`))),
  'five thousand links, each in the place of the last': () =>
    repeated(5000, (index) => symbolicLink('l', index % 2 ? '/etc/passwd' : '/etc/shadow')),
  'five thousand devices': () =>
    repeated(5000, (index) => entry({ name: `d${index % 500}`, type: '3', major: 1, minor: 3 })),
  'a directory of 4000 levels, one at a time': () =>
    repeated(4000, (index) => Buffer.concat([pax([['path', 'd/'.repeat(index + 1)]]), directory('d/')])),
  'extended headers of 16 MiB': () => {
    const large = Buffer.concat([pax([['comment', 'x'.repeat(16 * 1024 * 1024 - 100)]]), file('a')]);
    return repeated(8, () => large);
  },
  'an extended header of just above 16 MiB': () =>
    repeated(1, () => Buffer.concat([pax([['comment', 'x'.repeat(16 * 1024 * 1024)]]), file('a')])),
  'an extended header that says it has 8 GiB': () =>
    then(
      header({ name: 'x', type: 'x', size: 0o77777777777 }),
      repeated(1, () => block),
    ),
  'a sparse map of two million extents': () =>
    repeated(1, () => {
      const map = Buffer.from(`2000000\n${'0\n0\n'.repeat(2_000_000)}`);
      const records: [string, string][] = [
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', '10'],
      ];
      return Buffer.concat([pax(records), file('s', map)]);
    }),
  'an old sparse map that never ends': () =>
    then(
      header({
        name: 's',
        type: 'S',
        dialect: 'gnu',
        patches: [
          { at: 482, bytes: '\x01' },
          { at: 483, bytes: '77777777777\0' },
        ],
      }),
      aMillion(() => Buffer.concat([Buffer.alloc(504), Buffer.of(1), Buffer.alloc(7)])),
    ),
  'an old sparse map that never ends, of extents': () =>
    then(
      header({
        name: 's',
        type: 'S',
        dialect: 'gnu',
        patches: [
          { at: 482, bytes: '\x01' },
          { at: 483, bytes: '77777777777\0' },
        ],
      }),
      aMillion(() => Buffer.concat([Buffer.from('00000000000\0'.repeat(42)), Buffer.of(1), Buffer.alloc(7)])),
    ),
  'a file beyond the limit': () =>
    then(
      header({ name: 'a', size: 2 ** 33 }),
      repeated(64, () => block),
    ),
  'files that are beyond the limit together': () =>
    repeated(64, (index) => Buffer.concat([header({ name: `f${index % 4}`, size: block.length }), block])),
  '256 MiB after the end': () =>
    then(
      Buffer.concat([file('a', 'x'), end]),
      repeated(256, () => block),
    ),
  'cpio: 200,000 entries of unknown type': () => cpioMillion(() => ({ name: 'a', mode: 0o160644 }), 200_000),
  'cpio: a million names of one file without data': () =>
    cpioMillion((index) => ({ name: `${index}`, links: million + 1, inode: 1 })),
  'cpio: a million files whose other names never come': () =>
    cpioMillion((index) => ({ name: `${'n/'.repeat(1000)}${index % 10}`, data: 'x', links: 2, inode: index })),
  'cpio: long names that wait': () =>
    cpioMillion((index) => ({ name: `${index}/${'n/'.repeat(2000)}`, links: 2, inode: index })),
  'cpio: a file beyond the limit': () =>
    then(
      member({ name: 'a', size: 2 ** 31 }),
      repeated(64, () => block),
    ),
  'cpio: 256 MiB after the end': () =>
    then(
      Buffer.concat([member({ name: 'a', data: 'x' }), cpioEnd]),
      repeated(256, () => block),
    ),
  '256 MiB of zeros': () => {
    const zeros = Buffer.alloc(1 << 20);
    return repeated(256, () => zeros);
  },
};

/** Reads pieces as a pipe would give them. */
export function sourceOf(pieces: Pieces): ByteSource {
  const iterator = pieces[Symbol.iterator]();
  let piece: Buffer = Buffer.alloc(0);
  return {
    read: (buffer, offset, length) => {
      while (piece.length === 0) {
        const next = iterator.next();
        if (next.done) return 0;
        piece = next.value;
      }
      const count = piece.copy(buffer, offset, 0, length);
      piece = piece.subarray(count);
      return count;
    },
  };
}
