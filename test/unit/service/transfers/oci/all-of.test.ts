import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allOf } from '../../../../../service/transfers/oci/all-of.js';

const never = new AbortController().signal;

/** Work that ends when it is told to, or is aborted. */
function controlled() {
  const begun: number[] = [];
  const ends = new Map<number, { end: () => void; fail: (error: Error) => void }>();
  const work = (thing: number, signal: AbortSignal) => {
    begun.push(thing);
    return new Promise<void>((resolve, reject) => {
      ends.set(thing, { end: resolve, fail: reject });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  const tick = () => new Promise((resolve) => setImmediate(resolve));
  return {
    begun,
    work,
    tick,
    end: (thing: number) => ends.get(thing)?.end(),
    fail: (thing: number, error: Error) => ends.get(thing)?.fail(error),
  };
}

test('no more layers come at once than may, and the next one begins when one has ended', async () => {
  const { begun, work, tick, end } = controlled();
  const all = allOf([1, 2, 3, 4, 5], 2, never, work);
  assert.deepEqual(begun, [1, 2]);
  end(2);
  await tick();
  assert.deepEqual(begun, [1, 2, 3]);
  for (const thing of [1, 3, 4, 5]) {
    end(thing);
    await tick();
  }
  await all;
  assert.deepEqual(begun, [1, 2, 3, 4, 5]);
});

test('the failure of one layer ends the others, begins no more, and is that of all', async () => {
  const { begun, work, fail } = controlled();
  const failure = new Error('the first one');
  const all = allOf([1, 2, 3], 2, never, work);
  fail(2, failure);
  await assert.rejects(all, failure);
  assert.deepEqual(begun, [1, 2]);
});

test('a cancelled transfer ends all of its layers, for the reason that it has', async () => {
  const { begun, work } = controlled();
  const cancel = new AbortController();
  const all = allOf([1, 2, 3], 2, cancel.signal, work);
  cancel.abort(new Error('cancelled'));
  await assert.rejects(all, /^Error: cancelled$/);
  assert.deepEqual(begun, [1, 2]);
  await assert.rejects(allOf([1], 1, cancel.signal, work), /^Error: cancelled$/);
  assert.deepEqual(begun, [1, 2]);
});

test('nothing is done with no layers', async () => {
  await allOf([], 4, never, () => assert.fail('there is none'));
});
