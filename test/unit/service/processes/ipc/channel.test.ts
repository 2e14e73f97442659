import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { lineMax } from '../../../../../service/processes/ipc/bounds.js';
import { readMessage } from '../../../../../service/processes/ipc/message-policy.js';
import { waitWhile } from '../../../../support/wait.js';
import { outcome, prelude, url } from '../worker-process.js';

test('work that is done ends well', async () => {
  assert.deepEqual(
    await outcome(`await runWorker(process.env, async () => { tell({ type: 'received', bytes: 7 }); });`),
    {
      messages: [{ type: 'received', bytes: 7 }],
      status: 0,
    },
  );
});

test('a failure is told with its facts', async () => {
  const script = `await runWorker(process.env, () => { throw new Failure('Corrupt', 'bad', { what: 'x', offset: 7 }); });`;
  assert.deepEqual(await outcome(script), {
    messages: [{ type: 'failure', kind: 'Corrupt', message: 'bad', facts: { what: 'x', offset: 7 } }],
    status: 1,
  });
});

for (const thrown of [
  `new TypeError('oops')`,
  `'just a string oops'`,
  'Object.assign(new Error("oops"), { stack: undefined })',
]) {
  test(`${thrown} is told as a bug`, async () => {
    const { messages, status } = await outcome(`await runWorker(process.env, async () => { throw ${thrown}; });`);
    assert.equal(status, 1);
    assert.equal(messages.length, 1);
    assert.match(JSON.stringify(messages[0]), /^\{"type":"bug","stack":".*oops/);
  });
}

test('what the daemon says is heard line by line, and its end as the end', async () => {
  const script = `await runWorker(process.env, () => { for (let said = waitForDaemon(); said !== undefined; said = waitForDaemon()) for (const part of JSON.stringify(said).match(/.{1,8000}/gs)) log('info', part); });`;
  const long = { long: 'ä'.repeat(200_000) };
  const { messages, status } = await outcome(script, `{"a":1}\n{"b":"\u2028"}\n${JSON.stringify(long)}\n{"cut":`);
  assert.equal(status, 0);
  const parts = messages.map((message) => (message as { message: string }).message);
  const heard = parts
    .join('')
    .replaceAll('}{', '}\n{')
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(heard, [{ a: 1 }, { b: '\u2028' }, long]);
});

test('a message that is longer than it may be is cut, and never in the middle of a character', async () => {
  const script = `await runWorker(process.env, () => { log('info', 'x' + '😀'.repeat(300_000)); log('info', 'a\\0b\\ud83d'); });`;
  const { messages } = await outcome(script);
  const texts = messages.map((message) => (message as { message: string }).message);
  assert.deepEqual(texts, [`x${'😀'.repeat(4095)}…`, 'a\ufffdb\ufffd']);
});

test('a failure and a mistake are cut too', async () => {
  const long = `'😀'.repeat(300_000)`;
  const failure = `await runWorker(process.env, () => { throw new Failure('Corrupt', ${long}, { what: ${long}, offset: 5 }); });`;
  const cut = `${'😀'.repeat(4095)}…`;
  const facts = { what: cut, offset: 5 };
  assert.deepEqual((await outcome(failure)).messages, [{ type: 'failure', kind: 'Corrupt', message: cut, facts }]);
  const [bug] = (await outcome(`await runWorker(process.env, () => { throw new Error(${long}); });`)).messages;
  assert.ok(JSON.stringify(bug).length < 40_000);
});

test('a worker whose parent was gone before it began does nothing', async () => {
  assert.deepEqual(await outcome(`await runWorker(process.env, () => { log('info', 'work'); });`, '', 1), {
    messages: [],
    status: 0,
  });
});

/** Of a process that ends while it is looked at, the file is there and cannot be read. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

test('a worker dies with its parent, whatever it is doing', async () => {
  const work = `await runWorker(process.env, async () => { log('info', String(process.pid)); for (;;); });`;
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { spawn } from 'node:child_process';
      const child = spawn(process.execPath, ['--input-type=module', '--eval', ${JSON.stringify(prelude + work)}], {
        stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: { FERRY_PARENT_PID: String(process.pid) },
      });
      child.stdio[3].on('data', (data) => process.stdout.write(data));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [data] = await once(parent.stdout, 'data');
  const pid = Number(JSON.parse(String(data)).message);
  assert.equal(isRunning(pid), true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await waitWhile(() => isRunning(pid), 5);
});

test('leftovers are told in messages that are heard, however many there are and however long their paths', async () => {
  const script = `const { tellLeftovers } = await import(${url('processes/ipc/channel.js')});
    await runWorker(process.env, () => {
      const leftover = (path) => ({ path, bytes: 1, reason: 'temporary' });
      tellLeftovers([]);
      tellLeftovers(Array.from({ length: 2500 }, (_, index) => leftover('/' + index)));
      tellLeftovers(Array.from({ length: 20 }, () => leftover('/' + '\\x01'.repeat(4095))));
    });`;
  const { messages } = await outcome(script);
  let count = 0;
  for (const message of messages) {
    const line = Buffer.from(JSON.stringify(message));
    assert.ok(line.length < lineMax);
    const heard = readMessage('cleanup', line);
    if (heard.type === 'leftovers') count += heard.leftovers.length;
  }
  assert.equal(count, 2520);
  assert.equal(messages.length, 7);
});
