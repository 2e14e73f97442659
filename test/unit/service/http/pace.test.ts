import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultLimits } from '../../../../service/http/connection/network.js';
import { RetryPolicy } from '../../../../service/http/pace.js';

const mebibyte = 1024 * 1024;

/** After each try: seconds that it took, bytes that it brought, and the pause in milliseconds or undefined to give up. */
const rows: [what: string, tries: [seconds: number, bytes: number, pause: number | undefined][]][] = [
  ['the first failure is forgiven', [[1, 0, 400]]],
  [
    'the second in a row without progress is not',
    [
      [1, 0, 400],
      [1, mebibyte - 1, undefined],
    ],
  ],
  [
    'progress each time',
    [
      [1, mebibyte, 200],
      [1, mebibyte, 200],
      [1, mebibyte, 200],
    ],
  ],
  [
    'progress after a failure starts anew',
    [
      [1, 0, 400],
      [1, mebibyte, 200],
      [1, 0, 400],
      [1, 0, undefined],
    ],
  ],
  [
    'slow, but moving',
    [
      [70, 5000, 200],
      [70, 5000, 200],
      [70, 5000, 200],
    ],
  ],
  [
    'stalled again and again',
    [
      [70, 0, 400],
      [70, 0, undefined],
    ],
  ],
  [
    'a byte now and then is no progress',
    [
      [70, 100, 400],
      [70, 100, undefined],
    ],
  ],
];
for (const [what, tries] of rows) {
  test(`retryPolicy: ${what}`, () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => {} };
    const retryPolicy = new RetryPolicy(clock, defaultLimits);
    for (const [seconds, bytes, pause] of tries) {
      now += seconds * 1000;
      assert.equal(retryPolicy.pauseAfter(bytes), pause);
    }
  });
}
