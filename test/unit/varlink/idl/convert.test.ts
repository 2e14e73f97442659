import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertNumbers } from '../../../../varlink/idl/convert.js';
import { parseInterface } from '../../../../varlink/idl/parse.js';

/** What becomes of a parameter `a` of a type. */
function convert(type: string, a: unknown): unknown {
  const definition = parseInterface(`interface a.b method M(a: ${type}) -> () type T (n: ?int, t: ?T) type E (x, y)`);
  const [method] = definition.members;
  assert(method?.kind === 'method');
  const parameters = { a };
  convertNumbers(definition, method.input.fields, parameters);
  return parameters.a;
}

const integers: [text: string, value: unknown][] = [
  ['0', 0],
  ['-0', 0],
  ['7', 7],
  ['+7', 7],
  ['-7', -7],
  [' 7', 7],
  ['\t\n\v\f\r7', 7],
  ['007', 7],
  ['010', 8],
  ['0x1F', 31],
  ['0Xff', 255],
  ['-0x10', -16],
  ['0b101', 5],
  ['0o17', 15],
  ['9007199254740993', 9007199254740993n],
  ['36028797018963968', 36028797018963968n],
  ['18446744073709551615', 18446744073709551615n],
  ['-9223372036854775808', -9223372036854775808n],
  ['18446744073709551616', 18446744073709551616n],
];

for (const [text, value] of integers)
  test(`${JSON.stringify(text)} is an int`, () => assert.equal(convert('int', text), value));

for (const text of [
  '',
  ' ',
  '-',
  '7 ',
  '1.0',
  '1e3',
  '08',
  '0x',
  '0xg',
  '0b2',
  '+ 7',
  '--7',
  '1_0',
  '٧',
  'x'.repeat(200),
  '1'.repeat(200),
])
  test(`${JSON.stringify(text)} stays a string`, () => assert.equal(convert('int', text), text));

test('an int is exact, a float a number', () => {
  assert.equal(convert('int', 1e17), 100_000_000_000_000_000n);
  assert.equal(convert('?int', -(2 ** 63)), -(2n ** 63n));
  assert.equal(convert('int', 2 ** 64), 2 ** 64);
  assert.equal(convert('int', 1.5), 1.5);
  assert.equal(convert('float', 10n ** 16n), 1e16);
  assert.equal(convert('?float', 1e16), 1e16);
  assert.equal(convert('float', '1'), '1');
  assert.equal(convert('bool', 'true'), 'true');
  assert.equal(convert('string', '7'), '7');
});

test('numbers further in are converted, and what does not fit stays', () => {
  assert.deepEqual(convert('[]int', ['1', 2, 'x', null]), [1, 2, 'x', null]);
  assert.deepEqual(convert('[string]float', { a: 2n ** 60n, b: 'x' }), { a: 2 ** 60, b: 'x' });
  assert.deepEqual(convert('T', { n: '1', t: { n: '2', t: null }, u: '3' }), { n: 1, t: { n: 2, t: null }, u: '3' });
  assert.deepEqual(convert('(b: int)', { b: '0x10' }), { b: 16 });
  assert.deepEqual(convert('object', { b: '0x10', c: 2n ** 60n }), { b: '0x10', c: 2n ** 60n });
  for (const value of [null, 'x', 7, [1]]) assert.deepEqual(convert('T', value), value);
  assert.deepEqual(convert('?E', 'x'), 'x');
});
