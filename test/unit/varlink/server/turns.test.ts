import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserTurns } from '../../../../varlink/server/turns.js';

test('of all users that wait, each one has a turn before anybody has two', async () => {
  const turns = new UserTurns();
  const order: string[] = [];
  const jobs = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1'].map((name) =>
    turns.take(name.charCodeAt(0), () => order.push(name)),
  );
  await Promise.all(jobs);
  assert.deepEqual(order, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

test('between two turns the event loop goes round: a user who never stops does not keep out what comes', async () => {
  const turns = new UserTurns();
  const order: string[] = [];
  const [first, second] = ['first', 'second'].map((name) => turns.take(1, () => order.push(name)));
  await first;
  assert.deepEqual(order, ['first']);
  const third = turns.take(1, () => order.push('third'));
  const other = turns.take(2, () => order.push('other'));
  await Promise.all([second, third, other]);
  assert.deepEqual(order, ['first', 'second', 'other', 'third']);
});

test('what a job throws is its own', async () => {
  const turns = new UserTurns();
  const failing = turns.take(1, () => {
    throw new Error('x');
  });
  const other = turns.take(1, () => 'done');
  await assert.rejects(failing, /^Error: x$/);
  assert.equal(await other, 'done');
});
