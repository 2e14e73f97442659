import { printNumber } from '../../varlink/json.js';
import { isPlain, unprintable } from '../../varlink/text.js';

/** What can be written as JSON; integers beyond 2^53 as bigint. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** Writes JSON without any white space. Keys that are undefined are left out. */
export function shortJson(value: Json): string {
  return write(value, undefined, '');
}

/** Writes JSON with tabs and spaces as systemd's tools do. */
export function prettyJson(value: Json): string {
  return write(value, '\t', '');
}

/** What a terminal would take for an order, or a reader for another text, is escaped beyond what JSON asks for. */
function quoted(text: string): string {
  if (isPlain(text)) return JSON.stringify(text);
  return JSON.stringify(text).replace(unprintable, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

function write(value: Json, indent: string | undefined, margin: string): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? printNumber(value) : 'null';
  const inner = indent === undefined ? '' : margin + indent;
  if (isArray(value))
    return enclose(
      '[',
      value.map((item) => inner + write(item, indent, inner)),
      ']',
      indent,
      margin,
    );
  const separator = indent === undefined ? ':' : ' : ';
  const members = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${inner}${quoted(key)}${separator}${write(item, indent, inner)}`],
  );
  return enclose('{', members, '}', indent, margin);
}

function isArray(value: readonly Json[] | { readonly [key: string]: Json | undefined }): value is readonly Json[] {
  return Array.isArray(value);
}

function enclose(open: string, parts: string[], close: string, indent: string | undefined, margin: string): string {
  if (parts.length === 0) return open + close;
  if (indent === undefined) return open + parts.join(',') + close;
  return `${open}\n${parts.join(',\n')}\n${margin}${close}`;
}
