import {
  archive,
  directory,
  end,
  entry,
  type Fields,
  file,
  hardLink,
  header,
  longName,
  padded,
  pax,
  paxRecord,
  symbolicLink,
} from './tar.js';

/*
 * Hostile and odd archives by the hundred: every place where something can be said, times everything that should not be
 * said there. What comes of each is in outcomes.txt.
 */

export type Archives = Readonly<Record<string, Buffer>>;

/** `WHAT, WHERE`: one archive for each pair. */
function combined<What, Where>(
  what: Readonly<Record<string, What>>,
  where: Readonly<Record<string, Where>>,
  make: (what: What, where: Where) => Buffer,
): Archives {
  const pairs = Object.entries(what).flatMap(([name, one]) =>
    Object.entries(where).map(([place, other]) => [`${name}, ${place}`, make(one, other)] as const),
  );
  return Object.fromEntries(pairs);
}

const names = {
  'a name that leads out': '../victim',
  'a name that leads out at its end': 'a/..',
  'a name that leads out and in': 'a/../../image/b',
  'an absolute name': '/victim',
  'an absolute name behind dots': './/victim',
  'a name with a NUL': 'a\0b',
  'an empty name': '',
  'a name of dots': './.',
  'a name of 5000 bytes': 'n/'.repeat(2500),
  'a name of 300 bytes': 'n'.repeat(300),
  'a name 1000 directories deep': 'd/'.repeat(1000),
  'a name of control characters': '\x1b]0;owned\x07\r\n',
} as const;

type Carrier = (name: string) => Buffer;
const carriers: Readonly<Record<string, Carrier>> = {
  'in the header': (name) => file(name, 'x'),
  'of a directory': (name) => directory(`${name}/`),
  'in the prefix': (name) => file('end', 'x', { prefix: name.slice(0, 155) }),
  'as a GNU long name': (name) => Buffer.concat([longName(name), file('a', 'x')]),
  'in an extended header': (name) => Buffer.concat([pax([['path', name]]), file('a', 'x')]),
  'of a symbolic link': (name) => Buffer.concat([pax([['path', name]]), symbolicLink('a', 'target')]),
  'of a device': (name) => Buffer.concat([pax([['path', name]]), entry({ name: 'a', type: '3', major: 1, minor: 3 })]),
  'of a fifo': (name) => Buffer.concat([pax([['path', name]]), entry({ name: 'a', type: '6' })]),
  'as the target of a hard link': (name) =>
    Buffer.concat([file('end', 'x'), pax([['linkpath', name]]), hardLink('h', 'end')]),
  'as a GNU long target of a hard link': (name) =>
    Buffer.concat([file('end', 'x'), longName(name, 'K'), hardLink('h', 'end')]),
  'as a sparse name': (name) =>
    Buffer.concat([
      pax([
        ['GNU.sparse.map', ''],
        ['GNU.sparse.size', '0'],
        ['GNU.sparse.name', name],
      ]),
      file('a'),
    ]),
  'in a global header': (name) => Buffer.concat([pax([['path', name]], 'g'), file('a', 'x')]),
};

const links = {
  'an absolute link': symbolicLink('l', '/'),
  'a link upwards': symbolicLink('l', '..'),
  'a link to itself': symbolicLink('l', 'l'),
  'a link to nothing': symbolicLink('l', 'nowhere'),
  'a link to a directory inside': Buffer.concat([directory('d/'), symbolicLink('l', 'd')]),
  'a chain of links': Buffer.concat([symbolicLink('k', '..'), symbolicLink('l', 'k/outside')]),
  'a link through /proc': symbolicLink('l', '/proc/self/cwd'),
  'a file': file('l', 'x'),
  'a fifo': entry({ name: 'l', type: '6' }),
  'a device': entry({ name: 'l', type: '3', major: 1, minor: 3 }),
} as const;

const below: Readonly<Record<string, Buffer>> = {
  'a file': file('l/x', 'x'),
  'a directory': directory('l/x/'),
  'a file two below': file('l/x/y', 'x'),
  'a symbolic link': symbolicLink('l/x', 'target'),
  'a hard link': Buffer.concat([file('f', 'x'), hardLink('l/x', 'f')]),
  'a fifo': entry({ name: 'l/x', type: '6' }),
  'a device': entry({ name: 'l/x', type: '4', major: 7, minor: 0 }),
  'the target of a hard link': hardLink('h', 'l/victim'),
};

const linked: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a directory': directory('t/'),
  'a directory with something in it': file('t/x', 'x'),
  'a symbolic link outwards': symbolicLink('t', '../outside/victim'),
  'a symbolic link to nothing': symbolicLink('t', 'nothing'),
  'a fifo': entry({ name: 't', type: '6' }),
  'a device': entry({ name: 't', type: '3', major: 1, minor: 3 }),
  'what comes later': Buffer.alloc(0),
  'what was replaced': Buffer.concat([file('t', 'one'), symbolicLink('t', '../outside/victim')]),
  'an entry of unknown type': entry({ name: 't', type: 's' }, 'x'),
  itself: hardLink('t', 't'),
};

const after: Readonly<Record<string, Buffer>> = {
  'that is all': Buffer.alloc(0),
  'then written to': file('h', 'overwritten'),
  'then linked again': hardLink('i', 'h'),
  'with a mode and an owner': hardLink('h2', 't', { mode: 0o7777, user: 7 }),
};

const badNumbers: Readonly<Record<string, string>> = {
  letters: 'garbage',
  'a digit that is none': '0000008',
  'a minus sign': '-000001',
  'a sign and a number': '+000001',
  'a decimal point': '0001.5',
  'a NUL before it': '\x000001',
  'base-256, the lowest': '\xff\x80\0\0\0\0\0\0\0\0\0\0',
  'base-256, minus one': '\xff'.repeat(12),
  'base-256, the highest': `\x80${'\xff'.repeat(11)}`,
  'base-256, 2^63': '\x80\0\0\0\x80\0\0\0\0\0\0\0',
  'base-256 in half a sign': '\xc0\0\0\0\0\0\0\0\0\0\0\0',
  'octal without an end': '777777777777',
  'blanks only': '            ',
};
const fields = { mode: 8, user: 8, group: 8, size: 12, time: 12, major: 8, minor: 8 } as const;

/** The field with the text in it, of a device so that all are looked at; what the field has no room for is cut. */
function withField(text: string, [name, length]: readonly [string, number]): Buffer {
  const places: Readonly<Record<string, number>> = { major: 329, minor: 337 };
  const bytes = text.slice(0, length);
  const at = places[name];
  const patched: Fields = at === undefined ? { [name]: bytes } : { patches: [{ at, bytes }] };
  return Buffer.concat([file('before', 'x'), entry({ name: 'odd', type: '3', major: 1, minor: 3, ...patched })]);
}

const records: Readonly<Record<string, string>> = {
  'no length': ' path=a\n',
  'a length of 0': '0 path=a\n',
  'a length of 1': '1 path=a\n',
  'a length too long': '11 path=a\n',
  'a length beyond all': '999999999999 path=a\n',
  'a length of 13 digits': '0000000000009 path=a\n',
  'a length in hexadecimal': '0x9 path=a\n',
  'a length too short': '8 path=a\n',
  'a length with a sign': '-9 path=a\n',
  'no space': '9path=ab\n',
  'no equals sign': '9 path+a\n',
  'an equals sign outside': '8 patha\n=',
  'no newline': '9 path=ab',
  'a newline within': paxRecord('path', 'a\nb'),
  'an empty key': paxRecord('', 'a'),
  'a NUL in the key': paxRecord('pa\0th', 'a'),
  'a second record that is cut': `${paxRecord('path', 'a')}9 path`,
  'a NUL between records': `${paxRecord('path', 'a')}\0${paxRecord('path', '../b')}`,
  'a size that is none': paxRecord('size', '0x10'),
  'a size beyond all': paxRecord('size', '99999999999999999999'),
  'a size of -1': paxRecord('size', '-1'),
  'a size with a fraction': paxRecord('size', '1.5'),
  'a size far beyond the end': paxRecord('size', '1000000'),
  'an owner beyond all': paxRecord('uid', '4294967295'),
  'an owner of -1': paxRecord('gid', '-1'),
  'an owner that is a name': paxRecord('uid', 'root'),
  'a time that is none': paxRecord('mtime', 'yesterday'),
  'a time beyond all': paxRecord('mtime', '9'.repeat(16)),
  'a time before all': paxRecord('mtime', '-99999999999.999999999'),
  'an attribute without a name': paxRecord('SCHILY.xattr.', 'x'),
  'an attribute without a namespace': paxRecord('SCHILY.xattr.x', 'x'),
  'an attribute with a NUL in its name': paxRecord('SCHILY.xattr.user.a\0b', 'x'),
  'an attribute with a name of 300 bytes': paxRecord(`SCHILY.xattr.user.${'n'.repeat(300)}`, 'x'),
  'an attribute of 70 KB': paxRecord('SCHILY.xattr.user.a', 'x'.repeat(70_000)),
  'an attribute twice': paxRecord('SCHILY.xattr.user.a', '1') + paxRecord('SCHILY.xattr.user.a', '2'),
  'an attribute twice, in two forms':
    paxRecord('LIBARCHIVE.xattr.user.a', 'YQ') + paxRecord('SCHILY.xattr.user.a', '2'),
  'an attribute whose name is badly encoded': paxRecord('LIBARCHIVE.xattr.user.%4', 'YQ'),
  'an attribute that is no base64': paxRecord('LIBARCHIVE.xattr.user.a', '!!!'),
  'an ACL that is text': paxRecord('SCHILY.acl.access', 'let me in'),
  'an ACL without an owner': paxRecord('SCHILY.acl.access', 'user:7:rwx'),
  'an ACL with permissions that are none': paxRecord('SCHILY.acl.access', 'user::rwxs,group::r--,other::---'),
  'an ACL twice the same': paxRecord(
    'SCHILY.acl.access',
    'user::rw-,user:7:r--,user:7:rw-,group::r--,mask::rw-,other::---',
  ),
  'an ACL of 10000 entries': paxRecord(
    'SCHILY.acl.access',
    `user::rw-,group::r--,other::---${',user:7:r--'.repeat(10_000)}`,
  ),
  'an ACL for directories on a file': paxRecord('SCHILY.acl.default', 'user::rwx,group::r-x,other::---'),
  'a device number beyond all': paxRecord('SCHILY.devmajor', '4294967296'),
};

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

const sparseWriters: Readonly<Record<string, SparseWriter>> = {
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

const maps: Readonly<Record<string, readonly [extents: readonly number[], size: number, content: string]>> = {
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

const rich = archive(
  directory('d/'),
  file('d/file', 'x'.repeat(700)),
  symbolicLink('d/link', 'file'),
  longName('l'.repeat(200)),
  file('l', 'long'),
  pax([['path', 'p'.repeat(200)]]),
  file('p', 'pax'),
  hardLink('d/hard', 'd/file'),
  maps['that is right'] ? (sparseWriters['old GNU']?.(...maps['that is right']) ?? end) : end,
);

/** An archive with something of every kind, cut every 97 bytes: within headers, contents, padding, and between entries. */
const cuts = Object.fromEntries(
  Array.from({ length: Math.floor(rich.length / 97) }, (_, index) => (index + 1) * 97).map((length) => [
    `an archive of ${rich.length} bytes, cut after ${length}`,
    rich.subarray(0, length),
  ]),
);

/** Every type there can be, as if it had content and as if it were a link. */
const everyType = Object.fromEntries(
  Array.from({ length: 256 }, (_, code) => [
    `type ${code}`,
    archive(
      file('f', 'x'),
      entry({ name: 'odd', type: String.fromCharCode(code), target: 'f' }, 'content'),
      file('z', 'z'),
    ),
  ]),
);

/** The second header with one byte changed. */
const changed = Object.fromEntries(
  Array.from({ length: 64 }, (_, index) => index * 8 + (index % 8)).map((at) => {
    const bytes = archive(file('a', 'x'), file('b', 'y'));
    bytes[1024 + at] = (bytes[1024 + at] ?? 0) ^ 0x41;
    return [`byte ${at} of a header changed`, bytes];
  }),
);

const checksums: Archives = Object.fromEntries(
  [
    '',
    '0',
    '\0'.repeat(8),
    ' '.repeat(8),
    '7777777 ',
    '77777777',
    '\x80\0\0\0\0\0\x10\0',
    '\xff'.repeat(8),
    '-0000001',
  ].map((checksum) => [
    `a checksum of ${JSON.stringify(checksum)}`,
    archive(file('a', 'x'), file('b', 'y', { checksum })),
  ]),
);

const zeros = (blocks: number) => Buffer.alloc(512 * blocks);
const endings: Archives = {
  'no end': file('a', 'x'),
  'half an end': Buffer.concat([file('a', 'x'), zeros(1)]),
  'half an end, then more': Buffer.concat([file('a', 'x'), zeros(1), archive(file('b', 'y'))]),
  'an end, then more': Buffer.concat([archive(file('a', 'x')), archive(file('../victim', 'y'))]),
  'an end, then text': Buffer.concat([archive(file('a', 'x')), Buffer.from('#!/bin/sh\n')]),
  'an end in the middle of a long name': Buffer.concat([longName('a').subarray(0, 512), end]),
  'an end between an extended header and its entry': Buffer.concat([
    pax([['path', 'a']]),
    end,
    archive(file('b', 'y')),
  ]),
  'nothing but an end': end,
  'nothing but an end, long': zeros(200),
  'an end before anything else': Buffer.concat([end, archive(file('a', 'x'))]),
};

const closed = (archives: Archives): Archives =>
  Object.fromEntries(Object.entries(archives).map(([name, bytes]) => [name, Buffer.concat([bytes, end])]));

/** All of them by name. */
export const tars: Archives = {
  ...closed(combined(names, carriers, (name, carrier) => carrier(name))),
  ...closed(
    Object.fromEntries(
      Object.entries(combined(below, links, (what, link) => Buffer.concat([link, what]))).map(([name, bytes]) => [
        name.replace(', ', ' below '),
        bytes,
      ]),
    ),
  ),
  ...closed(
    combined(linked, after, (what, then) => Buffer.concat([what, hardLink('h', 't'), then, file('t', 'later')])),
  ),
  ...closed(
    combined(
      badNumbers,
      Object.fromEntries(Object.entries(fields).map((field) => [`as ${field[0]}`, field])),
      withField,
    ),
  ),
  ...closed(
    combined(records, { 'of an entry': 'x', 'of all entries': 'g' } as const, (text, type) =>
      Buffer.concat([entry({ name: 'PaxHeaders/x', type }, text), file('a', 'abcdefg')]),
    ),
  ),
  ...closed(combined(maps, sparseWriters, (map, write) => Buffer.concat([file('before', 'x'), write(...map)]))),
  ...cuts,
  ...everyType,
  ...changed,
  ...checksums,
  ...endings,
};
