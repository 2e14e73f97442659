import { strict as assert } from 'node:assert';
import { Failure } from '../../../common/failure.js';
import { ArchiveReader } from '../../../service/formats/tar/archive.js';
import type { Entry } from '../../../service/formats/tar/entry.js';
import { damaged, escapes } from '../../corpus/hostile.js';
import { odd } from '../../corpus/odd.js';
import { checksum, numberField, pax } from '../../corpus/tar.js';
import type { Random } from '../../support/random.js';
import { MemorySource } from '../../unit/service/formats/tar/unpacking.js';
import type { Target } from '../target.js';

/** What reading an archive comes to: its entries, and how it ended. */
interface Reading {
  entries: Entry[];
  end: string;
}

function read(input: Buffer, step: number): Reading {
  const source = new MemorySource(input, step);
  const reader = new ArchiveReader(source);
  const entries: Entry[] = [];
  try {
    for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
      judge(entry, input.length);
      entries.push(entry);
    }
    assert.ok(source.drained, 'the source was not read to its end');
    assert.equal(reader.input.offset, input.length);
    return { entries, end: `${reader.endMarker} ${reader.trailingBytes}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.ok(error.kind === 'Corrupt' || error.kind === 'UnsupportedFormat', error.kind);
    assert.doesNotMatch(error.message, /[\x00-\x1f\x7f]/);
    return { entries, end: error.message };
  }
}

/** What placing an entry relies on. */
function judge(
  { path, type, target, stored, sparse, mode, modified, offset, attributes }: Entry,
  length: number,
): void {
  const names = type === 'hardLink' ? [path, target] : [path];
  for (const name of names) assert.doesNotMatch(name, /^\/|\/$|\/\/|(^|\/)\.\.?(\/|$)|\0/);
  assert.ok(stored >= 0 && Number.isSafeInteger(stored) && offset >= 0 && offset < length);
  assert.ok(mode >= 0 && mode <= 0o7777);
  assert.ok(Number.isSafeInteger(modified.seconds) && modified.nanoseconds >= 0 && modified.nanoseconds < 1e9);
  // Names and values of attributes are the kernel's to judge: what it does not take is a loss.
  for (const { value } of attributes) assert.ok(Buffer.isBuffer(value));
  if (sparse === undefined) return;
  let [end, total] = [0, 0];
  for (let index = 0; index < sparse.extents.length; index += 2) {
    const [start = -1, size = -1] = sparse.extents.slice(index, index + 2);
    assert.ok(start >= end && size >= 0 && start + size <= sparse.size);
    [end, total] = [start + size, total + size];
  }
  assert.equal(total, stored);
}

const fieldPlaces = [100, 108, 116, 124, 124, 136, 148, 329, 337, 386, 398, 410, 422, 483] as const;
const numbers = [0, 1, 2, 511, 512, 513, 1024, 8192, -1, -512, 2 ** 31, 2 ** 33, 2 ** 53, 2 ** 63, 2 ** 80] as const;
const types = '01234567gxXDKLMNSVsA\0\xff'.split('');
const keys = [
  ...['path', 'linkpath', 'size', 'uid', 'gid', 'mtime', 'atime', 'hdrcharset', 'comment', 'SCHILY.xattr.user.a'],
  ...['LIBARCHIVE.xattr.user.%41', 'SCHILY.xattr.', 'RHT.security.selinux', 'SCHILY.acl.access', 'SCHILY.acl.default'],
  ...['SCHILY.fflags', 'SCHILY.devmajor', 'SCHILY.devminor', 'GNU.sparse.major', 'GNU.sparse.minor', 'GNU.sparse.name'],
  ...['GNU.sparse.realsize', 'GNU.sparse.size', 'GNU.sparse.map', 'GNU.sparse.offset', 'GNU.sparse.numbytes', '', 'X'],
] as const;
const values = [
  ...['', '0', '1', '3', '512', '-1', '20', '1.5', '-0.1', '99999999999999999999', '2,3,10,3', '0,0', '0,', ',', '..'],
  ...['a/b', '/a', 'a//b/', './', 'user::rwx', 'nodump', 'YQ==', '\xff\0', 'x'.repeat(200)],
] as const;

const some = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)] as Item;

/** Puts a number into a field of a header, changes its type, or puts an extended header before it. */
export function mutate(input: Buffer, random: Random): Buffer {
  if (input.length < 512) return Buffer.concat([input, Buffer.alloc(512)]);
  const block = 512 * random(Math.floor(input.length / 512));
  if (random(3) === 0) {
    const records = Array.from({ length: 1 + random(4) }, () => [some(random, keys), some(random, values)] as const);
    const extended = pax(records, random(5) ? 'x' : 'g');
    return Buffer.concat([input.subarray(0, block), extended, input.subarray(block)]);
  }
  if (random(3) === 0) input.write(some(random, types), block + 156, 'latin1');
  else {
    const at = some(random, fieldPlaces);
    const field = numberField(some(random, numbers), at < 124 || (at > 136 && at < 386) ? 8 : 12);
    input.write(field, block + at, 'latin1');
  }
  return input;
}

/** Gives every block that may be meant as a header the checksum that it needs to be taken for one. */
export function repair(input: Buffer): void {
  for (let at = 0; at + 512 <= input.length; at += 512) {
    if (!/^[ 0-7]{5}/.test(input.toString('latin1', at + 148, at + 156))) continue;
    input.write(checksum(input.subarray(at, at + 512)), at + 148, 'latin1');
  }
}

/** Reads an input, and one in four in pieces too. */
export function readInPieces(input: Buffer): void {
  const whole = read(input, input.length);
  // A pipe gives what it has: the pieces must not matter.
  if (((input.at(-1) ?? 0) + input.length) % 4 === 0) assert.deepEqual(read(input, 1 + (input.length % 700)), whole);
}

export const tar: Target = {
  name: 'tar',
  lengthMax: 8192,
  dictionary: [
    ...[
      'ustar\x0000',
      'ustar  \0',
      '00000000000\0',
      '77777777777\0',
      '\x80\0\0\0\0\0\0\0\0\0\0\x01',
      '\xff'.repeat(12),
    ],
    ...['././@LongLink', '../', '/', './', 'a/', '9 path=b\n', '11 path=../\n', '\n', '=', '\0'.repeat(512), ' '],
    ...[...keys, ...values].filter((text) => text !== ''),
  ],
  seeds: () =>
    [...odd.map(({ bytes }) => bytes), ...[...escapes, ...damaged].map(({ bytes }) => bytes('/outside'))].filter(
      ({ length }) => length <= tar.lengthMax,
    ),
  run: readInPieces,
  mutate,
  repair,
};
