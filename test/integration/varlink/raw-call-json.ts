import { type Case, closed, describe, invalid, noInterface, ok, parameters, ping, service } from './raw-call.js';

const nested = (depth: number, open = '[', close = ']', inside = '') =>
  ping(parameters(`{"x":${open.repeat(depth)}${inside}${close.repeat(depth)}}`));

export const ofJson: readonly Case[] = [
  ['white space', ` \n\t\r{ "method" : "${service}.Ping" } \n\0`, ok],
  ['a form feed', `\f{"method":"${service}.Ping"}\0`, closed],
  ['a byte order mark', `\ufeff{"method":"${service}.Ping"}\0`, closed],
  ['a comma before the end', `{"method":"${service}.Ping",}\0`, closed],
  ['text after the object', `{"method":"${service}.Ping"}x\0`, closed],
  ['two objects', `{"method":"${service}.Ping"}{"method":"${service}.Ping"}\0`, closed],
  ['two lines', `{"method":"${service}.Ping"}\n`.repeat(2).concat('\0'), closed],
  ['single quotes', `{'method':'${service}.Ping'}\0`, closed],
  ['a key without quotes', `{method:"${service}.Ping"}\0`, closed],
  ['a key without a colon', `{"method" "${service}.Ping"}\0`, closed],
  ['a comment', `/* x */{"method":"${service}.Ping"}\0`, closed],
  ['a line with a comment', `// x\n{"method":"${service}.Ping"}\0`, closed],
  ['True', ping(',"more":True'), closed],
  ['an array', '[]\0', closed],
  ['a string', '"x"\0', closed],
  ['a number', '1\0', closed],
  ['null', 'null\0', closed],
  ['an empty message', '\0', closed],
  ['a blank', ' \0', closed],
  ['text', 'hello\0', closed],
  ['half an object', `{"method":"${service}.Ping"\0`, closed],
  ['2046 levels of arrays', nested(2046), invalid('x')],
  ['2047 levels of arrays', nested(2047), closed],
  ['100000 levels of arrays', nested(100_000), closed],
  ['2040 levels of objects', nested(2040, '{"a":', '}', '1'), invalid('x')],
  ['10000 values', ping(parameters(`{"x":[${'1,'.repeat(9999)}1]}`)), invalid('x')],
  [
    '100000 values',
    ping(parameters(`{"x":[${'1,'.repeat(99_999)}1]}`)),
    invalid('x'),
    [closed, 'the values of a call are bounded, so that nobody waits long for its parsing'],
  ],
];

/** Strings that come back in the error. */
const echoed: readonly (readonly [written: string, text: string])[] = [
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\/', '/'],
  ['\\b\\f\\n\\r\\t', '\b\f\n\r\t'],
  ['\\u0001', '\u0001'],
  ['\\u001f', '\u001f'],
  ['\\u007f', '\u007f'],
  ['\u0080', '\u0080'],
  ['\\u0085', '\u0085'],
  ['\u009f', '\u009f'],
  ['\u00a0', '\u00a0'],
  ['\u2028', '\u2028'],
  ['\u202e', '\u202e'],
  ['\ue000', '\ue000'],
  ['\ufeff', '\ufeff'],
  ['\ufffd', '\ufffd'],
  ['😀', '😀'],
  ['\\ud83d\\ude00', '😀'],
  ['\\uD83D\\uDE00', '😀'],
  ['e\\u0301', 'e\u0301'],
];

const refusedStrings: readonly (readonly [name: string, written: string])[] = [
  ['a line end', '\n'],
  ['a tab', '\t'],
  ['U+001F', '\u001f'],
  ['DEL', '\u007f'],
  ['NUL, escaped', '\\u0000'],
  ['U+FFFE', '\ufffe'],
  ['U+FFFE, escaped', '\\ufffe'],
  ['U+FFFF', '\uffff'],
  ['U+FFFF, escaped', '\\uffff'],
  ['U+FDD0', '\ufdd0'],
  ['U+FDD0, escaped', '\\ufdd0'],
  ['U+FDEF', '\ufdef'],
  ['U+1FFFE', '\u{1fffe}'],
  ['U+1FFFE, escaped', '\\ud83f\\udffe'],
  ['U+10FFFF', '\u{10ffff}'],
  ['a high surrogate', '\\ud83d'],
  ['a high surrogate before text', '\\ud83dx'],
  ['a low surrogate', '\\ude00'],
  ['two high surrogates', '\\ud83d\\ud83d'],
  ['a pair in the wrong order', '\\ude00\\ud83d'],
  ['\\x41', '\\x41'],
  ['\\v', '\\v'],
  ['\\u12', '\\u12'],
  ['\\U00000041', '\\U00000041'],
  ['an escaped quote at the end', '\\'],
];

const badBytes: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['FF', [0xff]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['half a surrogate pair', [0xed, 0xa0, 0xbd]],
  ['what is beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a cut character', [0xe2, 0x82]],
  ['a character of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a continuation byte', [0x80]],
];

export const ofStrings: readonly Case[] = [
  ...echoed.map(
    ([written, text]): Case => [
      `the string ${JSON.stringify(written)}`,
      describe(`{"interface":"${written}"}`),
      noInterface(text),
    ],
  ),
  ...refusedStrings.map(
    ([name, written]): Case => [`a string with ${name}`, describe(`{"interface":"a${written}"}`), closed],
  ),
  ...badBytes.map(
    ([name, bytes]): Case => [
      `a string with ${name}`,
      Buffer.concat([Buffer.from(describe('{"interface":"').slice(0, -2)), Buffer.from(bytes), Buffer.from('"}}\0')]),
      closed,
    ],
  ),
  ['a key with U+FDD0', ping(parameters('{"\ufdd0":1}')), closed],
  ['a key with DEL', ping(parameters('{"\u007f":1}')), closed],
];
