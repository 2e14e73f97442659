import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerMessage } from '../../../../../service/processes/ipc/messages.js';
import type { WorkerName } from '../../../../../service/sandbox/needs.js';
import { Allowance } from '../../../../../service/transfers/supervisor/allowance.js';
import { Hearing } from '../../../../../service/transfers/supervisor/hearing.js';
import { droppedLogMessages } from '../../../../support/texts/transfers.js';

/** What a process is heard to say, on a clock that the test moves, in milliseconds. */
function listen(speaker: WorkerName = 'fetch') {
  const clock = { now: 0 };
  const heard: WorkerMessage[] = [];
  const hearing = new Hearing(
    speaker,
    (message) => heard.push(message),
    () => clock.now,
  );
  const say = (message: object) => hearing.hear(Buffer.from(JSON.stringify(message)));
  return { clock, heard, hearing, say };
}

test('an allowance is used up at once, and comes back with time, as much as it was', () => {
  const clock = { now: 0 };
  const allowance = new Allowance(3, 2, () => clock.now);
  const takes = () => Array.from({ length: 5 }, () => allowance.take()).filter(Boolean).length;
  assert.equal(takes(), 3);
  clock.now += 499;
  assert.equal(takes(), 0);
  clock.now += 1;
  assert.equal(takes(), 1);
  clock.now += 1e9;
  assert.equal(takes(), 3);
});

test('an honest process may say as much as it has to say, for as long as it likes', () => {
  const { clock, heard, hearing, say } = listen();
  for (let second = 0; second < 20_000; second++) {
    clock.now += 1000;
    for (let report = 0; report < 5; report++) {
      say({ type: 'progress', bytesDone: second, bytesTotal: null });
      hearing.flush();
    }
    say({ type: 'log', priority: 6, message: 'x' });
  }
  assert.equal(heard.length, 120_000);
});

test('log messages that were dropped are counted before the next one that is told', () => {
  const { clock, heard, say } = listen();
  for (let line = 0; line < 203; line++) say({ type: 'log', priority: 6, message: String(line) });
  assert.equal(heard.length, 200);
  clock.now += 1000;
  say({ type: 'log', priority: 6, message: 'later' });
  assert.deepEqual(heard.slice(200), [
    { type: 'log', priority: 4, message: droppedLogMessages(3, 'fetch') },
    { type: 'log', priority: 6, message: 'later' },
  ]);
});

test('progress keeps its place among other messages', () => {
  const { heard, hearing, say } = listen();
  say({ type: 'progress', bytesDone: 1, bytesTotal: null });
  say({ type: 'progress', bytesDone: 2, bytesTotal: 5 });
  say({ type: 'phase', phase: 'verifying' });
  say({ type: 'progress', bytesDone: 3 });
  hearing.end();
  assert.deepEqual(heard, [
    { type: 'progress', bytesDone: 2, bytesTotal: 5 },
    { type: 'phase', phase: 'verifying' },
    { type: 'progress', bytesDone: 3, bytesTotal: undefined },
  ]);
});
