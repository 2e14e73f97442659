import { archive, end, entry, file, header, noise, padded, pax } from '../tar.js';
import { cut, type HostileArchive } from './cases.js';

const sparse = { kind: 'Corrupt', says: /sparse map/ } as const;

export const damagedSparse: readonly HostileArchive[] = [
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
];

export const damagedAttributes: readonly HostileArchive[] = [
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
