import type { ByteString } from './byte-string.js';
import { corruptArchive } from './corrupt.js';

/** Headers and the padding of contents come in blocks of this many bytes. */
export const tarBlockSize = 512;

/** The type byte of a header (`typeflag`): pax(1) "ustar Interchange Format", GNU tar's manual "Basic Tar Format". */
export const Type = {
  oldFile: 0,
  file: 0x30,
  hardLink: 0x31,
  symbolicLink: 0x32,
  characterDevice: 0x33,
  blockDevice: 0x34,
  directory: 0x35,
  fifo: 0x36,
  contiguousFile: 0x37,
  paxGlobal: 0x67,
  pax: 0x78,
  solarisPax: 0x58,
  gnuDirectory: 0x44,
  gnuLongTarget: 0x4b,
  gnuLongName: 0x4c,
  gnuContinuation: 0x4d,
  gnuSparse: 0x53,
  gnuVolume: 0x56,
} as const;

export type Dialect = 'v7' | 'ustar' | 'gnu';

/** One decoded header block. */
export interface Header {
  dialect: Dialect;
  type: number;
  name: ByteString;
  target: ByteString;
  /** Permission and set-id bits only. */
  mode: number;
  user: number;
  group: number;
  /** Bytes of content that follow, without padding. */
  size: number;
  /** Seconds since 1970. */
  modified: number;
  major: number;
  minor: number;
}

/** Reads text up to its NUL or the end of its field. */
function text(block: Buffer, at: number, length: number): ByteString {
  let end = at;
  while (end < at + length && block[end] !== 0) end++;
  return block.toString('latin1', at, end);
}

/** Base-256 of GNU tar and star: two's complement, big-endian, marked by the highest bit. Exact up to 2^53. */
function binaryNumber(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first & 0x7f) - 0x80 : first & 0x3f;
  for (let index = at + 1; index < at + length; index++) value = value * 256 + (block[index] ?? 0);
  return value;
}

/**
 * A numeric field: octal digits, led by spaces and ended by a space, a NUL or the field's end; or base-256. Blank is 0.
 * NaN when it is neither.
 */
export function decodeNumber(block: Buffer, at: number, length: number): number {
  if ((block[at] ?? 0) & 0x80) return binaryNumber(block, at, length);
  const end = at + length;
  let index = at;
  while (index < end && block[index] === 0x20) index++;
  let value = 0;
  for (; index < end; index++) {
    const digit = (block[index] ?? 0) - 0x30;
    if (digit === -0x30 || digit === -0x10) break;
    if (digit < 0 || digit > 7) return Number.NaN;
    value = value * 8 + digit;
  }
  return value;
}

/** Whether a block is all zeros, as those are that end an archive. */
export function isZeroBlock(buffer: Buffer, at: number): boolean {
  for (let index = at; index < at + tarBlockSize; index++) if (buffer[index] !== 0) return false;
  return true;
}

const checksumAt = 148;
const checksumLength = 8;

/** Sums the bytes of a header, its checksum counted as spaces: as unsigned ones, or as signed ones. */
function sumOf(buffer: Buffer, at: number, signed: boolean): number {
  let sum = checksumLength * 0x20;
  for (let index = at; index < at + tarBlockSize; index++) sum += buffer[index] ?? 0;
  for (let index = at + checksumAt; index < at + checksumAt + checksumLength; index++) sum -= buffer[index] ?? 0;
  if (!signed) return sum;
  const isHigh = (index: number) => (buffer[at + index] ?? 0) > 0x7f;
  for (let index = 0; index < tarBlockSize; index++)
    if (isHigh(index) && (index < checksumAt || index >= checksumAt + checksumLength)) sum -= 0x100;
  return sum;
}

/** Whether the checksum fits. Some old writers summed signed bytes (GNU tar's manual, "Checksumming Problems"). */
export function checksumFits(buffer: Buffer, at: number): boolean {
  const stored = decodeNumber(buffer, at + checksumAt, checksumLength);
  return stored === sumOf(buffer, at, false) || stored === sumOf(buffer, at, true);
}

function dialectOf(block: Buffer, at: number): Dialect {
  if (block.toString('latin1', at + 257, at + 262) !== 'ustar') return 'v7';
  return block[at + 262] === 0x20 ? 'gnu' : 'ustar';
}

function permissions(mode: number): number {
  return Number.isNaN(mode) ? mode : mode & 0o7777;
}

/** Exact or not a number: what comes of a field that an archive can do without. */
function optional(block: Buffer, at: number, length: number): number {
  const value = decodeNumber(block, at, length);
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/**
 * Decodes the header block at `at`, whose checksum fits. `offset` is its place in the archive, for messages. Numbers other than the size
 * are NaN where they cannot be read.
 *
 * @throws Failure Corrupt when the size is not a number, or an impossible one
 */
export function decodeHeader(block: Buffer, at: number, offset: number): Header {
  const dialect = dialectOf(block, at);
  const type = block[at + 156] ?? 0;
  const size = decodeNumber(block, at + 124, 12);
  if (Number.isNaN(size)) throw corruptArchive('has a header whose size is not a number', offset);
  if (!Number.isSafeInteger(size) || size < 0) throw corruptArchive('has a header with an impossible size', offset);
  const device = type === Type.characterDevice || type === Type.blockDevice;
  const prefix = dialect === 'ustar' && block[at + 345] !== 0 ? text(block, at + 345, 155) : '';
  const name = text(block, at, 100);
  return {
    dialect,
    type,
    name: prefix === '' ? name : `${prefix}/${name}`,
    target: text(block, at + 157, 100),
    mode: permissions(decodeNumber(block, at + 100, 8)),
    // An owner that is too large is known to be none of ours: it is not unreadable.
    user: decodeNumber(block, at + 108, 8),
    group: decodeNumber(block, at + 116, 8),
    size,
    modified: optional(block, at + 136, 12),
    major: device ? decodeNumber(block, at + 329, 8) : 0,
    minor: device ? decodeNumber(block, at + 337, 8) : 0,
  };
}

/** The padding that follows `size` bytes, in bytes. */
export function padding(size: number): number {
  return (tarBlockSize - (size % tarBlockSize)) % tarBlockSize;
}
