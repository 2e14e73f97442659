import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isStrong, parseContentRange, parseUnsatisfiedRange } from '../../../../../service/stages/fetch/range.js';

test('Content-Range', () => {
  const rows: [string | null, unknown][] = [
    ['bytes 0-9/10', { start: 0, total: 10 }],
    ['Bytes 5-9/10', { start: 5, total: 10 }],
    ['bytes 5-9/*', { start: 5, total: null }],
    ['bytes 9-5/10', null],
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
