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
  const rows: [string | undefined, unknown][] = [
    ['bytes 0-9/10', { start: 0, total: 10 }],
    ['Bytes 5-9/10', { start: 5, total: 10 }],
    ['bytes 5-9/*', { start: 5, total: undefined }],
    ['bytes 9-5/10', undefined],
    ['bytes 5-9/9', undefined],
    ['bytes 67108864-67108865/1', undefined],
    ['bytes */10', undefined],
    ['bytes 5-/10', undefined],
    ['items 0-9/10', undefined],
    ['bytes 0-9/10, 20-30/40', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [header, expected] of rows) assert.deepEqual(parseContentRange(header), expected, String(header));
  assert.equal(parseUnsatisfiedRange('bytes */10'), 10);
  assert.equal(parseUnsatisfiedRange('bytes 0-9/10'), undefined);
  assert.equal(parseUnsatisfiedRange(undefined), undefined);
});

test('lengths that no number holds are no lengths', () => {
  const rows: [string | undefined, number | undefined][] = [
    ['0', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', undefined],
    ['99999999999999999999', undefined],
    ['9'.repeat(400), undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
    [undefined, undefined],
  ];
  for (const [text, expected] of rows) assert.equal(parseLength(text), expected, String(text));
  assert.deepEqual(parseContentRange(`bytes 0-9/${'9'.repeat(400)}`), { start: 0, total: undefined });
  assert.equal(parseContentRange(`bytes 0-${'9'.repeat(400)}/10`), undefined);
  assert.equal(parseUnsatisfiedRange(`bytes */${'9'.repeat(400)}`), undefined);
});

test('an ETag that is longer than any that means something is none', () => {
  const etag = (length: number) => `"${'x'.repeat(length - 2)}"`;
  for (const [value, expected] of [
    [etag(etagMax), etag(etagMax)],
    [etag(etagMax + 1), undefined],
  ] as const) {
    const headers = new Map([['etag', value]]);
    const answer = { get: (name: string) => headers.get(name) ?? null };
    assert.equal(etagOf(answer), expected);
    assert.equal(strongValidator(answer), expected);
  }
});

test('strong ETags', () => {
  const rows: [string | undefined, boolean][] = [
    ['"a"', true],
    ['""', true],
    ['W/"a"', false],
    ['a', false],
    ['', false],
    [undefined, false],
  ];
  for (const [etag, expected] of rows) assert.equal(isStrong(etag), expected, String(etag));
});
