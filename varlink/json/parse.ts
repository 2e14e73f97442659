import { isUtf8 } from 'node:buffer';
import { isInt64, type JsonObject, type JsonValue } from '../idl/value.js';
import { isReadable } from '../text.js';
import { JsonError, jsonDepthMax } from './error.js';

/** Integers of up to this many characters are always exact in a number. */
const exactLengthMax = 15;
/** The length of -9223372036854775808 and of 18446744073709551615. */
const int64LengthMax = 20;

export interface ParseOptions {
  /** How many values there may be, at any depth: what bounds the time that parsing takes. */
  readonly valuesMax?: number;
  /** Refuses strings that sd-varlink refuses: with DEL that is not escaped, or with noncharacters in whatever form. */
  readonly refusesUnportable?: boolean;
  /**
   * Leaves to validation what sd-varlink leaves to it: a number out of range is infinite, and the value of a key that occurs twice
   * is NaN. Neither fits any type.
   */
  readonly marksFaults?: boolean;
}

/**
 * Parses a JSON document in UTF-8.
 *
 * Integers that a number cannot hold exactly are bigints, as far as 64 bits go (-2^63 … 2^64-1); beyond that they are
 * rounded, as sd-json does.
 *
 * @throws JsonError if the bytes are not JSON, or not what the options allow
 */
export function parseJson(bytes: Uint8Array, options: ParseOptions = {}): JsonValue {
  if (!isUtf8(bytes)) throw new JsonError('invalid UTF-8');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Parser(buffer.toString('utf8'), options).document();
}

const spacePattern = /[ \t\n\r]*/y;
/** The code of the space: what is above it is no white space. */
const spaceCode = 32;
/** What may follow digits in a number: `.`, `E`, `e`. */
const numberGoesOn = new Set([46, 69, 101]);
const zeroCode = 48;
const nineCode = 57;
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
  readonly #options: ParseOptions;
  #position = 0;
  #valuesLeft: number;

  constructor(text: string, options: ParseOptions) {
    this.#text = text;
    this.#options = options;
    this.#valuesLeft = options.valuesMax ?? Number.POSITIVE_INFINITY;
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
      const isDuplicate = Object.hasOwn(object, key);
      if (isDuplicate && !this.#options.marksFaults) this.#fail('duplicate key');
      if (!this.#take(':')) this.#fail('expected a colon');
      const value = this.#value(depth + 1);
      setOwn(object, key, isDuplicate ? Number.NaN : value);
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
    const text = specialCharacters.test(plain) ? this.#unescape(`"${plain}"`) : plain;
    if (this.#options.refusesUnportable && (plain.includes('\x7f') || !isReadable(text)))
      this.#fail('DEL or a noncharacter in a string');
    return text;
  }

  #isEscaped(start: number, quote: number): boolean {
    let backslash = quote - 1;
    while (backslash > start && this.#text[backslash] === '\\') backslash--;
    return (quote - backslash) % 2 === 0;
  }

  #unescape(raw: string): string {
    const text = this.#unescapeAny(raw);
    if (text.includes('\0')) this.#fail('NUL in a string');
    if (loneSurrogate.test(text)) this.#fail('lone surrogate in a string');
    return text;
  }

  #unescapeAny(raw: string): string {
    try {
      return String(JSON.parse(raw));
    } catch {
      return this.#fail('bad escape or control character in a string');
    }
  }

  #number(): number | bigint {
    return this.#plainNumber() ?? this.#anyNumber();
  }

  /** One of digits alone that a number holds exactly, as most are; undefined for any other, which is still to be read. */
  #plainNumber(): number | undefined {
    const start = this.#position;
    let [end, value] = [start, 0];
    let code = this.#text.charCodeAt(end);
    while (code >= zeroCode && code <= nineCode) {
      value = value * 10 + (code - zeroCode);
      code = this.#text.charCodeAt(++end);
    }
    const hasLeadingZero = this.#text.charCodeAt(start) === zeroCode && end - start > 1;
    if (end === start || hasLeadingZero || !Number.isSafeInteger(value) || numberGoesOn.has(code)) return undefined;
    this.#position = end;
    return value;
  }

  #anyNumber(): number | bigint {
    numberPattern.lastIndex = this.#position;
    const match = numberPattern.exec(this.#text);
    if (!match) return this.#fail('expected a value');
    const [text, fraction, exponent] = match;
    this.#position += text.length;
    const value = Number(text);
    if (!Number.isFinite(value) && !this.#options.marksFaults) this.#fail('number out of range');
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
    const code = this.#text.charCodeAt(this.#position);
    if (code > spaceCode) return this.#text.charAt(this.#position);
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
  return isInt64(exact) ? exact : rounded;
}

function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
