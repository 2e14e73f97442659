import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeSpan } from '../../../common/time-span.js';

const hour = 3_600_000_000;

const spans: [text: string, microseconds: number | undefined][] = [
  ['30d', 720 * hour],
  ['12h', 12 * hour],
  ['2w', 336 * hour],
  ['2h 30min', 2.5 * hour],
  ['1h30m', 1.5 * hour],
  ['1.5 hours', 1.5 * hour],
  ['90', 90_000_000],
  ['0', 0],
  ['1month', 730.56 * hour],
  ['1M', 730.56 * hour],
  ['1m', hour / 60],
  ['1y', 8766 * hour],
  ['5ms 3us', 5003],
  [' 1d ', 24 * hour],
  ['', undefined],
  ['d', undefined],
  ['1x', undefined],
  ['-1d', undefined],
  ['1d!', undefined],
  ['1D', undefined],
  ['1e3', undefined],
  ['999999y', undefined],
];

for (const [text, microseconds] of spans) {
  test(`'${text}' is ${microseconds ?? 'no span'} of microseconds`, () => {
    assert.equal(parseTimeSpan(text), microseconds);
  });
}
