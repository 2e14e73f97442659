import { archive, end, entry, file, header, noise, padded, pax } from '../tar.js';
import type { OddArchive } from './cases.js';

const sparseHeader = (extents: string, size: string, name = 's') =>
  header({
    name,
    type: 'S',
    dialect: 'gnu',
    size: 6,
    patches: [
      { at: 386, bytes: extents },
      { at: 483, bytes: size },
    ],
  });
const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;
const holes = (length: number) => '\0'.repeat(length);

export const oddHeaders: readonly OddArchive[] = [
  {
    name: 'old GNU directory with a list of names',
    bytes: archive(entry({ name: 'd/', type: 'D', dialect: 'gnu', mode: 0o755 }, 'Ya\0\0'), file('d/a', 'x')),
    tree: ['d/ 755', 'd/a 644 = x'],
  },
  {
    name: 'volume label',
    bytes: archive(entry({ name: 'Label', type: 'V', dialect: 'gnu' }), file('a', 'x')),
    tree: ['a 644 = x'],
  },
  {
    name: 'entries of unknown types',
    bytes: archive(entry({ name: 's', type: 's' }, 'content'), entry({ name: 'A', type: 'A' }, 'acl'), file('a', 'x')),
    tree: ['a 644 = x'],
    summary: { unknownEntries: 2 },
  },
  {
    name: 'pax size beyond the header',
    bytes: archive(pax([['size', '3']]), entry({ name: 'a', size: 0 }), padded(Buffer.from('abc'))),
    tree: ['a 644 = abc'],
  },
  { name: 'pax value deleted', bytes: archive(pax([['path', '']]), file('a', 'x')), tree: ['a 644 = x'] },
  {
    name: 'two extended headers, the last one counts',
    bytes: archive(pax([['path', 'b']]), pax([['path', 'c']]), file('a', 'x')),
    tree: ['c 644 = x'],
  },
  {
    name: 'padding in an extended header',
    bytes: archive(entry({ type: 'x' }, `9 path=b\n${'\0'.repeat(20)}`), file('a', 'x')),
    tree: ['b 644 = x'],
  },
  {
    name: 'global header with a name, which does not count',
    bytes: archive(
      pax(
        [
          ['path', 'all'],
          ['comment', 'x'],
        ],
        'g',
      ),
      file('a', '1'),
      file('b', '2'),
    ),
    tree: ['a 644 = 1', 'b 644 = 2'],
  },
  {
    name: 'extended header for nothing but times',
    bytes: archive(
      pax([
        ['atime', '1.5'],
        ['ctime', '1.5'],
        ['mtime', '1.5'],
      ]),
      file('a', 'x'),
    ),
    tree: ['a 644 = x'],
  },
  { name: 'no end marker', bytes: file('a', 'x'), tree: ['a 644 = x'], summary: { endMarker: false } },
  {
    name: 'half an end marker',
    bytes: Buffer.concat([file('a', 'x'), Buffer.alloc(512)]),
    tree: ['a 644 = x'],
    summary: { endMarker: true },
  },
  {
    name: 'a part of the second zero block',
    bytes: Buffer.concat([file('a', 'x'), Buffer.alloc(700)]),
    tree: ['a 644 = x'],
    summary: { endMarker: true },
  },
  {
    name: 'padding of a megabyte',
    bytes: Buffer.concat([file('a', 'x'), Buffer.alloc(1 << 20)]),
    tree: ['a 644 = x'],
    summary: { trailingBytes: 0 },
  },
  {
    name: 'something after the end',
    bytes: Buffer.concat([file('a', 'x'), end, Buffer.from('trailing')]),
    tree: ['a 644 = x'],
    summary: { trailingBytes: 8 },
  },
  {
    name: 'second archive after the end',
    bytes: Buffer.concat([archive(file('a', 'x')), archive(file('b', 'x'))]),
    tree: ['a 644 = x'],
  },
  {
    name: 'GNU sparse file',
    bytes: archive(
      Buffer.concat([
        sparseHeader(`${octal(4096)}${octal(3)}${octal(8192)}${octal(3)}${octal(10000)}${octal(0)}`, octal(10000)),
        padded(Buffer.from('onetwo')),
      ]),
      file('a', 'x'),
    ),
    tree: ['a 644 = x', `s 644 = ${holes(4096)}one${holes(4093)}two${holes(1805)}`],
    summary: { dataBytes: 7 },
  },
  {
    name: 'directory with the header of a GNU sparse file',
    bytes: archive(
      Buffer.concat([
        sparseHeader(`${octal(2)}${octal(6)}${octal(8)}${octal(0)}`, octal(8), 's/'),
        padded(Buffer.from('onetwo')),
      ]),
      file('a', 'x'),
    ),
    tree: ['a 644 = x', 's/ 644'],
    summary: { dataBytes: 1 },
  },
  {
    name: 'sparse map 0.0',
    bytes: archive(
      pax([
        ['GNU.sparse.size', '20'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.offset', '2'],
        ['GNU.sparse.numbytes', '3'],
        ['GNU.sparse.offset', '10'],
        ['GNU.sparse.numbytes', '3'],
      ]),
      file('s', 'onetwo'),
    ),
    tree: [`s 644 = \0\0one${holes(5)}two${holes(7)}`],
  },
  {
    name: 'sparse map 0.1',
    bytes: archive(
      pax([
        ['GNU.sparse.size', '20'],
        ['GNU.sparse.numblocks', '2'],
        ['GNU.sparse.name', 'real'],
        ['GNU.sparse.map', '2,3,10,3'],
      ]),
      file('GNUSparseFile.1/s', 'onetwo'),
    ),
    tree: [`real 644 = \0\0one${holes(5)}two${holes(7)}`],
  },
  {
    name: 'sparse map 1.0',
    bytes: archive(
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.name', 'real'],
        ['GNU.sparse.realsize', '20'],
      ]),
      file('GNUSparseFile.1/s', Buffer.concat([padded(Buffer.from('2\n2\n3\n10\n3\n')), Buffer.from('onetwo')])),
    ),
    tree: [`real 644 = \0\0one${holes(5)}two${holes(7)}`],
    summary: { dataBytes: 6 },
  },
  {
    name: 'sparse file that is all hole',
    bytes: archive(
      pax([
        ['GNU.sparse.size', '5000'],
        ['GNU.sparse.map', ''],
      ]),
      file('s'),
    ),
    tree: [`s 644 = ${holes(5000)}`],
    summary: { dataBytes: 0 },
  },
  {
    name: 'content around the size of a block',
    bytes: archive(...[511, 512, 513].map((size) => file(`f${size}`, noise(size)))),
    tree: [511, 512, 513].map((size) => `f${size} 644 = ${noise(size).toString('latin1')}`),
  },
];
