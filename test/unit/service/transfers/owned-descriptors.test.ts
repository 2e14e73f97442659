import assert from 'node:assert/strict';
import { fstatSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { OwnedDescriptors } from '../../../../service/transfers/owned-descriptors.js';

const open = () => openSync('/dev/null', 'r');

test('disposal closes what is owned, once: the numbers may be those of others by then', () => {
  const owned = new OwnedDescriptors([open(), open()]);
  const numbers = [...owned.numbers];
  owned[Symbol.dispose]();
  for (const number of numbers) assert.throws(() => fstatSync(number), { code: 'EBADF' });
  const others = numbers.map(open);
  owned[Symbol.dispose]();
  for (const other of others) fstatSync(other);
  new OwnedDescriptors(others)[Symbol.dispose]();
});

test('what was handed on is closed by the new owner alone', () => {
  const first = new OwnedDescriptors([open()]);
  const { first: number } = first;
  const second = first.move();
  first[Symbol.dispose]();
  fstatSync(number);
  assert.throws(() => first.first, /closed or handed on/);
  second[Symbol.dispose]();
  assert.throws(() => fstatSync(number), { code: 'EBADF' });
});

test('what is added is owned too', () => {
  const owned = new OwnedDescriptors();
  assert.deepEqual(owned.numbers, []);
  const number = open();
  owned.add(number);
  assert.deepEqual(owned.numbers, [number]);
  owned[Symbol.dispose]();
  assert.throws(() => fstatSync(number), { code: 'EBADF' });
});
