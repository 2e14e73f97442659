import { after, below, carriers, linked, links, names } from './archives/names.js';
import { maps, sparseWriters } from './archives/sparse-maps.js';
import {
  archive,
  directory,
  end,
  entry,
  type Fields,
  file,
  hardLink,
  longName,
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
