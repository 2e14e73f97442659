import { like } from '../../support/like.js';
import { notTarOrCpio } from '../../support/texts/formats.js';
import { archive, entry, file, header, longName, noise, pax, symbolicLink } from '../tar.js';
import { below, cut, type HostileArchive } from './cases.js';

const extended = { kind: 'Corrupt', says: /extended header/ } as const;

export const damagedHeaders: readonly HostileArchive[] = [
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
];
