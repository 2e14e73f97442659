import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterface } from '../../../../varlink/idl/parse.js';
import { type ValidationProblem, validateParameters } from '../../../../varlink/idl/validate.js';

function validate(fields: string, value: unknown, types = ''): ValidationProblem | undefined {
  const definition = parseInterface(`interface a.b method M(${fields}) -> () ${types}`);
  const [method] = definition.members;
  assert(method?.kind === 'method');
  return validateParameters(definition, method.input.fields, value);
}

const nested = (depth: number): unknown => (depth === 0 ? {} : { t: nested(depth - 1) });

const fits: [fields: string, value: unknown, types?: string][] = [
  ['', {}],
  ['', { a: undefined }],
  ['a: bool', { a: false }],
  ['a: int', { a: 0 }],
  ['a: int', { a: -0 }],
  ['a: int', { a: Number.MAX_SAFE_INTEGER }],
  ['a: int', { a: -(2n ** 63n) }],
  ['a: int', { a: 18446744073709551615n }],
  ['a: int', { a: 1n }],
  ['a: float', { a: 1.5 }],
  ['a: float', { a: 1 }],
  ['a: float', { a: 2n ** 70n }],
  ['a: string', { a: '' }],
  ['a: object', { a: {} }],
  ['a: object', { a: { b: [null, { c: 1n }] } }],
  ['a: object', { a: Object.create(null) }],
  ['a: any', { a: null }],
  ['a: any', { a: [1] }],
  ['a: ?int', {}],
  ['a: ?int', { a: null }],
  ['a: ?int', { a: undefined }],
  ['a: ?int', { a: 5 }],
  ['a: (one, two)', { a: 'two' }],
  ['a: []int', { a: [] }],
  ['a: []int', { a: [1, 2n] }],
  ['a: []?int', { a: [1, null] }],
  ['a: [][]int', { a: [[], [1]] }],
  ['a: [string]int', { a: {} }],
  ['a: [string]int', { a: { 'any key': 1, '': 2 } }],
  ['a: [string]()', { a: { one: {}, two: {} } }],
  ['a: (b: int, c: ?int)', { a: { b: 1 } }],
  ['a: T', { a: { b: 'x' } }, 'type T (b: string)'],
  ['a: T', { a: 'x' }, 'type T (x, y)'],
  ['t: ?T', nested(60), 'type T (t: ?T)'],
  ['constructor: ?int', {}],
  ['a: [string]int', JSON.parse('{"a": {"__proto__": 1}}')],
];

for (const [fields, value, types] of fits) {
  test(`(${fields}) fits`, () => assert.equal(validate(fields, value, types), undefined));
}

const faults: [fields: string, value: unknown, path: string, reason: string, types?: string][] = [
  ['a: bool', {}, 'a', 'missing'],
  ['a: bool', { a: undefined }, 'a', 'missing'],
  ['a: bool', { a: null }, 'a', 'expected a bool, found null'],
  ['a: bool', { a: 1 }, 'a', 'expected a bool, found 1'],
  ['a: bool', { a: 'true' }, 'a', 'expected a bool, found a string'],
  ['a: int', { a: 1.5 }, 'a', 'expected an integer of 64 bits, found 1.5'],
  ['a: int', { a: '1' }, 'a', 'expected an integer of 64 bits, found a string'],
  ['a: int', { a: 2n ** 64n }, 'a', 'expected an integer of 64 bits, found 18446744073709551616'],
  ['a: int', { a: -(2n ** 63n) - 1n }, 'a', 'expected an integer of 64 bits, found -9223372036854775809'],
  ['a: int', { a: 1e300 }, 'a', 'expected an integer of 64 bits, found 1e+300'],
  ['a: int', { a: Number.NaN }, 'a', 'expected an integer of 64 bits, found NaN'],
  ['a: int', { a: true }, 'a', 'expected an integer of 64 bits, found true'],
  ['a: float', { a: '1' }, 'a', 'expected a number, found a string'],
  ['a: float', { a: Number.POSITIVE_INFINITY }, 'a', 'expected a number, found Infinity'],
  ['a: float', { a: Number.NaN }, 'a', 'expected a number, found NaN'],
  ['a: string', { a: 1 }, 'a', 'expected a string, found 1'],
  ['a: object', { a: { b: [{ c: Number.NaN }] } }, 'a', 'expected an object, found an object'],
  ['a: any', { a: [Number.POSITIVE_INFINITY] }, 'a', 'expected a value, found an array'],
  ['a: object', { a: [] }, 'a', 'expected an object, found an array'],
  ['a: object', { a: 'x' }, 'a', 'expected an object, found a string'],
  ['a: object', { a: null }, 'a', 'expected an object, found null'],
  ['a: any', {}, 'a', 'missing'],
  ['a: ?int', { a: 'x' }, 'a', 'expected an integer of 64 bits, found a string'],
  ['a: (one, two)', { a: 'three' }, 'a', 'expected one of one, two, found a string'],
  ['a: (one, two)', { a: 1 }, 'a', 'expected one of one, two, found 1'],
  ['a: []int', { a: {} }, 'a', 'expected an array, found an object'],
  ['a: []int', { a: [1, 'x'] }, 'a[1]', 'expected an integer of 64 bits, found a string'],
  ['a: []int', { a: [null] }, 'a[0]', 'expected an integer of 64 bits, found null'],
  ['a: [string]int', { a: [] }, 'a', 'expected an object, found an array'],
  ['a: [string]int', { a: { 'b c': 'x' } }, 'a["b c"]', 'expected an integer of 64 bits, found a string'],
  ['a: [string]()', { a: { b: { c: 1 } } }, 'a["b"].c', 'not a known field'],
  ['a: (b: int)', { a: {} }, 'a.b', 'missing'],
  ['a: (b: int)', { a: [] }, 'a', 'expected an object, found an array'],
  ['a: (b: [](c: bool))', { a: { b: [{ c: true }, { c: 0 }] } }, 'a.b[1].c', 'expected a bool, found 0'],
  ['a: T', { a: { b: 1 } }, 'a.b', 'expected a string, found 1', 'type T (b: string)'],
  ['', { b: 1 }, 'b', 'not a known parameter'],
  ['', { b: null }, 'b', 'not a known parameter'],
  ['a: ?int', { toString: 1 }, 'toString', 'not a known parameter'],
  ['', JSON.parse('{"__proto__": 1}'), '__proto__', 'not a known parameter'],
  ['constructor: int', {}, 'constructor', 'missing'],
  // Declared parameters in their order come before undeclared ones.
  ['a: int, b: int', { z: 1, b: 'x', a: 'x' }, 'a', 'expected an integer of 64 bits, found a string'],
  ['a: int, b: int', { z: 1, b: 'x', a: 1 }, 'b', 'expected an integer of 64 bits, found a string'],
  ['a: int, b: int', { z: 1, b: 1, a: 1 }, 'z', 'not a known parameter'],
];

for (const [fields, value, path, reason, types] of faults) {
  test(`(${fields}): ${path} ${reason}`, () => {
    const parameter = /^\w+/.exec(path)?.[0];
    assert.deepEqual(validate(fields, value, types), { parameter, path, reason });
  });
}

for (const value of [null, [], 'x', 1, undefined]) {
  test(`parameters that are ${JSON.stringify(value)} fit nothing`, () => {
    assert.equal(validate('', value)?.parameter, '');
  });
}

test('recursion ends at a depth of 64', () => {
  assert.equal(validate('t: ?T', nested(64), 'type T (t: ?T)'), undefined);
  assert.match(validate('t: ?T', nested(65), 'type T (t: ?T)')?.reason ?? '', /nested deeper than 64/);
});

test('a type that is not defined is a fault of the definition', () => {
  assert.throws(() => validate('a: T', { a: 1 }), /no type T/);
});

test('with open enums a value that is not declared is taken if it is a name, and no other value is', () => {
  const definition = parseInterface('interface a.b method M(a: [](b: ?(one, two)), c: T) -> () type T (x, y)');
  const [method] = definition.members;
  assert(method?.kind === 'method');
  const { fields } = method.input;
  const reasonOf = (value: unknown, openEnums: boolean) =>
    validateParameters(definition, fields, { a: [{ b: value }], c: value }, { openEnums })?.reason;
  for (const value of ['three', 'x', 'pull_oci', 'constructor', 'x'.repeat(64)]) {
    assert.equal(reasonOf(value, true), undefined, value);
    assert.equal(reasonOf(value, false), 'expected one of one, two, found a string', value);
  }
  for (const value of ['', 'two words', '\x1b[31m', 'a\u202eb', '__proto__', '1', 'x'.repeat(65)])
    assert.equal(reasonOf(value, true), 'expected one of one, two, found a string', JSON.stringify(value));
  assert.equal(reasonOf(1, true), 'expected one of one, two, found 1');
  assert.equal(reasonOf({}, true), 'expected one of one, two, found an object');
  assert.equal(
    validateParameters(definition, fields, { a: ['three'], c: 'x' }, { openEnums: true })?.reason,
    'expected an object, found a string',
  );
});
