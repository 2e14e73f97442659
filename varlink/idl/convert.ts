import type { Field, InterfaceDefinition, TypeExpression } from './ast.js';
import { type NamedTypes, typesOf } from './named-types.js';
import { type Integer, isInt64, isJsonObject, valueDepthMax } from './value.js';

/**
 * Gives numbers the form that goes with their declaration, in place. JSON does not tell them apart: a `float` is always a number
 * then, also one written 10000000000000000, and an `int` is exact, also one written 1e17. An `int` may come as a string, as with
 * sd-varlink, for peers whose numbers hold 53 bits. What does not fit its declaration stays as it is, for validation to find.
 */
export function convertNumbers(
  definition: InterfaceDefinition,
  fields: readonly Field[],
  parameters: Record<string, unknown>,
): void {
  convertFields(typesOf(definition), fields, parameters, 1);
}

function convertFields(
  types: NamedTypes,
  fields: readonly Field[],
  object: Record<string, unknown>,
  depth: number,
): void {
  for (const { name, type } of fields)
    if (Object.hasOwn(object, name)) object[name] = convert(types, type, object[name], depth);
}

function convert(types: NamedTypes, type: TypeExpression, value: unknown, depth: number): unknown {
  switch (type.kind) {
    case 'int':
      return toInteger(value);
    case 'float':
      return typeof value === 'bigint' ? Number(value) : value;
    case 'nullable':
      return convert(types, type.inner, value, depth);
    case 'named':
    case 'struct':
    case 'array':
    case 'map':
      if (depth <= valueDepthMax) convertInside(types, type, value, depth + 1);
      return value;
    default:
      return value;
  }
}

function convertInside(types: NamedTypes, type: TypeExpression, value: unknown, depth: number): void {
  const known = type.kind === 'named' ? types.get(type.name) : type;
  if (known?.kind === 'struct' && isJsonObject(value)) convertFields(types, known.fields, value, depth);
  if (known?.kind === 'map' && isJsonObject(value))
    for (const key of Object.keys(value)) value[key] = convert(types, known.element, value[key], depth);
  if (known?.kind === 'array' && Array.isArray(value))
    for (const [index, item] of value.entries()) value[index] = convert(types, known.element, item, depth);
}

function toInteger(value: unknown): unknown {
  if (typeof value === 'string') return readInteger(value) ?? value;
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const exact = BigInt(Number(value));
  return isInt64(exact) ? exact : value;
}

/** As safe_atoi() of systemd: strtol(3) with base 0, which also reads 0b101 and 0o17. */
const integerPattern = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|0b[01]+|0o[0-7]+|0[0-7]*|[1-9][0-9]*)$/i;
/** Longer than any integer of 64 bits without leading zeros. */
const integerLengthMax = 128;

function readInteger(text: string): Integer | undefined {
  if (text.length > integerLengthMax) return undefined;
  const [, sign, digits] = integerPattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
  const exact = sign === '-' ? -magnitude : magnitude;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}
