import { nextData, nextHole } from '../../../linux/space.js';
import type { ByteString } from './byte-string.js';
import { corruptArchive } from './corrupt.js';
import { decodeNumber, tarBlockSize } from './header.js';
import { type ArchiveInput, truncatedArchive } from './pack/input.js';
import { type PaxRecords, wholeNumber } from './pax.js';

/** Where the data of a file with holes belongs. All in bytes. */
export interface SparseMap {
  /** The size of the file, holes included. */
  size: number;
  /** Offset, length, offset, length, … of the data, which follows in the archive in this order. */
  extents: number[];
}

/** A file of 4 KiB data and 4 KiB hole in turn reaches this at 8 GiB. More is no image but an attack on memory. */
const extentsMax = 1024 * 1024;

/** What the two map readers need to know. */
interface Place {
  input: ArchiveInput;
  /** Of the entry's header, for messages. */
  offset: number;
  name: ByteString;
}

/**
 * Checks that the extents ascend, stay inside the file and make up the `stored` bytes.
 *
 * @throws Failure Corrupt when they do not
 */
export function checkMap(map: SparseMap, stored: number, offset: number, name: ByteString): void {
  let end = 0;
  let total = 0;
  for (let index = 0; index < map.extents.length; index += 2) {
    const start = map.extents[index] ?? 0;
    const length = map.extents[index + 1] ?? -1;
    if (start < end || length < 0 || start + length > map.size)
      throw corruptArchive('has a sparse map that leads outside the file', offset, name);
    end = start + length;
    total += length;
  }
  if (total !== stored)
    throw corruptArchive(`has a sparse map for ${total} bytes but ${stored} are stored`, offset, name);
}

function add(extents: number[], start: number, length: number, { offset, name }: Place): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(length) || start < 0)
    throw corruptArchive('has a damaged sparse map', offset, name);
  if (extents.length >= 2 * extentsMax)
    throw corruptArchive(`has a sparse map of more than ${extentsMax} extents`, offset, name);
  extents.push(start, length);
}

/** Reads `count` pairs of 12-byte fields; an empty field ends the list. */
function readPairs(block: Buffer, at: number, count: number, extents: number[], place: Place): void {
  for (let index = 0; index < count; index++) {
    const pair = at + index * 24;
    if (block[pair] === 0 && block[pair + 12] === 0) return;
    add(extents, decodeNumber(block, pair, 12), decodeNumber(block, pair + 12, 12), place);
  }
}

/** The old GNU format (type S): four extents in the header and 21 in each of the blocks that follow it. */
export function readGnuMap(header: Buffer, place: Place): SparseMap {
  const extents: number[] = [];
  readPairs(header, 386, 4, extents, place);
  const size = decodeNumber(header, 483, 12);
  let more = header[482] !== 0;
  while (more) {
    if (!place.input.ensure(tarBlockSize)) throw truncatedArchive(place.input.offset);
    const { buffer, start } = place.input;
    readPairs(buffer, start, 21, extents, place);
    more = buffer[start + 504] !== 0;
    place.input.consume(tarBlockSize);
  }
  if (!Number.isSafeInteger(size) || size < 0)
    throw corruptArchive('has a damaged sparse map', place.offset, place.name);
  return { size, extents };
}

/** Reads one decimal number and its newline; the map of version 1.0 is at the front of the content. */
function readLine(place: Place): number {
  let value = 0;
  for (let digits = 0; ; digits++) {
    if (!place.input.ensure(1)) throw truncatedArchive(place.input.offset);
    const byte = place.input.buffer[place.input.start] ?? 0;
    place.input.consume(1);
    if (byte === 0x0a && digits > 0) return value;
    if (byte < 0x30 || byte > 0x39 || digits > 18)
      throw corruptArchive('has a damaged sparse map', place.offset, place.name);
    value = value * 10 + byte - 0x30;
  }
}

function readLeadingMap(place: Place): number[] {
  const begin = place.input.offset;
  const extents: number[] = [];
  for (let left = readLine(place); left > 0; left--) add(extents, readLine(place), readLine(place), place);
  place.input.skip((tarBlockSize - ((place.input.offset - begin) % tarBlockSize)) % tarBlockSize);
  return extents;
}

/**
 * The sparse map that GNU tar's extended headers (versions 0.0, 0.1 and 1.0) describe, or undefined. Reads the map of
 * version 1.0 off the front of the content.
 *
 * @throws Failure Corrupt when the map is damaged, or the archive ends within it; what the source throws
 */
export function readPaxMap(records: PaxRecords, place: Place): SparseMap | undefined {
  const { values } = records;
  const number = (key: string) => wholeNumber(values.get(key) ?? '', place.offset);
  if (values.get('GNU.sparse.major') === '1')
    return { size: number('GNU.sparse.realsize'), extents: readLeadingMap(place) };
  const list = values.get('GNU.sparse.map');
  if (list === undefined && !values.has('GNU.sparse.size')) return undefined;
  const extents: number[] = [];
  const flat = list === undefined ? records.extents : listed(list, place);
  for (let index = 0; index < flat.length; index += 2)
    add(extents, flat[index] ?? Number.NaN, flat[index + 1] ?? Number.NaN, place);
  return { size: number('GNU.sparse.size'), extents };
}

function listed(list: ByteString, place: Place): number[] {
  return list === '' ? [] : list.split(',').map((item) => wholeNumber(item, place.offset));
}

/** Offsets and lengths of a file's data, ended by an empty extent at its size as GNU tar has it; undefined without holes. */
export function dataExtents(descriptor: number, size: number): number[] | undefined {
  const extents: number[] = [];
  let end = 0;
  for (let start = nextData(descriptor, 0); start !== undefined && start < size; start = nextData(descriptor, end)) {
    end = Math.min(nextHole(descriptor, start) ?? size, size);
    if (start === 0 && end === size) return undefined;
    extents.push(start, end - start);
    if (end >= size) return extents;
  }
  extents.push(size, 0);
  return extents;
}
