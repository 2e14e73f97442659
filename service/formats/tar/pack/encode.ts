import type { ByteString } from '../byte-string.js';
import { Type } from '../header.js';
import type { ArchiveOutput } from '../unpack/output.js';

/** Key and value, as bytes. */
export type PaxRecord = readonly [key: ByteString, value: ByteString];

/** What one header says. Numbers that do not fit into it go into an extended header before it. */
export interface OutgoingHeader {
  type: number;
  path: ByteString;
  target: ByteString;
  mode: number;
  user: number;
  group: number;
  /** Bytes of content. */
  size: number;
  modified: { seconds: number; nanoseconds: number };
  major: number;
  minor: number;
  /** Further records for the extended header. */
  records: readonly PaxRecord[];
}

const nameMax = 100;
const prefixMax = 155;
const idMax = 0o7777777;
const sizeMax = 0o77777777777;
const plain = /^[\x01-\x7f]*$/;

/** Writes a header, preceded by an extended one when it takes that to say everything. */
export function writeHeader(output: ArchiveOutput, header: OutgoingHeader): void {
  const split = splitPath(header.path);
  const records = [...needed(header, split !== undefined), ...header.records];
  if (records.length > 0) writeRecords(output, records);
  writeBlock(output, header, split ?? { prefix: '', name: header.path.slice(-nameMax) });
}

function needed(header: OutgoingHeader, fits: boolean): PaxRecord[] {
  const { path, target, user, group, size, modified } = header;
  const records: PaxRecord[] = [];
  if (!fits) records.push(['path', path]);
  if (target.length > nameMax) records.push(['linkpath', target]);
  // pax(1): values are UTF-8 unless this says otherwise.
  if (records.some(([, value]) => !isUtf8(value))) records.unshift(['hdrcharset', 'BINARY']);
  if (user > idMax) records.push(['uid', String(user)]);
  if (group > idMax) records.push(['gid', String(group)]);
  if (size > sizeMax) records.push(['size', String(size)]);
  if (modified.nanoseconds > 0 || modified.seconds < 0 || modified.seconds > sizeMax)
    records.push(['mtime', formatTime(modified)]);
  return records;
}

function isUtf8(bytes: ByteString): boolean {
  if (plain.test(bytes)) return true;
  const buffer = Buffer.from(bytes, 'latin1');
  return buffer.equals(Buffer.from(buffer.toString('utf8')));
}

/** Seconds with a decimal fraction, without trailing zeros. */
export function formatTime({ seconds, nanoseconds }: { seconds: number; nanoseconds: number }): string {
  if (nanoseconds === 0) return String(seconds);
  const negative = seconds < 0;
  const whole = negative ? -(seconds + 1) : seconds;
  const fraction = negative ? 1_000_000_000 - nanoseconds : nanoseconds;
  return `${negative ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
}

/** How ustar stores a path: in one field, or in two with a slash between that is not stored; undefined when it does not fit. */
function splitPath(path: ByteString): { prefix: ByteString; name: ByteString } | undefined {
  if (path.length <= nameMax) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - nameMax - 1);
  if (slash <= 0 || slash > prefixMax || slash === path.length - 1) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

function writeRecords(output: ArchiveOutput, records: readonly PaxRecord[]): void {
  const bytes = Buffer.from(records.map(formatRecord).join(''), 'latin1');
  writeBlock(output, { ...extendedHeader, size: bytes.length }, { prefix: '', name: extendedHeader.path });
  output.write(bytes);
  output.pad(bytes.length);
}

const extendedHeader: OutgoingHeader = {
  type: Type.pax,
  path: 'PaxHeaders',
  target: '',
  mode: 0o644,
  user: 0,
  group: 0,
  size: 0,
  modified: { seconds: 0, nanoseconds: 0 },
  major: 0,
  minor: 0,
  records: [],
};

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
export function formatRecord([key, value]: PaxRecord): ByteString {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length > length) length++;
  return `${length}${rest}`;
}

/** Octal digits, led by zeros. Digit by digit: there are eight numbers in a header, and strings of them would be most of its cost. */
function writeOctal(buffer: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let index = at + digits - 1; index >= at; index--) {
    buffer[index] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function clipped(value: number, max: number): number {
  return value < 0 || value > max ? 0 : value;
}

function writeText(buffer: Buffer, at: number, bytes: ByteString): void {
  if (bytes !== '') buffer.write(bytes, at, 'latin1');
}

function writeBlock(output: ArchiveOutput, header: OutgoingHeader, path: { prefix: string; name: string }): void {
  const at = output.block();
  const { buffer } = output;
  writeText(buffer, at, path.name);
  writeOctal(buffer, at + 100, 7, header.mode);
  writeOctal(buffer, at + 108, 7, clipped(header.user, idMax));
  writeOctal(buffer, at + 116, 7, clipped(header.group, idMax));
  writeOctal(buffer, at + 124, 11, clipped(header.size, sizeMax));
  writeOctal(buffer, at + 136, 11, clipped(header.modified.seconds, sizeMax));
  buffer[at + 156] = header.type;
  writeText(buffer, at + 157, header.target.slice(0, nameMax));
  writeText(buffer, at + 257, 'ustar\x0000');
  writeOctal(buffer, at + 329, 7, header.major);
  writeOctal(buffer, at + 337, 7, header.minor);
  writeText(buffer, at + 345, path.prefix);
  writeText(buffer, at + 148, '        ');
  let sum = 0;
  for (let index = at; index < at + 512; index++) sum += buffer[index] ?? 0;
  writeOctal(buffer, at + 148, 6, sum);
  buffer[at + 154] = 0;
}
