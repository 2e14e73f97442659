import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcome, url } from '../worker-process.js';

const imports = `import { setTimeout as pause } from 'node:timers/promises';
import { ProgressReport } from ${url('processes/ipc/progress.js')};
`;

const progress = (bytesDone: number, bytesTotal = 100) => ({ type: 'progress', bytesDone, bytesTotal });

test('the first bytes of a process are told at once, and the last ones before it waits', async () => {
  const work = `await runWorker(process.env, async () => {
    const report = new ProgressReport(100);
    report.advance(1); report.advance(2); report.advance(7);
    await pause(1000);
    report.advance(9);
  });`;
  const { messages, status } = await outcome(imports + work);
  assert.equal(status, 0);
  assert.deepEqual(messages[0], progress(1));
  assert.deepEqual(messages.slice(-2), [progress(7), progress(9)]);
});

test('nothing is told twice: a report in any case stands for the one that waits', async () => {
  const work = `await runWorker(process.env, async () => {
    let total;
    const report = new ProgressReport(() => total);
    report.advance(1); report.advance(2);
    total = 3;
    report.finish(3);
    await pause(1000);
  });`;
  const { messages } = await outcome(imports + work);
  assert.deepEqual(messages[0], { type: 'progress', bytesDone: 1 });
  assert.deepEqual(messages.at(-1), progress(3, 3));
  assert.equal(messages.filter((message) => Object(message).bytesDone === 3).length, 1);
});

test('a process that blocks tells its first bytes, and its end', async () => {
  const work = `await runWorker(process.env, () => {
    const report = new ProgressReport(100);
    for (let done = 0; done < 50; done += 1) report.advance(done);
    report.finish(50);
  });`;
  const { messages } = await outcome(imports + work);
  assert.deepEqual([messages[0], messages.at(-1)], [progress(0), progress(50)]);
});
