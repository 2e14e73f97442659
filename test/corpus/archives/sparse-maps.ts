import { file, header, padded, pax } from '../tar.js';

/** A sparse map in each of GNU tar's ways to write one, for a file of `size` bytes of which `stored` are in the archive. */
type SparseWriter = (extents: readonly number[], size: number, content: string) => Buffer;
const octal = (value: number) =>
  value < 0 || value > 0o77777777777 ? null : `${value.toString(8).padStart(11, '0')}\0`;
const binary = (value: number) => {
  const bytes = Buffer.alloc(12, value < 0 ? 0xff : 0);
  bytes.writeBigInt64BE(BigInt(value), 4);
  bytes[0] = value < 0 ? 0xff : 0x80;
  return bytes.toString('latin1');
};
const number = (value: number) => octal(value) ?? binary(value);

export const sparseWriters: Readonly<Record<string, SparseWriter>> = {
  'old GNU': (extents, size, content) => {
    const pairs = extents.map(number);
    const more = pairs.slice(8).length > 0;
    const block = Buffer.alloc(512);
    block.write(pairs.slice(8, 50).join(''), 'latin1');
    const patches = [
      { at: 386, bytes: pairs.slice(0, 8).join('') },
      { at: 482, bytes: more ? '\x01' : '\0' },
      { at: 483, bytes: number(size) },
    ];
    const head = header({ name: 's', type: 'S', dialect: 'gnu', size: content.length, patches });
    return Buffer.concat([head, ...(more ? [block] : []), padded(Buffer.from(content, 'latin1'))]);
  },
  'pax 0.0': (extents, size, content) => {
    const list = extents.map((value, index): [string, string] => [
      index % 2 ? 'GNU.sparse.numbytes' : 'GNU.sparse.offset',
      String(value),
    ]);
    return Buffer.concat([pax([['GNU.sparse.size', String(size)], ...list]), file('s', content)]);
  },
  'pax 0.1': (extents, size, content) =>
    Buffer.concat([
      pax([
        ['GNU.sparse.size', String(size)],
        ['GNU.sparse.map', extents.join(',')],
      ]),
      file('s', content),
    ]),
  'pax 1.0': (extents, size, content) => {
    const map = padded(Buffer.from([extents.length / 2, ...extents].map((value) => `${value}\n`).join('')));
    return Buffer.concat([
      pax([
        ['GNU.sparse.major', '1'],
        ['GNU.sparse.minor', '0'],
        ['GNU.sparse.realsize', String(size)],
      ]),
      file('s', Buffer.concat([map, Buffer.from(content)])),
    ]);
  },
};

export const maps: Readonly<Record<string, readonly [extents: readonly number[], size: number, content: string]>> = {
  'that is right': [[0, 3, 100, 3], 200, 'onetwo'],
  'that is empty': [[], 4096, ''],
  'that overlaps': [[0, 4, 2, 2], 200, 'onetwo'],
  'in the wrong order': [[100, 3, 0, 3], 200, 'onetwo'],
  'beyond the size': [[0, 3, 198, 3], 200, 'onetwo'],
  'that begins beyond the size': [[0, 3, 5000, 3], 200, 'onetwo'],
  'for more than is stored': [[0, 3, 100, 30], 200, 'onetwo'],
  'for less than is stored': [[0, 3, 100, 1], 200, 'onetwo'],
  'with a negative offset': [[-3, 3, 100, 3], 200, 'onetwo'],
  'with a negative length': [[0, 9, 100, -3], 200, 'onetwo'],
  'with half a pair': [[0, 3, 100], 200, 'onetwo'],
  'with an offset beyond all': [[0, 3, 2 ** 60, 3], 2 ** 61, 'onetwo'],
  'with a length beyond all': [[0, 2 ** 60], 200, 'onetwo'],
  'with a size of -1': [[], -1, ''],
  'with a size of 0 and data': [[0, 6], 0, 'onetwo'],
  'of a file of 8 EiB': [[], 2 ** 62, ''],
  'of a file of 2^52 bytes': [[], 2 ** 52, ''],
  'of empty extents': [Array.from({ length: 40 }, () => 0), 10, ''],
};
