import type { EnumType, Field, InterfaceDefinition, ScalarType, StructType, TypeExpression } from './ast.js';
import { fieldTypesOf, type NamedTypes, typesOf } from './named-types.js';
import { isFieldName } from './names.js';
import { isInt64, isJsonObject, valueDepthMax } from './value.js';

/** Why a value does not fit its declaration. */
export interface ValidationProblem {
  /** The name of the first parameter that does not fit, as org.varlink.service.InvalidParameter wants it. */
  readonly parameter: string;
  /** Where in that parameter the fault is, such as `images[2].name`; the parameter itself if nothing is nested. */
  readonly path: string;
  /** What was expected, and what was found if that is short. */
  readonly reason: string;
}

export interface ValidationOptions {
  /**
   * Takes an enum value that the declaration lacks, if it is a name that one can have: a newer peer may know more of them.
   * Such a name holds nothing that would have to be escaped, and is not longer than 64 characters.
   */
  readonly openEnums?: boolean;
}

/** Characters of an enum value that is not declared. */
const unknownValueMax = 64;

/**
 * Checks parameters (of a call, a reply or an error) against their declaration: declared ones in the order of the
 * declaration, then undeclared ones. Null stands for absent where the declaration is nullable; a property that is
 * undefined is absent.
 *
 * @param definition the interface in which named types are looked up
 * @param value usually an object from a JSON parser that yields bigint for integers beyond 2^53
 * @throws Error if the definition refers to a type that it does not define (see checkInterface)
 */
export function validateParameters(
  definition: InterfaceDefinition,
  fields: readonly Field[],
  value: unknown,
  { openEnums = false }: ValidationOptions = {},
): ValidationProblem | undefined {
  if (!isJsonObject(value)) return { parameter: '', path: '', reason: `expected an object, found ${nameOf(value)}` };
  const rules: Rules = { types: typesOf(definition), openEnums };
  for (const field of fields) {
    const fault = findFault(rules, field.type, ownValue(value, field.name), 1);
    if (fault) return { parameter: field.name, path: field.name + fault.path, reason: fault.reason };
  }
  const unknown = unknownKey(fields, value);
  return unknown === undefined ? undefined : { parameter: unknown, path: unknown, reason: 'not a known parameter' };
}

/** A fault below some value; the path is relative to it. */
interface Fault {
  readonly path: string;
  readonly reason: string;
}

interface Rules {
  readonly types: NamedTypes;
  readonly openEnums: boolean;
}

function findFault(rules: Rules, type: TypeExpression, value: unknown, depth: number): Fault | undefined {
  if (depth > valueDepthMax && value !== undefined && value !== null)
    return { path: '', reason: `nested deeper than ${valueDepthMax}` };
  switch (type.kind) {
    case 'nullable':
      return value === null || value === undefined ? undefined : findFault(rules, type.inner, value, depth);
    case 'named':
      return findFault(rules, resolve(rules, type.name), value, depth);
    case 'enum':
      return findEnumFault(rules, type, value);
    case 'struct':
      return findStructFault(rules, type, value, depth);
    case 'array':
      return findArrayFault(rules, type.element, value, depth);
    case 'map':
      return findMapFault(rules, type.element, value, depth);
    default:
      return fitsScalar(type.kind, value) ? undefined : mismatch(scalarNames[type.kind], value);
  }
}

function resolve({ types }: Rules, name: string): StructType | EnumType {
  const type = types.get(name);
  if (type === undefined) throw new Error(`the interface definition has no type ${name}`);
  return type;
}

const scalarNames: Record<ScalarType['kind'], string> = {
  bool: 'a bool',
  int: 'an integer of 64 bits',
  float: 'a number',
  string: 'a string',
  object: 'an object',
  any: 'a value',
};

function fitsScalar(kind: ScalarType['kind'], value: unknown): boolean {
  switch (kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return isInteger(value);
    case 'float':
      return typeof value === 'bigint' || Number.isFinite(value);
    case 'string':
      return typeof value === 'string';
    case 'object':
      return isJsonObject(value) && hasOnlyFinite(value);
    case 'any':
      return value !== undefined && hasOnlyFinite(value);
  }
}

/** Signed or unsigned: systemd passes uint64 values, such as limits, as int. */
function isInteger(value: unknown): boolean {
  if (Number.isSafeInteger(value)) return true;
  if (typeof value === 'number') return Number.isInteger(value) && isInteger(BigInt(value));
  return typeof value === 'bigint' && isInt64(value);
}

/** Whether all numbers in a value are such as JSON has. Without recursion: how deep an object is, is not declared. */
function hasOnlyFinite(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'number' && !Number.isFinite(next)) return false;
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) left.push(inner);
  }
  return true;
}

function findEnumFault({ openEnums }: Rules, type: EnumType, value: unknown): Fault | undefined {
  if (type.values.some(({ name }) => name === value)) return undefined;
  if (openEnums && typeof value === 'string' && value.length <= unknownValueMax && isFieldName(value)) return undefined;
  return mismatch(`one of ${type.values.map(({ name }) => name).join(', ')}`, value);
}

function findStructFault(rules: Rules, { fields }: StructType, value: unknown, depth: number): Fault | undefined {
  if (!isJsonObject(value)) return mismatch('an object', value);
  for (const field of fields) {
    const fault = findFault(rules, field.type, ownValue(value, field.name), depth + 1);
    if (fault) return { path: `.${field.name}${fault.path}`, reason: fault.reason };
  }
  const unknown = unknownKey(fields, value);
  return unknown === undefined ? undefined : { path: `.${unknown}`, reason: 'not a known field' };
}

function findArrayFault(rules: Rules, element: TypeExpression, value: unknown, depth: number): Fault | undefined {
  if (!Array.isArray(value)) return mismatch('an array', value);
  for (const [index, item] of value.entries()) {
    const fault = findFault(rules, element, item, depth + 1);
    if (fault) return { path: `[${index}]${fault.path}`, reason: fault.reason };
  }
  return undefined;
}

function findMapFault(rules: Rules, element: TypeExpression, value: unknown, depth: number): Fault | undefined {
  if (!isJsonObject(value)) return mismatch('an object', value);
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const fault = findFault(rules, element, item, depth + 1);
    if (fault) return { path: `[${JSON.stringify(key)}]${fault.path}`, reason: fault.reason };
  }
  return undefined;
}

/** Only own properties: a field may be called `constructor`. */
function ownValue(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function unknownKey(fields: readonly Field[], object: Record<string, unknown>): string | undefined {
  const known = fieldTypesOf(fields);
  return Object.keys(object).find((key) => !known.has(key) && object[key] !== undefined);
}

function mismatch(expected: string, value: unknown): Fault {
  return { path: '', reason: value === undefined ? 'missing' : `expected ${expected}, found ${nameOf(value)}` };
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'bigint':
      return String(value);
    case 'string':
      return 'a string';
    default:
      return 'an object';
  }
}
