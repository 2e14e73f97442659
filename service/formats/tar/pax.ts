import type { ByteString } from './byte-string.js';
import { corruptArchive } from './corrupt.js';

/** The records of one extended header: pax(1), "pax Extended Header". Keys and values are bytes. */
export interface PaxRecords {
  /** The last value of each key. */
  values: Map<ByteString, ByteString>;
  /** Offset and length of each data extent: GNU.sparse.offset and .numbytes (version 0.0) repeat, and their order counts. */
  extents: number[];
  /** Whether there are others than those of the standard, such as attributes and sparse maps. */
  special: boolean;
}

/**
 * Takes apart `LENGTH KEY=VALUE\n` records. NULs after the last one are padding. `offset` is the header's place, for the
 * message.
 *
 * @throws Failure Corrupt when a length does not fit, or the extents of a sparse file are not numbers
 */
export function parsePax(text: ByteString, offset: number): PaxRecords {
  const records: PaxRecords = { values: new Map(), extents: [], special: false };
  let at = 0;
  while (at < text.length && text.charCodeAt(at) !== 0) {
    const space = afterDigits(text, at);
    const end = at + Number(text.slice(at, space));
    const equals = text.indexOf('=', space);
    const sound = space > at && text.charCodeAt(space) === 0x20 && equals > space && equals < end && end <= text.length;
    if (!sound || text.charCodeAt(end - 1) !== 0x0a) throw corruptArchive('has a damaged extended header', offset);
    record(records, text.slice(space + 1, equals), text.slice(equals + 1, end - 1), offset);
    at = end;
  }
  return records;
}

/** Where the digits at `at` end, at most twelve of them. */
function afterDigits(text: ByteString, at: number): number {
  let end = at;
  while (end - at < 12 && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}

function record(records: PaxRecords, key: ByteString, value: ByteString, offset: number): void {
  // Nearly every entry has these two, and nothing can be done with them.
  if (key === 'atime' || key === 'ctime') return;
  if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') records.extents.push(wholeNumber(value, offset));
  else records.values.set(key, value);
  // Upper case is for what the standard does not know.
  if (key.charCodeAt(0) < 0x61) records.special = true;
}

/**
 * A whole decimal number that JavaScript holds exactly.
 *
 * @throws Failure Corrupt when it is not one
 */
export function wholeNumber(value: ByteString, offset: number): number {
  const number = readNumber(value);
  if (number === undefined) throw corruptArchive('has an extended header with an invalid number', offset);
  return number;
}

/** A whole decimal number that JavaScript holds exactly; undefined when it is not one. */
export function readNumber(value: ByteString): number | undefined {
  const number = Number(value);
  return /^-?\d+$/.test(value) && Number.isSafeInteger(number) ? number : undefined;
}

/**
 * A time: seconds with an optional sign and fraction; what is finer than a nanosecond is cut off, towards the past. Undefined when it is
 * not one.
 */
export function readTime(value: ByteString): { seconds: number; nanoseconds: number } | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(value) ?? [];
  if (whole === undefined) return undefined;
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}
