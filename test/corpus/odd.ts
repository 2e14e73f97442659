import type { OddArchive } from './archives/cases.js';
import { oddHeaders } from './archives/odd-headers.js';
import { oddLinks } from './archives/odd-links.js';
import { archive, directory, entry, file, hardLink, longName, pax, symbolicLink } from './tar.js';

const long = `${'long'.repeat(40)}`;
const binary = '\xff\xfe\x80 \xe4';

const oddEntries: readonly OddArchive[] = [
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
];

export const odd: readonly OddArchive[] = [...oddEntries, ...oddLinks, ...oddHeaders];
