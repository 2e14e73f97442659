import {
  archive,
  directory,
  end,
  entry,
  file,
  hardLink,
  header,
  longName,
  noise,
  padded,
  pax,
  symbolicLink,
} from './tar.js';

/** A legitimate but unusual archive, and the tree it makes: see `listing` for the form of the lines. */
export interface OddArchive {
  name: string;
  bytes: Buffer;
  tree: readonly string[];
  /** What the summary must say, beside the number of entries. */
  summary?: { unknownEntries?: number; trailingBytes?: number; endMarker?: boolean; dataBytes?: number };
}

const long = `${'long'.repeat(40)}`;
const binary = '\xff\xfe\x80 \xe4';
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

export const odd: readonly OddArchive[] = [
  { name: 'one file', bytes: archive(file('a', 'one')), tree: ['a 644 = one'] },
  { name: 'V7 format', bytes: archive(file('a', 'one', { dialect: 'v7', type: '\0' })), tree: ['a 644 = one'] },
  {
    name: 'V7 directory',
    bytes: archive(entry({ name: 'd/', dialect: 'v7', type: '\0', mode: 0o700 })),
    tree: ['d/ 700'],
  },
  {
    name: 'V7 long link',
    bytes: archive(file('a', '1'), hardLink('b', 'a', { dialect: 'v7' })),
    tree: ['a 644 = 1', 'b 644 = 1'],
  },
  { name: 'contiguous file', bytes: archive(file('a', 'one', { type: '7' })), tree: ['a 644 = one'] },
  {
    name: 'ustar prefix',
    bytes: archive(file('b', 'x', { prefix: 'p/q' })),
    tree: ['p/ 755', 'p/q/ 755', 'p/q/b 644 = x'],
  },
  {
    name: 'name of exactly 100 bytes',
    bytes: archive(file('n'.repeat(100), 'x')),
    tree: [`${'n'.repeat(100)} 644 = x`],
  },
  {
    name: 'GNU header with something where ustar has a prefix',
    bytes: archive(file('a', 'x', { dialect: 'gnu', prefix: '14000000000\0' })),
    tree: ['a 644 = x'],
  },
  { name: 'signed checksum', bytes: archive(file('\xe4', 'x', { signedChecksum: true })), tree: ['\xe4 644 = x'] },
  { name: 'unsigned checksum of high bytes', bytes: archive(file('\xe4', 'x')), tree: ['\xe4 644 = x'] },
  {
    name: 'numbers led by spaces and ended by a space',
    bytes: archive(file('a', 'x', { mode: '   600 \0', size: '          1 ', time: ' 7346545000 ' })),
    tree: ['a 600 = x'],
  },
  { name: 'blank numbers', bytes: archive(file('a', '', { mode: '\0', size: '', time: '' })), tree: ['a 0 = '] },
  {
    name: 'names that are not UTF-8',
    bytes: archive(file(binary, 'x'), symbolicLink('l', binary)),
    tree: [`l -> ${binary}`, `${binary} 644 = x`],
  },
  {
    name: 'pax name that is not UTF-8',
    bytes: archive(pax([['path', binary]]), file('a', 'x')),
    tree: [`${binary} 644 = x`],
  },
  {
    name: 'newline and equals sign in a pax name',
    bytes: archive(pax([['path', 'a\n=b']]), file('a', 'x')),
    tree: ['a\n=b 644 = x'],
  },
  {
    name: 'long names in the GNU way',
    bytes: archive(
      longName(`d/${long}`),
      file('short', 'x'),
      longName(`d/${long}`, 'K'),
      longName('l'.repeat(120)),
      symbolicLink('s', 't'),
    ),
    tree: ['d/ 755', `d/${long} 644 = x`, `${'l'.repeat(120)} -> d/${long}`],
  },
  {
    name: 'long names in the pax way',
    bytes: archive(
      pax([['path', `d/${long}`]]),
      file('short', 'x'),
      pax([['linkpath', `d/${long}`]]),
      hardLink('h', 't'),
    ),
    tree: ['d/ 755', `d/${long} 644 = x`, 'h 644 = x'],
  },
  {
    name: 'symbolic link target of 4000 bytes',
    bytes: archive(pax([['linkpath', 't'.repeat(4000)]]), symbolicLink('s', 't')),
    tree: [`s -> ${'t'.repeat(4000)}`],
  },
  {
    name: 'leading ./ and doubled slashes',
    bytes: archive(
      directory('./'),
      file('.//a///b', 'x'),
      file('././c', 'x'),
      file('.//d', 'x'),
      hardLink('e', './//d'),
    ),
    tree: ['a/ 755', 'a/b 644 = x', 'c 644 = x', 'd 644 = x', 'e 644 = x'],
  },
  {
    name: 'names with dots in them',
    bytes: archive(file('..a', '1'), file('...', '2'), file('b..', '3'), file('.c', '4')),
    tree: ['... 644 = 2', '..a 644 = 1', '.c 644 = 4', 'b.. 644 = 3'],
  },
  {
    name: 'implicit parents',
    bytes: archive(file('p/q/r', 'x'), directory('p', { mode: 0o700 })),
    tree: ['p/ 700', 'p/q/ 755', 'p/q/r 644 = x'],
  },
  {
    name: 'directory after its content',
    bytes: archive(file('d/a', 'x'), directory('d', { mode: 0o555 }), file('d/b', 'y')),
    tree: ['d/ 555', 'd/a 644 = x', 'd/b 644 = y'],
  },
  {
    name: 'closed directory with content',
    bytes: archive(directory('d', { mode: 0 }), file('d/a', 'x')),
    tree: ['d/ 0', 'd/a 644 = x'],
  },
  {
    name: 'all mode bits',
    bytes: archive(file('a', 'x', { mode: 0o7777 }), directory('d', { mode: 0o7777 }), file('b', '', { mode: 0o2600 })),
    tree: ['a 7777 = x', 'b 2600 = ', 'd/ 7777'],
  },
  { name: 'type bits in the mode', bytes: archive(file('a', 'x', { mode: 0o100755 })), tree: ['a 755 = x'] },
  { name: 'file twice', bytes: archive(file('x', 'one'), file('x', 'two', { mode: 0o600 })), tree: ['x 600 = two'] },
  {
    name: 'file over a file with two names',
    bytes: archive(file('x', 'one'), hardLink('h', 'x'), file('x', 'two2')),
    tree: ['h 644 = one', 'x 644 = two2'],
  },
  { name: 'file over an empty directory', bytes: archive(directory('x'), file('x', 'two')), tree: ['x 644 = two'] },
  {
    name: 'directory over a file',
    bytes: archive(file('x', 'one'), directory('x'), file('x/y', '1')),
    tree: ['x/ 755', 'x/y 644 = 1'],
  },
  {
    name: 'directory over a symbolic link to nothing',
    bytes: archive(directory('d'), symbolicLink('x', 'e'), directory('x', { mode: 0o700 }), file('x/y', '1')),
    tree: ['d/ 755', 'x/ 700', 'x/y 644 = 1'],
  },
  {
    name: 'symbolic link over a file, file over a symbolic link',
    bytes: archive(file('a', '1'), file('b', '2'), symbolicLink('a', 'b'), symbolicLink('c', 'b'), file('c', '3')),
    tree: ['a -> b', 'b 644 = 2', 'c 644 = 3'],
  },
  {
    name: 'directory twice',
    bytes: archive(directory('d', { mode: 0o700 }), file('d/a', 'x'), directory('d', { mode: 0o750 })),
    tree: ['d/ 750', 'd/a 644 = x'],
  },
  {
    name: 'fifo over a file',
    bytes: archive(file('p', 'x'), entry({ name: 'p', type: '6', mode: 0o640 })),
    tree: ['p 640'],
  },
  { name: 'hard link to itself', bytes: archive(file('a', 'x'), hardLink('a', './a')), tree: ['a 644 = x'] },
  {
    name: 'hard link twice',
    bytes: archive(file('a', 'x'), hardLink('b', 'a'), hardLink('b', 'a')),
    tree: ['a 644 = x', 'b 644 = x'],
  },
  {
    name: 'hard link with a size but no content',
    bytes: archive(file('a', 'x'), hardLink('b', 'a', { size: 1 }), file('c', 'y')),
    tree: ['a 644 = x', 'b 644 = x', 'c 644 = y'],
  },
  {
    name: 'content that comes with the last hard link',
    bytes: archive(file('a'), hardLink('b', 'a'), entry({ name: 'c', type: '1', target: 'a' }, 'hello')),
    tree: ['a 644 = hello', 'b 644 = hello', 'c 644 = hello'],
    summary: { dataBytes: 5 },
  },
  {
    name: 'content that comes with a hard link to itself, in a read-only file with the set-user-id bit',
    bytes: archive(
      file('a', '', { mode: 0o4444 }),
      entry({ name: 'a', type: '1', target: './a', mode: 0o4444 }, 'hello'),
      file('b', 'x'),
    ),
    tree: ['a 4444 = hello', 'b 644 = x'],
  },
  {
    name: 'content that comes with two hard links, the first one counts',
    bytes: archive(
      file('a'),
      entry({ name: 'b', type: '1', target: 'a' }, 'one'),
      entry({ name: 'c', type: '1', target: 'a' }, 'two'),
    ),
    tree: ['a 644 = one', 'b 644 = one', 'c 644 = one'],
    summary: { dataBytes: 3 },
  },
  {
    name: 'files below links of a merged /usr',
    bytes: archive(
      directory('usr'),
      directory('usr/lib', { mode: 0o711 }),
      directory('usr/lib/modules', { mode: 0o700 }),
      symbolicLink('lib', 'usr/lib'),
      symbolicLink('lib64', '/usr/lib'),
      directory('lib/modules', { mode: 0o750 }),
      file('lib/modules/m.ko', 'ko'),
      file('lib64/new/deep/x', 'x'),
      symbolicLink('lib/alias', 'modules'),
      file('lib64/alias/y', 'y'),
      hardLink('lib/hard', 'lib64/modules/m.ko'),
      hardLink('usr/lib/modules/m.ko', 'lib/modules/m.ko'),
    ),
    tree: [
      'lib -> usr/lib',
      'lib64 -> /usr/lib',
      'usr/ 755',
      'usr/lib/ 711',
      'usr/lib/alias -> modules',
      'usr/lib/hard 644 = ko',
      'usr/lib/modules/ 750',
      'usr/lib/modules/m.ko 644 = ko',
      'usr/lib/modules/y 644 = y',
      'usr/lib/new/ 755',
      'usr/lib/new/deep/ 755',
      'usr/lib/new/deep/x 644 = x',
    ],
  },
  {
    name: 'chain of links, with dot-dot and beyond the root',
    bytes: archive(
      directory('a/b'),
      symbolicLink('a/up', '..'),
      symbolicLink('one', 'a/up/two'),
      symbolicLink('two', '../../a/./b'),
      file('one/x', 'x'),
      symbolicLink('whole', '/'),
      file('whole/whole/a/y', 'y'),
    ),
    tree: [
      'a/ 755',
      'a/b/ 755',
      'a/b/x 644 = x',
      'a/up -> ..',
      'a/y 644 = y',
      'one -> a/up/two',
      'two -> ../../a/./b',
      'whole -> /',
    ],
  },
  {
    name: 'entries for links of a merged /usr as if they were directories, which stay links',
    bytes: archive(
      directory('usr/lib', { mode: 0o711, time: 7 }),
      directory('usr/bin', { mode: 0o711 }),
      symbolicLink('lib', 'usr/lib'),
      symbolicLink('bin', '/../usr/bin'),
      symbolicLink('sbin', 'bin'),
      symbolicLink('whole', '.'),
      directory('lib', { mode: 0o700, time: 8 }),
      directory('lib/modules', { mode: 0o750 }),
      file('lib/m', 'm'),
      directory('sbin', { mode: 0o700 }),
      file('sbin/s', 's'),
      directory('whole', { mode: 0o700 }),
      file('whole/w', 'w'),
    ),
    tree: [
      'bin -> /../usr/bin',
      'lib -> usr/lib',
      'sbin -> bin',
      'usr/ 755',
      'usr/bin/ 711',
      'usr/bin/s 644 = s',
      'usr/lib/ 711',
      'usr/lib/m 644 = m',
      'usr/lib/modules/ 750',
      'w 644 = w',
      'whole -> .',
    ],
  },
  {
    name: 'directories over links that lead to none in the image',
    bytes: archive(
      file('f', 'f'),
      symbolicLink('file', 'f'),
      symbolicLink('nothing', 'usr/lib'),
      symbolicLink('itself', 'itself'),
      symbolicLink('host', '/etc'),
      ...['file', 'nothing', 'itself', 'host'].flatMap((name) => [directory(name), file(`${name}/x`, 'x')]),
    ),
    tree: [
      'f 644 = f',
      ...['file', 'host', 'itself', 'nothing'].flatMap((name) => [`${name}/ 755`, `${name}/x 644 = x`]),
    ],
  },
  {
    name: 'link replaced by a directory, and a directory by a link, between files below them',
    bytes: archive(
      directory('d'),
      symbolicLink('l', 'd'),
      file('l/a', 'a'),
      symbolicLink('l', 'nothing'),
      directory('l'),
      file('l/b', 'b'),
      directory('e'),
      symbolicLink('e', 'd'),
      file('e/c', 'c'),
    ),
    tree: ['d/ 755', 'd/a 644 = a', 'd/c 644 = c', 'e -> d', 'l/ 755', 'l/b 644 = b'],
  },
  {
    name: 'hard link with its content repeated',
    bytes: archive(file('a', 'x'), entry({ name: 'b', type: '1', target: 'a' }, 'x'), file('c', 'y')),
    tree: ['a 644 = x', 'b 644 = x', 'c 644 = y'],
  },
  {
    name: 'directory with a size but no content',
    bytes: archive(directory('d', { size: 4096 }), file('c', 'y')),
    tree: ['c 644 = y', 'd/ 755'],
  },
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
