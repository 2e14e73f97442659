import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Caller, UserQueues } from '../../../../service/api/user-queues.js';

function caller(uid: number, closed = new AbortController().signal): Caller {
  return { peer: { pid: 1, uid, gid: uid }, closed };
}

/** Work that ends when the test says so. */
class Work {
  begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  readonly run = (name: string) => () => {
    this.begun.push(name);
    return new Promise<string>((resolve) => this.#ends.set(name, () => resolve(name)));
  };

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await setImmediate();
  }
}

test('a user has only so many at once, and does not hold up another user', async () => {
  const queues = new UserQueues(1, 10);
  const work = new Work();
  const all = ['a1', 'a2', 'a3', 'b1'].map((name) => queues.run(caller(name.charCodeAt(0)), work.run(name)));
  await setImmediate();
  assert.deepEqual(work.begun, ['a1', 'b1']);
  await work.end('a1');
  assert.deepEqual(work.begun, ['a1', 'b1', 'a2']);
  for (const name of ['a2', 'b1', 'a3']) await work.end(name);
  assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1']);
});

test('no more calls wait than there is room for', async () => {
  const queues = new UserQueues(1, 2);
  const work = new Work();
  const all = ['1', '2', '3'].map((name) => queues.run(caller(7), work.run(name)));
  await assert.rejects(queues.run(caller(7), work.run('4')), {
    name: 'io.systemd.System',
    parameters: { origin: 'linux', errno: 16, errnoName: 'EBUSY' },
  });
  const other = queues.run(caller(8), work.run('other'));
  for (const name of ['1', '2', '3', 'other']) await work.end(name);
  await Promise.all([...all, other]);
  // There is room again.
  const later = queues.run(caller(7), work.run('5'));
  await work.end('5');
  assert.equal(await later, '5');
});

test('who has gone before the turn came loses it, and the next one has it', async () => {
  const queues = new UserQueues(1, 10);
  const work = new Work();
  const gone = new AbortController();
  const first = queues.run(caller(7), work.run('first'));
  const second = queues.run(caller(7, gone.signal), work.run('second'));
  const third = queues.run(caller(7), work.run('third'));
  const refused = assert.rejects(second, /^Error: gone$/);
  gone.abort(new Error('gone'));
  await work.end('first');
  await refused;
  await work.end('third');
  assert.deepEqual(await Promise.all([first, third]), ['first', 'third']);
  assert.deepEqual(work.begun, ['first', 'third']);
});

test('what fails frees its place', async () => {
  const queues = new UserQueues(1, 10);
  await assert.rejects(
    queues.run(caller(7), () => Promise.reject(new Error('x'))),
    /^Error: x$/,
  );
  assert.equal(await queues.run(caller(7), () => Promise.resolve(1)), 1);
});
