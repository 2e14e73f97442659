/**
 * JSON as Varlink peers in the field expect it, which is stricter than JSON.parse() and JSON.stringify(): integers keep
 * all 64 bits, duplicate keys, NUL characters, lone surrogates and deep nesting are refused, as sd-varlink does.
 */
import { isUtf8 } from 'node:buffer';
import type { JsonObject, JsonValue } from './idl/value.js';
import { readable } from './text.js';

export type { JsonObject, JsonValue } from './idl/value.js';

/** Values nested deeper than this are refused, both ways (sd-json's limit). */
export const jsonDepthMax = 2048;

const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;
/** Integers of up to this many characters are always exact in a number. */
const exactLengthMax = 15;
/** The length of -9223372036854775808 and of 18446744073709551615. */
const int64LengthMax = 20;

/** Text that is not JSON, or a value that cannot be put into JSON. */
export class JsonError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonError';
  }
}

/**
 * Parses a JSON document in UTF-8.
 *
 * Integers that a number cannot hold exactly are bigints, as far as 64 bits go (-2^63 … 2^64-1); beyond that they are
 * rounded, as sd-json does.
 *
 * @param valuesMax how many values there may be in it, at any depth: what bounds the time that parsing takes
 * @throws JsonError if it is none
 */
export function parseJson(bytes: Uint8Array, valuesMax = Number.POSITIVE_INFINITY): JsonValue {
  if (!isUtf8(bytes)) throw new JsonError('invalid UTF-8');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Parser(buffer.toString('utf8'), valuesMax).document();
}

const spacePattern = /[ \t\n\r]*/y;
const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const literalWords = new Map<string, JsonValue>([
  ['t', true],
  ['f', false],
  ['n', null],
]);
/** What keeps a string from being what it looks like. */
const specialCharacters = /[\\\u0000-\u001f]/;
const loneSurrogate = /[\ud800-\udfff]/u;

class Parser {
  readonly #text: string;
  #position = 0;
  #valuesLeft: number;

  constructor(text: string, valuesMax: number) {
    this.#text = text;
    this.#valuesLeft = valuesMax;
  }

  document(): JsonValue {
    const value = this.#value(1);
    if (this.#next() !== '') this.#fail('text after the value');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > jsonDepthMax) this.#fail(`nested deeper than ${jsonDepthMax}`);
    if (--this.#valuesLeft < 0) this.#fail('too many values');
    const next = this.#next();
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    return literalWords.has(next) ? this.#literal(literalWords.get(next) ?? null) : this.#number();
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = {};
    this.#position++;
    if (this.#take('}')) return object;
    do {
      if (this.#next() !== '"') this.#fail('expected a key');
      const key = this.#string();
      if (Object.hasOwn(object, key)) this.#fail('duplicate key');
      if (!this.#take(':')) this.#fail('expected a colon');
      setOwn(object, key, this.#value(depth + 1));
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('expected a comma or the end of the object');
    return object;
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = [];
    this.#position++;
    if (this.#take(']')) return array;
    do array.push(this.#value(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected a comma or the end of the array');
    return array;
  }

  /** Leaves escapes, and the refusal of control characters, to JSON.parse(). */
  #string(): string {
    const start = this.#position;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (end > 0 && this.#isEscaped(start, end));
    if (end < 0) this.#fail('string without an end');
    this.#position = end + 1;
    const plain = this.#text.slice(start + 1, end);
    if (!specialCharacters.test(plain)) return plain;
    const text = this.#unescape(`"${plain}"`);
    if (text.includes('\0')) this.#fail('NUL in a string');
    if (loneSurrogate.test(text)) this.#fail('lone surrogate in a string');
    return text;
  }

  #isEscaped(start: number, quote: number): boolean {
    let backslash = quote - 1;
    while (backslash > start && this.#text[backslash] === '\\') backslash--;
    return (quote - backslash) % 2 === 0;
  }

  #unescape(raw: string): string {
    try {
      return String(JSON.parse(raw));
    } catch {
      return this.#fail('bad escape or control character in a string');
    }
  }

  #number(): number | bigint {
    numberPattern.lastIndex = this.#position;
    const match = numberPattern.exec(this.#text);
    if (!match) return this.#fail('expected a value');
    const [text, fraction, exponent] = match;
    this.#position += text.length;
    const value = Number(text);
    if (!Number.isFinite(value)) this.#fail('number out of range');
    const isExact = text.length <= exactLengthMax || fraction !== undefined || exponent !== undefined;
    return isExact || text.length > int64LengthMax ? value : exactInteger(text, value);
  }

  #literal(value: JsonValue): JsonValue {
    const text = String(value);
    if (!this.#text.startsWith(text, this.#position)) this.#fail('expected a value');
    this.#position += text.length;
    return value;
  }

  /** The next character that is not space; '' at the end. */
  #next(): string {
    spacePattern.lastIndex = this.#position;
    spacePattern.test(this.#text);
    this.#position = spacePattern.lastIndex;
    return this.#text.charAt(this.#position);
  }

  #take(character: string): boolean {
    const found = this.#next() === character;
    if (found) this.#position++;
    return found;
  }

  #fail(reason: string): never {
    throw new JsonError(`${reason} at character ${this.#position}`);
  }
}

function exactInteger(text: string, rounded: number): number | bigint {
  if (Number.isSafeInteger(rounded)) return rounded;
  const exact = BigInt(text);
  return exact >= int64Min && exact <= uint64Max ? exact : rounded;
}

function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Prints a value as JSON without spaces that every peer can read. Properties that are undefined are left out, bigints are
 * printed in full. In strings, controls beyond ASCII's first 32 are escaped, and U+FFFD stands for what sd-varlink does not take
 * in any form: NUL, lone surrogates and noncharacters.
 *
 * @throws JsonError for what peers would refuse: NaN, infinities, functions, nesting beyond {@link jsonDepthMax} (and so cycles)
 */
export function printJson(value: unknown): string {
  return print(value, 1);
}

/**
 * As printJson(), for what has to arrive as it is.
 *
 * @throws JsonError for strings too that not every peer can read
 */
export function printExactJson(value: unknown): string {
  refuseUnreadable(value, 1);
  return print(value, 1);
}

function refuseUnreadable(value: unknown, depth: number): void {
  if (typeof value === 'string') {
    const character = /[\0\p{Noncharacter_Code_Point}\p{Surrogate}]/u.exec(value)?.[0];
    if (character === undefined) return;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw new JsonError(`U+${code}, which not every Varlink peer can read`);
  }
  if (typeof value !== 'object' || value === null || depth > jsonDepthMax) return;
  for (const [key, item] of Object.entries(value)) {
    refuseUnreadable(key, depth);
    refuseUnreadable(item, depth + 1);
  }
}

const printed = new WeakMap<object, string>();

/**
 * An array that printJson() prints as these texts, of one item each: so that a long one can be printed item by item, when there is
 * time. It looks empty. The nesting of its items counts from each of them.
 */
export function arrayOfPrinted(items: readonly string[]): never[] {
  const array: never[] = [];
  printed.set(array, `[${items.join()}]`);
  return array;
}

/** A container whose beginning is printed, with what is left of it. */
interface Opened {
  readonly left: Iterator<readonly [key: string | undefined, value: unknown]>;
  readonly end: string;
  isEmpty: boolean;
}

/** Without recursion: the levels that are allowed take more stack than newer Nodes give. */
function print(value: unknown, depth: number): string {
  const opened: Opened[] = [];
  let text = begin(value, opened, depth);
  for (let inner = opened.at(-1); inner !== undefined; inner = opened.at(-1)) {
    const next = inner.left.next();
    if (next.done === true) {
      text += inner.end;
      opened.pop();
      continue;
    }
    const [key, item] = next.value;
    const comma = inner.isEmpty ? '' : ',';
    inner.isEmpty = false;
    text += `${comma}${key === undefined ? '' : `${printString(key)}:`}${begin(item, opened, depth + opened.length)}`;
  }
  return text;
}

/** All of a simple value, and the beginning of a container. */
function begin(value: unknown, opened: Opened[], depth: number): string {
  if (depth > jsonDepthMax) throw new JsonError(`nested deeper than ${jsonDepthMax}`);
  if (typeof value !== 'object' || value === null) return printSimple(value);
  const known = printed.get(value);
  if (known !== undefined) return known;
  const isArray = Array.isArray(value);
  opened.push({ left: isArray ? items(value) : members(value), end: isArray ? ']' : '}', isEmpty: true });
  return isArray ? '[' : '{';
}

function* items(array: readonly unknown[]): Generator<readonly [undefined, unknown]> {
  for (const item of array) yield [undefined, item];
}

function* members(object: object): Generator<readonly [string, unknown]> {
  for (const entry of Object.entries(object)) if (entry[1] !== undefined) yield entry;
}

function printSimple(value: unknown): string {
  if (typeof value === 'string') return printString(value);
  if (value === null || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  throw new JsonError(`${typeof value === 'number' ? value : typeof value} cannot be put into JSON`);
}

/** What JSON.stringify() prints as it is and sd-varlink refuses, or what may as well be escaped: DEL and C1 controls. */
const controlValue = /[\u007f-\u009f]/g;
/** What may have to be escaped or replaced, in UTF-16 code units: most strings have none of it. */
const suspicious = /[\0\u007f-\u009f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/;

function printString(text: string): string {
  if (!suspicious.test(text)) return JSON.stringify(text);
  return JSON.stringify(readable(text)).replace(
    controlValue,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  );
}
