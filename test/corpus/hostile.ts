import { like, re } from '../support/like.js';
import { hasAbsoluteName, liesBelow, notTarOrCpio } from '../support/texts/formats.js';
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

/** An archive that must be refused, or that must not get out. `outside` is a path that it tries to reach. */
export interface HostileArchive {
  name: string;
  bytes: (outside: string) => Buffer;
  /** The failure it must end in, and what the message must say; null when unpacking it does no harm. */
  failure: { kind: 'Corrupt' | 'UnsupportedFormat' | 'FileSystemError'; says: RegExp } | null;
}

const leadsOut = { kind: 'Corrupt', says: /leads out of the image/ } as const;
const absolute = { kind: 'Corrupt', says: like`${hasAbsoluteName}` } as const;
const below = {
  kind: 'Corrupt',
  says: like`${liesBelow(re(/.*/))}`,
} as const;
const badLink = { kind: 'Corrupt', says: /is a hard link to/ } as const;
const cut = { kind: 'Corrupt', says: /truncated/ } as const;
const sparse = { kind: 'Corrupt', says: /sparse map/ } as const;
const extended = { kind: 'Corrupt', says: /extended header/ } as const;

/** Archives that try to write, link or change something outside. */
export const escapes: readonly HostileArchive[] = [
  { name: 'dot-dot', bytes: () => archive(file('../victim', 'x')), failure: leadsOut },
  { name: 'dot-dot inside', bytes: () => archive(directory('a'), file('a/../../victim', 'x')), failure: leadsOut },
  { name: 'dot-dot at the end', bytes: () => archive(directory('a/..', { mode: 0o777 })), failure: leadsOut },
  { name: 'dot-dot that stays inside', bytes: () => archive(file('a/../b', 'x')), failure: leadsOut },
  {
    name: 'dot-dot in a pax path',
    bytes: () => archive(pax([['path', '../victim']]), file('a', 'x')),
    failure: leadsOut,
  },
  { name: 'dot-dot in a long name', bytes: () => archive(longName('../victim'), file('a', 'x')), failure: leadsOut },
  { name: 'dot-dot in a prefix', bytes: () => archive(file('victim', 'x', { prefix: '..' })), failure: leadsOut },
  {
    name: 'dot-dot in a sparse name',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', ''],
          ['GNU.sparse.size', '0'],
          ['GNU.sparse.name', '../victim'],
        ]),
        file('a'),
      ),
    failure: leadsOut,
  },
  { name: 'absolute name', bytes: (outside) => archive(file(`${outside}/new`, 'x')), failure: absolute },
  { name: 'absolute name of a directory', bytes: (outside) => archive(directory(`${outside}/`)), failure: absolute },
  { name: 'nothing but a slash', bytes: () => archive(directory('/')), failure: absolute },
  { name: 'many leading slashes', bytes: (outside) => archive(file(`//.//${outside}/new`, 'x')), failure: absolute },
  {
    name: 'file below an absolute symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'file below a relative symbolic link',
    bytes: () => archive(symbolicLink('l', '../outside/target'), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'file below a symbolic link that stays inside',
    bytes: () => archive(directory('d'), symbolicLink('l', 'd'), file('l/x', 'x')),
    failure: null,
  },
  {
    name: 'file below nested symbolic links',
    bytes: () => archive(directory('a'), symbolicLink('a/l', '../../outside/target'), file('a/l/./evil', 'x')),
    failure: below,
  },
  {
    name: 'file in a directory below an absolute symbolic link',
    bytes: (outside) => archive(symbolicLink('l', outside), file('l/target/evil', 'x')),
    failure: below,
  },
  {
    name: 'file in a directory below a symbolic link that stays inside',
    bytes: () => archive(directory('d/sub'), symbolicLink('l', 'd'), file('l/sub/x', 'x')),
    failure: null,
  },
  {
    name: 'hard link in a directory below a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', outside), hardLink('h', 'l/target/victim')),
    failure: badLink,
  },
  {
    name: 'hard link in a directory below a symbolic link that stays inside',
    bytes: () => archive(file('d/sub/x', 'x'), symbolicLink('l', 'd'), hardLink('h', 'l/sub/x')),
    failure: null,
  },
  {
    name: 'chain of symbolic links',
    bytes: () => archive(symbolicLink('a', '..'), symbolicLink('b', 'a/outside'), file('b/evil', 'x')),
    failure: below,
  },
  {
    name: 'symbolic link to the root',
    bytes: () => archive(symbolicLink('l', '/'), file('l/tmp/evil', 'x')),
    failure: null,
  },
  {
    name: 'file below a link that leads out of the root and back by dot-dot',
    bytes: () => archive(directory('d'), symbolicLink('l', '../../../d'), file('l/x', 'x')),
    failure: null,
  },
  {
    name: 'file below a link to nothing',
    bytes: () => archive(symbolicLink('l', 'd'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below a link to a file',
    bytes: () => archive(file('f'), symbolicLink('l', 'f'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below links that lead to each other',
    bytes: () => archive(symbolicLink('a', 'b'), symbolicLink('b', 'a'), file('a/x', 'x')),
    failure: below,
  },
  {
    name: 'file below a link to itself',
    bytes: () => archive(symbolicLink('l', 'l/l'), file('l/x', 'x')),
    failure: below,
  },
  {
    name: 'file below more links than the kernel follows',
    bytes: () =>
      archive(
        directory('d'),
        symbolicLink('l0', 'd'),
        ...Array.from({ length: 41 }, (_, index) => symbolicLink(`l${index + 1}`, `l${index}`)),
        file('l41/x', 'x'),
      ),
    failure: below,
  },
  {
    name: 'file below a link that was one inside when it was followed before',
    bytes: (outside) =>
      archive(
        directory('d'),
        symbolicLink('l', 'd'),
        file('l/x', 'x'),
        symbolicLink('l', `${outside}/target`),
        file('l/evil', 'x'),
      ),
    failure: below,
  },
  {
    name: 'file below a link to the file systems of a host',
    bytes: () => archive(symbolicLink('l', '/proc/self/root'), file('l/evil', 'x')),
    failure: below,
  },
  {
    name: 'hard link to a file that only a link leads to',
    bytes: (outside) => archive(directory('d'), symbolicLink('d/l', outside), hardLink('h', 'd/l/victim')),
    failure: badLink,
  },
  {
    name: 'hard link with content to a symbolic link',
    bytes: (outside) =>
      archive(symbolicLink('l', `${outside}/victim`), hardLink('h', 'l', { size: 4 }), file('after', 'x')),
    failure: null,
  },
  {
    name: 'file over a symbolic link to a file',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/victim`), file('l', 'overwritten')),
    failure: null,
  },
  {
    name: 'directory over a symbolic link to a directory',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), directory('l', { mode: 0o777 })),
    failure: null,
  },
  {
    name: 'directory below a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), directory('l/sub', { mode: 0o777 })),
    failure: below,
  },
  {
    name: 'directory left, replaced by a symbolic link, entered again',
    bytes: (outside) =>
      archive(directory('d'), file('d/x', '1'), symbolicLink('d', `${outside}/target`), file('d/evil', 'x')),
    failure: { kind: 'Corrupt', says: /would replace a directory that is not empty/ },
  },
  {
    name: 'empty directory replaced by a symbolic link while it is open',
    bytes: (outside) => archive(directory('d'), symbolicLink('d', `${outside}/target`), file('d/evil', 'x')),
    failure: below,
  },
  {
    name: 'empty directory replaced by a symbolic link, metadata last',
    bytes: (outside) => archive(directory('d', { mode: 0o777, user: 5 }), symbolicLink('d', `${outside}/target`)),
    failure: null,
  },
  {
    name: 'hard link to an absolute path',
    bytes: (outside) => archive(hardLink('h', `${outside}/victim`), file('h', 'overwritten')),
    failure: absolute,
  },
  { name: 'hard link with dot-dot', bytes: () => archive(hardLink('h', '../outside/victim')), failure: leadsOut },
  {
    name: 'hard link through a symbolic link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}`), hardLink('h', 'l/victim', { mode: 0o777 })),
    failure: badLink,
  },
  {
    name: 'hard link to a symbolic link, then written to',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/victim`), hardLink('h', 'l'), file('h', 'overwritten')),
    failure: null,
  },
  {
    name: 'hard link to a symbolic link, mode and time of the link',
    bytes: (outside) => archive(symbolicLink('l', `${outside}/target`), hardLink('h', 'l', { mode: 0o777 })),
    failure: null,
  },
  { name: 'hard link to a directory', bytes: () => archive(directory('d'), hardLink('h', 'd')), failure: badLink },
  { name: 'hard link to the root', bytes: () => archive(hardLink('h', '.')), failure: badLink },
  { name: 'hard link to nothing', bytes: () => archive(hardLink('h', 'later'), file('later', 'x')), failure: badLink },
  {
    name: 'root as a symbolic link',
    bytes: (outside) => archive(symbolicLink('./', outside)),
    failure: { kind: 'Corrupt', says: /replace the root/ },
  },
  {
    name: 'root as a file',
    bytes: () => archive(file('.', 'x')),
    failure: { kind: 'Corrupt', says: /replace the root/ },
  },
  {
    name: 'list of users that is a symbolic link outside',
    bytes: (outside) =>
      archive(
        directory('etc'),
        symbolicLink('etc/passwd', `${outside}/victim`),
        pax([['SCHILY.acl.access', 'user::rw-,user:untouched:rw-,group::r--,mask::rw-,other::---']]),
        file('a', 'x'),
      ),
    failure: null,
  },
];

/** Archives that are damaged, or made to break the reader. */
export const damaged: readonly HostileArchive[] = [
  { name: 'nothing at all', bytes: () => Buffer.alloc(0), failure: { kind: 'UnsupportedFormat', says: /it is empty/ } },
  { name: 'zeros', bytes: () => Buffer.alloc(10240), failure: { kind: 'UnsupportedFormat', says: /no entries/ } },
  {
    name: 'zeros, then data',
    bytes: () => Buffer.concat([Buffer.alloc(4096), noise(100)]),
    failure: { kind: 'UnsupportedFormat', says: /raw disk/ },
  },
  {
    name: 'gzip',
    bytes: () => Buffer.concat([Buffer.from('\x1f\x8b\x08', 'latin1'), noise(600)]),
    failure: { kind: 'UnsupportedFormat', says: /gzip/ },
  },
  {
    name: 'short text',
    bytes: () => Buffer.from('Not Found\n'),
    failure: { kind: 'UnsupportedFormat', says: like`it is text, ${notTarOrCpio}` },
  },
  {
    name: 'web page',
    bytes: () => Buffer.from(`<!DOCTYPE html>${' '.repeat(1000)}`),
    failure: { kind: 'UnsupportedFormat', says: /web page/ },
  },
  { name: 'noise', bytes: () => noise(4096), failure: { kind: 'UnsupportedFormat', says: /unknown kind/ } },
  {
    name: 'header cut',
    bytes: () => file('a').subarray(0, 300),
    failure: { kind: 'UnsupportedFormat', says: like`${notTarOrCpio}` },
  },
  {
    name: 'second header cut',
    bytes: () => Buffer.concat([file('a', 'x'), header({}).subarray(0, 300)]),
    failure: cut,
  },
  { name: 'content cut', bytes: () => file('a', noise(5000)).subarray(0, 3000), failure: cut },
  { name: 'content missing', bytes: () => header({ size: 10 }), failure: cut },
  { name: 'padding cut', bytes: () => file('a', 'x').subarray(0, 513), failure: cut },
  { name: 'extended header without entry', bytes: () => pax([['path', 'a']]), failure: cut },
  { name: 'extended header, then the end', bytes: () => archive(pax([['path', 'a']])), failure: cut },
  { name: 'long name without entry', bytes: () => archive(longName('a')), failure: cut },
  {
    name: 'checksum of the second header',
    bytes: () => archive(file('a', 'x'), file('b', 'x', { checksum: '000001\0 ' })),
    failure: { kind: 'Corrupt', says: /byte 1024.*checksum/ },
  },
  {
    name: 'noise after an entry',
    bytes: () => Buffer.concat([file('a', 'x'), noise(2048)]),
    failure: { kind: 'Corrupt', says: /checksum/ },
  },
  {
    name: 'zero block between entries',
    bytes: () => Buffer.concat([file('a', 'x'), Buffer.alloc(512), archive(file('b', 'x'))]),
    failure: { kind: 'Corrupt', says: /zeros stands between/ },
  },
  {
    name: 'size that is no number',
    bytes: () => archive(file('a', '', { size: 'garbage\0' })),
    failure: { kind: 'Corrupt', says: /size is not a number/ },
  },
  {
    name: 'negative size',
    bytes: () => archive(file('a', '', { size: -1 })),
    failure: { kind: 'Corrupt', says: /impossible size/ },
  },
  {
    name: 'size beyond all',
    bytes: () => archive(file('a', '', { size: '\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' })),
    failure: { kind: 'Corrupt', says: /impossible size/ },
  },
  {
    name: 'huge size',
    bytes: () => archive(file('a', '', { size: 2 ** 50 })),
    failure: { kind: 'UnsupportedFormat', says: /--size-max/ },
  },
  {
    name: 'time beyond all',
    bytes: () => archive(file('a', '', { time: '\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' })),
    failure: null,
  },
  {
    name: 'negative pax size',
    bytes: () => archive(pax([['size', '-5']]), file('a')),
    failure: { kind: 'Corrupt', says: /negative size/ },
  },
  { name: 'pax size that is no number', bytes: () => archive(pax([['size', '1e3']]), file('a')), failure: extended },
  { name: 'pax time that is no number', bytes: () => archive(pax([['mtime', 'today']]), file('a')), failure: null },
  {
    name: 'pax record too long',
    bytes: () => archive(entry({ type: 'x' }, '99 path=a\n'), file('a')),
    failure: extended,
  },
  {
    name: 'pax record of length 0',
    bytes: () => archive(entry({ type: 'x' }, '0 path=a\n'), file('a')),
    failure: extended,
  },
  {
    name: 'pax record without newline',
    bytes: () => archive(entry({ type: 'x' }, '9 path=ab'), file('a')),
    failure: extended,
  },
  {
    name: 'pax record without equals sign',
    bytes: () => archive(entry({ type: 'x' }, '8 patha\n'), file('a')),
    failure: extended,
  },
  {
    name: 'pax length with sign',
    bytes: () => archive(entry({ type: 'x' }, '+10 path=a\n'), file('a')),
    failure: extended,
  },
  {
    name: 'extended header of 1 GiB',
    bytes: () => Buffer.concat([header({ type: 'x', size: 2 ** 30 }), noise(4096)]),
    failure: extended,
  },
  {
    name: 'long name of 1 GiB',
    bytes: () => Buffer.concat([header({ type: 'L', size: 2 ** 30 }), noise(4096)]),
    failure: extended,
  },
  {
    name: 'name too long',
    bytes: () => archive(pax([['path', `${'a/'.repeat(200)}${'b'.repeat(5000)}`]]), file('a')),
    failure: { kind: 'Corrupt', says: /more than 4095 bytes/ },
  },
  {
    name: 'component too long',
    bytes: () => archive(pax([['path', 'b'.repeat(300)]]), file('a')),
    failure: { kind: 'FileSystemError', says: /ENAMETOOLONG/ },
  },
  {
    name: 'NUL in a name',
    bytes: () => archive(pax([['path', 'a\0b']]), file('a')),
    failure: { kind: 'Corrupt', says: /NUL/ },
  },
  {
    name: 'NUL in a link target',
    bytes: () => archive(pax([['linkpath', 'a\0b']]), symbolicLink('a', 'b')),
    failure: { kind: 'Corrupt', says: /symbolic link/ },
  },
  {
    name: 'empty link target',
    bytes: () => archive(symbolicLink('a', '')),
    failure: { kind: 'Corrupt', says: /symbolic link without a target/ },
  },
  { name: 'file below a file', bytes: () => archive(file('a', 'x'), file('a/b', 'x')), failure: below },
  {
    name: 'file over a directory in use',
    bytes: () => archive(file('a/b', 'x'), file('a', 'x')),
    failure: { kind: 'Corrupt', says: /not empty/ },
  },
  {
    name: 'sparse map beyond the end',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', '0,1024'],
          ['GNU.sparse.size', '512'],
        ]),
        file('a', noise(1024)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map that overlaps',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', '512,512,0,512'],
          ['GNU.sparse.size', '2048'],
        ]),
        file('a', noise(1024)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map for more than is stored',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', '0,1024'],
          ['GNU.sparse.size', '4096'],
        ]),
        file('a', noise(512)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map with a half pair',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', '0,512,1024'],
          ['GNU.sparse.size', '4096'],
        ]),
        file('a', noise(512)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map with a negative offset',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.map', '-512,512'],
          ['GNU.sparse.size', '4096'],
        ]),
        file('a', noise(512)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map 1.0 that is text',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', '4096'],
        ]),
        file('a', 'x'.repeat(1024)),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map 1.0 longer than the content',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', '4096'],
        ]),
        entry({ name: 'a', size: 0 }),
        padded(Buffer.from('1\n0\n512\n')),
      ),
    failure: sparse,
  },
  {
    name: 'sparse map 1.0 of endless length',
    bytes: () =>
      archive(
        pax([
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
          ['GNU.sparse.realsize', '4096'],
        ]),
        file('a', `99999999999\n${'0\n0\n'.repeat(1000)}`),
      ),
    failure: sparse,
  },
  {
    name: 'GNU sparse map cut',
    bytes: () =>
      header({
        name: 'a',
        type: 'S',
        dialect: 'gnu',
        patches: [
          { at: 482, bytes: '\x01' },
          { at: 483, bytes: '00000001000\0' },
        ],
      }),
    failure: cut,
  },
  {
    name: 'attribute without a name',
    bytes: () => archive(pax([['SCHILY.xattr.', 'x']]), file('a')),
    failure: null,
  },
  {
    name: 'attribute of more than 64 KiB',
    bytes: () => archive(pax([['SCHILY.xattr.user.x', 'x'.repeat(70_000)]]), file('a')),
    failure: null,
  },
  {
    name: 'ACL that is text',
    bytes: () => archive(pax([['SCHILY.acl.access', 'let me in']]), file('a')),
    failure: null,
  },
  {
    name: 'continuation of another volume',
    bytes: () => archive(entry({ name: 'a', type: 'M', dialect: 'gnu' })),
    failure: { kind: 'UnsupportedFormat', says: /another volume/ },
  },
  {
    name: 'control characters in a name',
    bytes: () => archive(file('a', 'x'), file('a/\x1b[2J\nb', 'x')),
    failure: { kind: 'Corrupt', says: /a\/\\x1b\[2J\\nb/ },
  },
  {
    name: 'end marker in the middle of noise',
    bytes: () => Buffer.concat([file('a', 'x'), noise(512), end]),
    failure: { kind: 'Corrupt', says: /checksum/ },
  },
];
