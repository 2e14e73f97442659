import { Failure } from '../../../common/failure.js';
import type { ByteString } from './byte-string.js';
import type { EntryType } from './entry.js';
import type { ArchiveInput } from './pack/input.js';

/* cpio's formats with numbers as text: newc (070701, and 070702 with a sum of the data) and odc (070707), cpio(5). */

/** Longest name, with its NUL, in bytes; what is longer than PATH_MAX is refused later, by name. */
const nameMax = 64 * 1024;
const magicLength = 6;

/** What stands before the data of a member. Numbers are as in stat(2). */
export interface CpioHeader {
  /** Where it begins, in bytes of the archive. */
  offset: number;
  name: ByteString;
  type: EntryType;
  mode: number;
  user: number;
  group: number;
  links: number;
  /** Which file it is a name of. */
  inode: string;
  modified: number;
  /** Bytes of data that follow. */
  size: number;
  major: number;
  minor: number;
  /** The sum of the bytes of a file's data, modulo 2^32; undefined where the format has none. */
  checksum: number | undefined;
  /** Names and data take a multiple of so many bytes. */
  alignment: number;
}

const types = new Map<number, EntryType>([
  [0o01, 'fifo'],
  [0o02, 'characterDevice'],
  [0o04, 'directory'],
  [0o06, 'blockDevice'],
  [0o10, 'file'],
  [0o12, 'symbolicLink'],
  [0o14, 'socket'],
]);

/** The archive is damaged or hostile. `offset`: where the header begins, in bytes of the plain archive. */
export function corruptCpio(reason: string, offset: number): Failure<'Corrupt'> {
  const what = `the cpio archive ${reason}`;
  return new Failure('Corrupt', `At byte ${offset}, ${what}`, { what, offset });
}

/** Whether the next bytes begin a member of such an archive. */
export function beginsCpio(input: ArchiveInput): boolean {
  return input.ensure(magicLength) && /^07070[127]$/.test(magicOf(input));
}

function magicOf({ buffer, start }: ArchiveInput): string {
  return buffer.toString('latin1', start, start + magicLength);
}

/** Reads numbers of `digits` digits, one behind the other. */
function numberReader(text: ByteString, base: 8 | 16, offset: number): (digits: number) => number {
  const valid = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/;
  let position = magicLength;
  return (digits) => {
    const field = text.slice(position, position + digits);
    position += digits;
    if (!valid.test(field)) throw corruptCpio('has a header with a field that is not a number', offset);
    return Number.parseInt(field, base);
  };
}

type Fields = Omit<CpioHeader, 'name' | 'offset' | 'type'> & { nameLength: number };

function newcFields(text: ByteString, offset: number): Fields {
  const next = numberReader(text, 16, offset);
  const number = () => next(8);
  const [inode, mode, user, group, links] = [number(), number(), number(), number(), number()];
  const [modified, size, fileMajor, fileMinor] = [number(), number(), number(), number()];
  const [major, minor, nameLength, sum] = [number(), number(), number(), number()];
  const checksum = text.startsWith('070702') ? sum : undefined;
  const file = `${fileMajor}:${fileMinor}:${inode}`;
  return { mode, user, group, links, inode: file, modified, size, major, minor, nameLength, checksum, alignment: 4 };
}

function odcFields(text: ByteString, offset: number): Fields {
  const next = numberReader(text, 8, offset);
  const number = () => next(6);
  const [device, inode, mode, user, group] = [number(), number(), number(), number(), number()];
  const [links, special, modified, nameLength, size] = [number(), number(), next(11), number(), next(11)];
  const [major, minor] = [special >> 8, special & 0xff];
  const file = `${device}:${inode}`;
  return {
    mode,
    user,
    group,
    links,
    inode: file,
    modified,
    size,
    major,
    minor,
    nameLength,
    checksum: undefined,
    alignment: 1,
  };
}

/**
 * Reads a header with its name.
 *
 * @throws Failure Corrupt when there is none, or it makes no sense, or the archive ends in it
 * @throws whatever the source throws
 */
export function readCpioHeader(input: ArchiveInput): CpioHeader {
  const { offset } = input;
  if (!beginsCpio(input)) {
    const reason =
      input.available < magicLength ? 'is truncated: it has no end mark' : 'is damaged: it has no header here';
    throw corruptCpio(reason, offset);
  }
  const isOdc = magicOf(input) === '070707';
  const text = input.take(isOdc ? 76 : 110);
  const { nameLength, ...fields } = isOdc ? odcFields(text, offset) : newcFields(text, offset);
  if (nameLength < 1 || nameLength > nameMax) throw corruptCpio(`has a name of ${nameLength} bytes`, offset);
  const name = input.take(nameLength);
  if (!name.endsWith('\0')) throw corruptCpio('has a name without its end', offset);
  input.skip(padded(input.offset - offset, fields.alignment));
  const type = types.get(fields.mode >> 12) ?? 'unknown';
  return { ...fields, mode: fields.mode & 0o7777, offset, name: name.slice(0, -1), type };
}

/** The padding behind `length` bytes, in bytes. */
export function padded(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}
