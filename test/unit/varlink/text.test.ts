import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutText, escapeText, firstOf, lastOf, readable } from '../../../varlink/text.js';

test('text is never cut in the middle of a character', () => {
  const text = 'a😀b😀';
  const table: [length: number, first: string, last: string, cut: string][] = [
    [0, '', '', ''],
    [1, 'a', '', '…'],
    [2, 'a', '😀', 'a…'],
    [3, 'a😀', 'b😀', 'a…'],
    [4, 'a😀b', 'b😀', 'a😀…'],
    [5, 'a😀b', '😀b😀', 'a😀b…'],
    [6, text, text, text],
    [7, text, text, text],
  ];
  for (const [length, first, last, cut] of table) {
    assert.equal(firstOf(text, length), first, `first ${length}`);
    assert.equal(lastOf(text, length), last, `last ${length}`);
    if (length > 0) assert.equal(cutText(text, length), cut, `cut to ${length}`);
  }
});

test('what steers terminals, splits lines or is no character is escaped', () => {
  const table: [string, string][] = [
    ['ä €😀\\', 'ä €😀\\'],
    ['\0\t\n\r\x1b[31m\x7f\x9b', '\\x00\\t\\n\\x0d\\x1b[31m\\x7f\\x9b'],
    ['\u061c\u200e\u2028\u202e\u2066', '\\u061c\\u200e\\u2028\\u202e\\u2066'],
    ['\ufdd0\ufffe\uffff\u{1fffe}', '\\ufdd0\\ufffe\\uffff\\U0001fffe'],
    ['\ud83da\ude00', '\\ud83da\\ude00'],
  ];
  for (const [text, expected] of table) assert.equal(escapeText(text), expected);
});

test('what is escaped, every Varlink peer can read', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const escaped = escapeText(String.fromCodePoint(code));
    assert.equal(readable(escaped), escaped, code.toString(16));
  }
});
