import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etagMax } from '../../../../common/validator.js';
import {
  etagOf,
  isStrong,
  parseContentRange,
  parseLength,
  parseUnsatisfiedRange,
  strongValidator,
} from '../../../../service/http/range.js';

test('Content-Range, with a total that is larger than the end of the range', () => {
  const rows: [string | null, unknown][] = [
    ['bytes 0-9/10', { start: 0, total: 10 }],
    ['Bytes 5-9/10', { start: 5, total: 10 }],
    ['bytes 5-9/*', { start: 5, total: null }],
    ['bytes 9-5/10', null],
    ['bytes 5-9/9', null],
    ['bytes 67108864-67108865/1', null],
    ['bytes */10', null],
    ['bytes 5-/10', null],
    ['items 0-9/10', null],
    ['bytes 0-9/10, 20-30/40', null],
    ['', null],
    [null, null],
  ];
  for (const [header, expected] of rows) assert.deepEqual(parseContentRange(header), expected, String(header));
  assert.equal(parseUnsatisfiedRange('bytes */10'), 10);
  assert.equal(parseUnsatisfiedRange('bytes 0-9/10'), null);
  assert.equal(parseUnsatisfiedRange(null), null);
});

test('lengths that no number holds are no lengths', () => {
  const rows: [string | null, number | null][] = [
    ['0', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', null],
    ['99999999999999999999', null],
    ['9'.repeat(400), null],
    ['-1', null],
    ['1e3', null],
    ['', null],
    [null, null],
  ];
  for (const [text, expected] of rows) assert.equal(parseLength(text), expected, String(text));
  assert.deepEqual(parseContentRange(`bytes 0-9/${'9'.repeat(400)}`), { start: 0, total: null });
  assert.equal(parseContentRange(`bytes 0-${'9'.repeat(400)}/10`), null);
  assert.equal(parseUnsatisfiedRange(`bytes */${'9'.repeat(400)}`), null);
});

test('an ETag that is longer than any that means something is none', () => {
  const etag = (length: number) => `"${'x'.repeat(length - 2)}"`;
  for (const [value, expected] of [
    [etag(etagMax), etag(etagMax)],
    [etag(etagMax + 1), null],
  ] as const) {
    const headers = new Map([['etag', value]]);
    const answer = { get: (name: string) => headers.get(name) ?? null };
    assert.equal(etagOf(answer), expected);
    assert.equal(strongValidator(answer), expected);
  }
});

test('strong ETags', () => {
  const rows: [string | null, boolean][] = [
    ['"a"', true],
    ['""', true],
    ['W/"a"', false],
    ['a', false],
    ['', false],
    [null, false],
  ];
  for (const [etag, expected] of rows) assert.equal(isStrong(etag), expected, String(etag));
});
