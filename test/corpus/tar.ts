/**
 * Builds tar archives byte by byte, also such as no program would write. Text is one character per byte (latin1).
 */

export interface Fields {
  name?: string;
  /** The type character; '0' is a regular file. */
  type?: string;
  mode?: number | string;
  user?: number | string;
  group?: number | string;
  /** In bytes; the content's length unless given. A string goes in as it is. */
  size?: number | string;
  /** Seconds since 1970. */
  time?: number | string;
  target?: string;
  prefix?: string;
  major?: number;
  minor?: number;
  dialect?: 'ustar' | 'gnu' | 'v7';
  /** Written instead of the right checksum. */
  checksum?: string;
  signedChecksum?: boolean;
  /** Bytes put over the finished header, before the checksum is made. */
  patches?: readonly { at: number; bytes: string }[];
}

export const owner = { user: process.geteuid?.() ?? 0, group: process.getegid?.() ?? 0 };
/** 2001-09-09, so that a time that was not set shows. */
const someTime = 1_000_000_000;

const magics = { ustar: 'ustar\x0000', gnu: 'ustar  \0', v7: '' } as const;

/** A number as octal digits in a field; negative or too large ones in base-256, as GNU tar does. */
export function numberField(value: number | string, length: number): string {
  if (typeof value === 'string') return value;
  const octal = value.toString(8).padStart(length - 1, '0');
  if (value >= 0 && octal.length < length) return `${octal}\0`;
  let rest = BigInt(value) & ((1n << BigInt(8 * length)) - 1n);
  let bytes = '';
  for (let index = 0; index < length; index++, rest >>= 8n) bytes = String.fromCharCode(Number(rest & 0xffn)) + bytes;
  return String.fromCharCode(bytes.charCodeAt(0) | 0x80) + bytes.slice(1);
}

/** One header block. */
export function header(fields: Fields): Buffer {
  const block = Buffer.alloc(512);
  const put = (at: number, text: string) => block.write(text, at, 'latin1');
  const { dialect = 'ustar', type = '0', name = 'name' } = fields;
  put(0, name.slice(0, 100));
  put(100, numberField(fields.mode ?? (type === '5' ? 0o755 : 0o644), 8));
  put(108, numberField(fields.user ?? owner.user, 8));
  put(116, numberField(fields.group ?? owner.group, 8));
  put(124, numberField(fields.size ?? 0, 12));
  put(136, numberField(fields.time ?? someTime, 12));
  put(156, type);
  put(157, (fields.target ?? '').slice(0, 100));
  put(257, magics[dialect]);
  if (dialect !== 'v7') {
    put(329, numberField(fields.major ?? 0, 8));
    put(337, numberField(fields.minor ?? 0, 8));
  }
  if (fields.prefix !== undefined) put(345, fields.prefix);
  for (const { at, bytes } of fields.patches ?? []) put(at, bytes);
  put(148, fields.checksum ?? checksum(block, fields.signedChecksum ?? false));
  return block;
}

/** What the checksum field of a header has to be, whatever it is: bytes summed as they are, or as signed ones. */
export function checksum(block: Buffer, signed = false): string {
  let sum = 8 * 0x20;
  for (let index = 0; index < block.length; index++) {
    const byte = block[index] ?? 0;
    if (index < 148 || index >= 156) sum += signed && byte > 127 ? byte - 256 : byte;
  }
  return `${sum.toString(8).padStart(6, '0')}\0 `;
}

/** A header with its content, padded. */
export function entry(fields: Fields, content: string | Buffer = ''): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return Buffer.concat([header({ size: bytes.length, ...fields }), padded(bytes)]);
}

export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

export const file = (name: string, content: string | Buffer = '', fields: Fields = {}) =>
  entry({ name, ...fields }, content);
export const directory = (name: string, fields: Fields = {}) => entry({ name, type: '5', ...fields });
export const symbolicLink = (name: string, target: string, fields: Fields = {}) =>
  entry({ name, type: '2', mode: 0o777, target, ...fields });
export const hardLink = (name: string, target: string, fields: Fields = {}) =>
  entry({ name, type: '1', target, ...fields });

/** An extended header: `x` for the next entry, `g` for all that follow. Keys and values are bytes. */
export function pax(records: readonly (readonly [string, string])[], type: 'x' | 'g' = 'x'): Buffer {
  return entry({ name: 'PaxHeaders/x', type }, records.map(([key, value]) => paxRecord(key, value)).join(''));
}

export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

/** A long name (`L`) or link target (`K`) in GNU's old way, for the entry that follows. */
export function longName(name: string, type: 'L' | 'K' = 'L'): Buffer {
  return entry({ name: '././@LongLink', type, dialect: 'gnu', mode: 0 }, `${name}\0`);
}

/** The two blocks of zeros that end an archive. */
export const end = Buffer.alloc(1024);

/** Entries and the end marker. */
export function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, end]);
}

/** Random-looking bytes, the same every time (a linear congruential generator). */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
