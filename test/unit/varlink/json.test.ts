import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arrayOfPrinted,
  JsonError,
  jsonDepthMax,
  parseJson,
  printExactJson,
  printJson,
} from '../../../varlink/json.js';

const parse = (text: string) => parseJson(Buffer.from(text, 'latin1'));

test('parseJson() reads what is JSON', () => {
  const table: [string, unknown][] = [
    ['{}', {}],
    [' \t\r\n[ ] \n', []],
    ['{"a":{"b":[1,-2.5e3,true,false,null,"x"]} , "c":0}', { a: { b: [1, -2500, true, false, null, 'x'] }, c: 0 }],
    [String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, '"\\/\b\f\n\r\té😀'],
    [String.raw`"\\"`, '\\'],
    ['"\xf0\x9f\x98\x80"', '😀'],
    ['999999999999999', 999999999999999],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['18446744073709551615', 18446744073709551615n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551616', 18446744073709552000],
    ['-9223372036854775809', -(2 ** 63)],
    ['123456789012345678901234567890', 1.2345678901234568e29],
    ['1.00000000000000000000', 1],
    ['1e15', 1e15],
  ];
  for (const [text, value] of table) assert.deepEqual(parse(text), value, text);
});

test('parseJson() refuses what is not, and what sd-varlink refuses', () => {
  const table = [
    '',
    ' ',
    '{',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    "{'a':1}",
    '[1,]',
    '[1 2]',
    '[,1]',
    '{"a":1}}',
    '{} {}',
    'nul',
    'True',
    'undefined',
    '01',
    '-',
    '+1',
    '.5',
    '1.',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    '1e999',
    '"a',
    '"\\"',
    '"\t"',
    '"\\x41"',
    '"\\u12g4"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud83d"',
    '"\\ude00\\ud83d"',
    '{"\\u0000":1}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":1,"__proto__":2}',
    '"\xff"',
    '"\xc0\x80"',
    '"\xed\xa0\x80"',
    '\xef\xbb\xbf{}',
    '/* comment */ {}',
  ];
  for (const text of table) assert.throws(() => parse(text), JsonError, JSON.stringify(text));
});

test('parseJson() leaves to validation what no type fits', () => {
  const mark = (text: string) => parseJson(Buffer.from(text), { marksFaults: true });
  assert.deepEqual(mark('[1e400,-1e400,1e308]'), [Infinity, -Infinity, 1e308]);
  assert.deepEqual(mark('{"a":1,"b":{"c":1,"c":2},"\\u0061":1}'), { a: NaN, b: { c: NaN } });
  assert.ok(Number.isNaN(Reflect.get(Object(mark('{"__proto__":1,"__proto__":{}}')), '__proto__')));
});

test('parseJson() refuses strings that sd-varlink refuses', () => {
  const portable = (text: string) => parseJson(Buffer.from(text), { refusesUnportable: true });
  assert.deepEqual(portable('["\\u007f","\u0080","\ufffd"]'), ['\x7f', '\x80', '\ufffd']);
  for (const text of ['\x7f', '\ufffe', '\\uffff', '\ufdd0', '\\ufdef', '\u{1fffe}', '\\udbff\\udfff'])
    for (const json of [`"${text}"`, `{"${text}":1}`]) assert.throws(() => portable(json), JsonError, json);
});

test('parseJson() keeps __proto__ a plain key', () => {
  const value = parse('{"__proto__":{"x":1}}');
  assert.deepEqual(Object.keys(Object(value)), ['__proto__']);
  assert.equal(Reflect.get(Object(value), 'x'), undefined);
});

test('nesting is limited to 2048, both ways', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  assert.equal(printJson(parse(nested(jsonDepthMax))), nested(jsonDepthMax));
  const objects = `${'{"a":'.repeat(jsonDepthMax - 1)}{}${'}'.repeat(jsonDepthMax - 1)}`;
  assert.equal(printJson(parse(objects)), objects);
  assert.throws(() => parse(nested(jsonDepthMax + 1)), JsonError);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  assert.throws(() => printJson(cycle), JsonError);
});

test('printJson() prints what peers accept, bigints in full', () => {
  const table: [unknown, string][] = [
    [{ a: undefined, b: null, c: [1, 'x', false] }, '{"b":null,"c":[1,"x",false]}'],
    [
      { big: 18446744073709551615n, low: -9223372036854775808n },
      '{"big":18446744073709551615,"low":-9223372036854775808}',
    ],
    ['é\n"\\😀', '"é\\n\\"\\\\😀"'],
    ['\x1b\x7f\x80\x9b\xa0', '"\\u001b\\u007f\\u0080\\u009b\xa0"'],
    ['a\0\ud800b\udc00\ud83d', '"a\ufffd\ufffdb\ufffd\ufffd"'],
    ['\ufdcf\ufdd0\ufdef\ufdf0\ufffd\ufffe\uffff', '"\ufdcf\ufffd\ufffd\ufdf0\ufffd\ufffd\ufffd"'],
    ['\u{1fffd}\u{1fffe}\u{10ffff}', '"\u{1fffd}\ufffd\ufffd"'],
    [{ 'a\ufffe\x7f': 1 }, '{"a\ufffd\\u007f":1}'],
    [-0, '0'],
    [1.5e300, '1.5e+300'],
    [2 ** 55, '36028797018963968'],
    [[-(2 ** 63), 2 ** 64 - 2048], '[-9223372036854775808,18446744073709549568]'],
    [2 ** 64, '18446744073709552000'],
    [1e16, '10000000000000000'],
  ];
  for (const [value, text] of table) assert.equal(printJson(value), text);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [undefined], () => 1, Symbol('x')])
    assert.throws(() => printJson(value), JsonError);
});

test('printExactJson() refuses what would arrive as something else', () => {
  assert.equal(printExactJson({ a: ['é\x7f', 1n], b: null }), '{"a":["é\\u007f",1],"b":null}');
  for (const [text, code] of [
    ['a\0', '0000'],
    ['\ud83d', 'D83D'],
    ['\ufdd0', 'FDD0'],
    ['\u{10fffe}', '10FFFE'],
  ])
    for (const value of [text, [{ a: text }], { [text ?? '']: 1 }])
      assert.throws(() => printExactJson(value), {
        name: 'JsonError',
        message: `U+${code}, which not every Varlink peer can read`,
      });
});

/** A generator of random values that is the same in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomValue(next: () => number, depth: number): unknown {
  const choice = Math.floor(next() * (depth > 4 ? 5 : 7));
  const many = () => Array.from({ length: Math.floor(next() * 5) }, (_, index) => index);
  switch (choice) {
    case 0:
      return null;
    case 1:
      return next() < 0.5;
    case 2:
      return Math.floor((next() - 0.5) * 2 ** 40);
    case 3:
      return (next() - 0.5) * 10 ** Math.floor(next() * 30 - 20);
    case 4:
      return many()
        .map(() => String.fromCodePoint(1 + Math.floor(next() * 0xd7ff)))
        .join('"\\');
    case 5:
      return many().map(() => randomValue(next, depth + 1));
    default:
      return Object.fromEntries(many().map((index) => [`k${index}\\"`, randomValue(next, depth + 1)]));
  }
}

test('random values survive, and agree with JSON.parse() and JSON.stringify()', () => {
  const next = random(1);
  for (let round = 0; round < 2000; round++) {
    const value = randomValue(next, 0);
    const printed = printJson(value);
    assert.deepEqual(JSON.parse(printed), JSON.parse(JSON.stringify(value)));
    assert.equal(printed.length, JSON.stringify(value).replaceAll(/[\x7f-\x9f]/g, '\\u00xx').length);
    assert.deepEqual(parseJson(Buffer.from(JSON.stringify(value, null, round % 3))), JSON.parse(JSON.stringify(value)));
  }
});

test('random damage is refused or read as JSON.parse() reads it', () => {
  const next = random(2);
  for (let round = 0; round < 2000; round++) {
    const text = Buffer.from(JSON.stringify({ v: randomValue(next, 0) }));
    text[Math.floor(next() * text.length)] = Math.floor(next() * 256);
    let value: unknown;
    try {
      value = parseJson(text);
    } catch (error) {
      assert.ok(error instanceof JsonError);
      continue;
    }
    assert.deepEqual(value, JSON.parse(text.toString()));
  }
});

test('arrayOfPrinted() is printed as the items that were printed before', () => {
  const items = [{ name: 'a"b' }, [1, { deep: 2n ** 63n }], 'x'];
  for (const list of [[], [1], items])
    assert.equal(
      printJson({ images: arrayOfPrinted(list.map(printJson)), more: [list] }),
      printJson({ images: list, more: [list] }),
    );
});
