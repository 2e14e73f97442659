import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseBoolean,
  parseChoice,
  parseCountOption,
  parseSizeOption,
  parseTimeOption,
  parseTimeSpanOption,
  readTransferId,
} from '../../../../client/cli/values.js';
import { readBoolean } from '../../../../common/environment.js';
import { cannotReadAsBoolean, unknownValue } from '../../../support/texts/client.js';

for (const word of ['1', 'yes', 'y', 'true', 't', 'on', 'YES', 'True']) {
  test(`${word} is true`, () => assert.equal(readBoolean(word), true));
}
for (const word of ['0', 'no', 'n', 'false', 'f', 'off', 'NO']) {
  test(`${word} is false`, () => assert.equal(readBoolean(word), false));
}
for (const word of ['', '2', 'maybe', ' yes', 'ye']) {
  test(`'${word}' is not a boolean`, () => assert.equal(readBoolean(word), undefined));
}

test('a bad boolean is named with its option', () => {
  const message = cannotReadAsBoolean('maybe', '--keep-download=');
  assert.throws(() => parseBoolean('--keep-download=', 'maybe'), { message });
});

const sizes: [text: string, bytes: number | undefined][] = [
  ['1', 1],
  ['512', 512],
  ['1K', 1024],
  ['1k', 1024],
  ['1.5M', 1572864],
  ['64G', 68719476736],
  ['2T', 2199023255552],
  ['10MiB', 10485760],
  ['10MB', 10485760],
  [' 7 K ', 7168],
  ['0', undefined],
  ['-1', undefined],
  ['', undefined],
  ['K', undefined],
  ['1X', undefined],
  ['1e6', undefined],
  ['9007199254740993', undefined],
  ['99999P', undefined],
];

function noSize(text: string): string {
  if (/^0+[KMGT]?$/.test(text)) return '--size-max= must be greater than 0';
  return `Cannot read '${text}' as a size for --size-max=: expected bytes, or a number with K, M, G or T.`;
}

for (const [text, bytes] of sizes) {
  test(`'${text}' is ${bytes ?? 'no'} bytes`, () => {
    if (bytes === undefined)
      assert.throws(() => parseSizeOption('--size-max=', text), { name: 'UserError', message: noSize(text) });
    else assert.equal(parseSizeOption('--size-max=', text), bytes);
  });
}

test('a span of time and a count are read, and what is neither is answered with what is', () => {
  assert.equal(parseTimeSpanOption('--older-than=', '2w'), 1_209_600_000_000);
  assert.throws(() => parseTimeSpanOption('--older-than=', 'soon'), {
    name: 'UserError',
    message:
      "Cannot read 'soon' as a span of time for --older-than=: expected numbers with s, min, h, d or w, as in 30d.",
  });
  assert.equal(parseCountOption('--keep=', '3'), 3);
  for (const text of ['0', '-1', '1.5', 'all', '', '9007199254740993'])
    assert.throws(() => parseCountOption('--keep=', text), {
      name: 'UserError',
      message: `Cannot read '${text}' as a count for --keep=: expected a whole number from 1.`,
    });
});

test('what is not a time is answered with times', () => {
  assert.equal(parseTimeOption('--since=', '@5'), 5_000_000);
  assert.throws(() => parseTimeOption('--since=', 'soon'), {
    name: 'UserError',
    message:
      "Cannot read 'soon' as a time for --since=: expected one such as 2026-11-30, '2026-11-30 12:00', yesterday or -2h.",
  });
});

test('an unknown value is answered with the values and the nearest', () => {
  const message = `${unknownValue('machin', '--class=')} machine or portable. Did you mean machine?`;
  assert.throws(() => parseChoice('--class=', 'machin', ['machine', 'portable']), { message });
});

test('transfers have numbers from 1', () => {
  assert.equal(readTransferId('17'), 17);
  for (const text of ['0', '-1', 'x', '1.5', '']) assert.equal(readTransferId(text), undefined);
});
