import { isInt64 } from '../idl/value.js';
import { readable } from '../text.js';
import { JsonError, jsonDepthMax } from './error.js';

/**
 * Prints a value as JSON without spaces that every peer can read. Properties that are undefined are left out, integers are
 * printed exactly. In strings, controls beyond ASCII's first 32 are escaped, and U+FFFD stands for what sd-varlink does not take
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
  const flat = isArray ? undefined : printFlat(value);
  if (flat !== undefined) return flat;
  opened.push({ left: isArray ? items(value) : members(value), end: isArray ? ']' : '}', isEmpty: true });
  return isArray ? '[' : '{';
}

/** An object that holds no other, as most do; undefined for any other. */
function printFlat(object: object): string | undefined {
  let text = '';
  for (const [key, item] of Object.entries(object)) {
    if (item === undefined) continue;
    if (typeof item === 'object' && item !== null) return undefined;
    text += `${text === '' ? '' : ','}${printKey(key)}:${printSimple(item)}`;
  }
  return `{${text}}`;
}

function printKey(key: string): string {
  return /^\w+$/.test(key) ? `"${key}"` : printString(key);
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
  if (typeof value === 'number' && Number.isFinite(value)) return printNumber(value);
  throw new JsonError(`${typeof value === 'number' ? value : typeof value} cannot be put into JSON`);
}

/** A finite number; an integer of 64 bits with all its digits, of which String() prints 17 and then zeros. */
export function printNumber(value: number): string {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return String(value);
  const exact = BigInt(value);
  return String(isInt64(exact) ? exact : value);
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
