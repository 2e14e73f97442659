import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumUp } from '../../support/tally.js';

test('what tests counted is added up', () => {
  const lines = ['2 hostile inputs', '1 faults injected', '40 hostile inputs'];
  assert.deepEqual(sumUp(lines), [
    ['faults injected', 1],
    ['hostile inputs', 42],
  ]);
});
