import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, prettyJson, shortJson } from '../../../../client/terminal/json.js';

const value: Json = {
  id: 1,
  size: 2n ** 64n - 1n,
  name: 'a"b\u001b',
  none: null,
  left: undefined,
  list: [true, {}],
  empty: [],
};

test('short JSON has no white space, and integers of 64 bits', () => {
  const expected = '{"id":1,"size":18446744073709551615,"name":"a\\"b\\u001b","none":null,"list":[true,{}],"empty":[]}';
  assert.equal(shortJson(value), expected);
});

test('pretty JSON is laid out as systemd does', () => {
  const expected = [
    '{',
    '\t"id" : 1,',
    '\t"size" : 18446744073709551615,',
    '\t"name" : "a\\"b\\u001b",',
    '\t"none" : null,',
    '\t"list" : [',
    '\t\ttrue,',
    '\t\t{}',
    '\t],',
    '\t"empty" : []',
    '}',
  ];
  assert.equal(prettyJson(value), expected.join('\n'));
});

test('an empty list is []', () => {
  assert.equal(shortJson([]), '[]');
  assert.equal(prettyJson([]), '[]');
});

test('an integer beyond 2^53 is printed exactly, also where it is a number', () =>
  assert.equal(
    shortJson([2 ** 55, -(2 ** 63), 36_028_797_018_963_969n, 0.5]),
    '[36028797018963968,-9223372036854775808,36028797018963969,0.5]',
  ));

test('what JSON has no number for is null', () =>
  assert.equal(shortJson([Number.NaN, Number.POSITIVE_INFINITY]), '[null,null]'));

test('JSON shows a terminal nothing that it would obey, and still means the same', () => {
  const hostile = 'a\u009b31m\u202eb\u2066\u2028\u007f\u0085\u200f\u061c\u0000é漢';
  for (const write of [shortJson, prettyJson]) {
    const text = write({ [hostile]: [hostile] });
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    assert.deepEqual(JSON.parse(text), { [hostile]: [hostile] });
  }
});
