import assert from 'node:assert/strict';
import { closeSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { pipe } from '../../../../../linux/process.js';
import { senderEnded } from '../../../../../service/processes/ipc/frames.js';
import { plainCommand } from '../../../../../service/sandbox/needs.js';
import type { Supervision } from '../../../../../service/transfers/supervisor/supervisor.js';
import { like, re } from '../../../../support/like.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { droppedLogMessages } from '../../../../support/texts/transfers.js';
import { forEver, saysCorrupt, startProcesses, supervise } from './processes.js';

test('messages reach the observer and whoever waits, before and after they were asked for', async () => {
  const { supervisor, said } = startProcesses({
    placement: `tell({ type: 'phase', phase: 'installing' }); tell({ type: 'received', bytes: 5, decodedBytes: 0 }); hear();
      tell({ type: 'placed', outcome: { path: '/x', pristinePath: null, lossCount: 0, losses: [] } });`,
  });
  assert.deepEqual(await supervisor.next('received'), { type: 'received', bytes: 5, decodedBytes: 0 });
  assert.deepEqual(await supervisor.next('phase'), { type: 'phase', phase: 'installing' });
  supervisor.send('placement', { type: 'installImport' });
  const placed = await supervisor.next('placed');
  assert.equal(placed?.outcome.path, '/x');
  assert.equal(await supervisor.finish(), undefined);
  assert.deepEqual(
    said.map(({ type }) => type),
    ['phase', 'received', 'placed'],
  );
  assert.equal(supervisor.mayHaveLeft, false);
});

test('messages as long as they may be and with any character arrive as they are', async () => {
  const text = `\u2028\u2029\r\u0085"\\ ${'ä€😀'.repeat(2000)}`;
  const { supervisor } = startProcesses({
    fetch: `const text = '\\u2028\\u2029\\r\\u0085"\\\\ ' + 'ä€😀'.repeat(2000);
      tell({ type: 'log', priority: 6, message: text });`,
  });
  assert.deepEqual(await supervisor.next('log'), { type: 'log', priority: 6, message: text });
  assert.equal(await supervisor.finish(), undefined);
});

test('what was said just before the end counts', async () => {
  const { supervisor } = startProcesses({ placement: `tell({ type: 'received', bytes: 1, decodedBytes: 0 });` });
  assert.equal(await supervisor.finish(), undefined);
  assert.deepEqual(await supervisor.next('received'), { type: 'received', bytes: 1, decodedBytes: 0 });
});

test('nobody waits for the word of processes that have all ended well', async () => {
  const { supervisor } = startProcesses({ fetch: '' });
  assert.equal(await supervisor.next('fetched'), undefined);
  assert.equal(await supervisor.next('fetched'), undefined);
  assert.equal(await supervisor.finish(), undefined);
});

test('of a process that has told why it ends, its exit status is no other failure: what the other one did explains it', async () => {
  const ended = JSON.stringify({
    type: 'failure',
    kind: 'WorkerFailed',
    message: senderEnded,
    facts: { process: 'fetch' },
  });
  const { supervisor } = startProcesses({ placement: `tell(${ended}); process.exit(1);`, fetch: forEver });
  assert.equal((await supervisor.finish())?.message, senderEnded);
});

test('the judge is heard when another process says that the bytes are damaged, and nobody else is', async () => {
  const facts = { file: 'x', expected: 'a', found: 'b' };
  const verdict = JSON.stringify({ type: 'failure', kind: 'VerificationFailed', message: 'other bytes', facts });
  const judging = `hear(); tell(${verdict}); process.exit(1);`;
  const outcome = async (fetch: string, changes: Partial<Supervision>) => {
    const { supervisor } = startProcesses({ decode: saysCorrupt, fetch, placement: 'hear();' }, changes);
    // Placement hears that there is no result, which is when the others are ended.
    if (changes.judge !== undefined) {
      assert.equal(await supervisor.next('received'), undefined);
      supervisor.send('fetch', {} as never);
    }
    return (await supervisor.finish())?.kind;
  };
  assert.equal(await outcome(judging, { judge: 'fetch' }), 'VerificationFailed');
  assert.equal(await outcome(forEver, {}), 'Corrupt');
});

test('a transfer has one process of a name', async () => {
  const { supervisor } = startProcesses({ fetch: '' });
  assert.throws(() => supervisor.start('fetch', []), /the transfer has a fetch process already/);
  assert.equal(await supervisor.finish(), undefined);
});

test('what was lent is given back when all have ended', async () => {
  let ended = 0;
  const begun = {
    words: ['a', 'b'],
    parent: 0,
    start: <Process>(spawn: () => Process) => spawn(),
    end: async () => {
      ended += 1;
    },
  };
  const { supervisor } = supervise({ placement: { begin: () => begun } });
  assert.deepEqual(supervisor.lend('placement'), ['a', 'b']);
  assert.equal(ended, 0);
  await supervisor.finish();
  assert.equal(ended, 1);
});

test('what a process writes on its standard error goes to the log of the service, and no more than its end', async () => {
  const { supervisor, written } = startProcesses({
    fetch: `process.stderr.write('x'.repeat(300_000) + '\\n<0>transfer 7: ended well\\n'); process.stdout.write('lost');`,
  });
  await supervisor.finish();
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^fetch: x+\n<0>transfer 7: ended well$/);
  assert.ok((written[0] ?? '').length <= 8200);
});

test('a process that writes on its standard error without end is not listened to', async () => {
  const script = `const text = Buffer.alloc(65536, 'x');
    try { for (;;) writeSync(2, text); } catch (error) { tell({ type: 'bug', stack: error.code }); }`;
  const { supervisor, said, written } = startProcesses({ fetch: script });
  await supervisor.finish();
  assert.equal(said.length, 1);
  // Which one it is depends on whether something that was written had not been read.
  assert.match(JSON.stringify(said[0]), /^\{"type":"bug","stack":"(EPIPE|ECONNRESET)"\}$/);
  assert.ok(written.join().length < 10_000);
});

test('placement says once what it says once', async () => {
  const once = `tell({ type: 'received', bytes: 5, decodedBytes: 0 });`;
  const { supervisor } = startProcesses({ placement: `${once} ${once} ${forEver}` });
  assert.match((await supervisor.finish())?.message ?? '', /sent an invalid message \('received' twice\)/);
});

test('of a million messages the service reads as many as one could mean', async () => {
  const script = `const line = JSON.stringify({ type: 'phase', phase: 'verifying' }) + '\\n';
    for (let count = 0; count < 1000; count++) tell(line.repeat(1000));`;
  const { supervisor, said } = startProcesses({ fetch: `${script} ${forEver}` });
  assert.match(
    (await supervisor.finish())?.message ?? '',
    /sent an invalid message \(more than 10000 messages at once\)/,
  );
  assert.ok(said.length < 50_000, String(said.length));
});

test('log messages are told as many as somebody reads, and the rest are counted', async () => {
  const script = `const line = JSON.stringify({ type: 'log', priority: 6, message: 'x' }) + '\\n'; tell(line.repeat(1000));`;
  const { supervisor, said } = startProcesses({ fetch: script });
  assert.equal(await supervisor.finish(), undefined);
  const shown = said.filter((message) => message.type === 'log' && message.message === 'x').length;
  assert.ok(shown >= 200 && shown < 1000, String(shown));
  const told = said.flatMap((message) => {
    const text = message.type === 'log' ? message.message : '';
    return like`^${droppedLogMessages(re(/(\d+)/), 'fetch')}$`.exec(text)?.slice(1) ?? [];
  });
  assert.equal(
    told.reduce((sum, count) => sum + Number(count), shown),
    1000,
  );
});

test('of progress that comes at once the last counts', async () => {
  const script = `const lines = Array.from({ length: 1000 }, (_, bytesDone) => JSON.stringify({ type: 'progress', bytesDone, bytesTotal: null }) + '\\n');
    tell(lines.join(''));`;
  const { supervisor, said } = startProcesses({ fetch: script });
  assert.equal(await supervisor.finish(), undefined);
  assert.ok(said.length < 100, String(said.length));
  assert.deepEqual(said.at(-1), { type: 'progress', bytesDone: 999, bytesTotal: undefined });
});

test('a process gets its descriptors from 4 on, the environment it is given, and nothing else', async (t) => {
  const out = temporaryDirectory(t).file('out');
  const { readEnd, writeEnd } = pipe();
  const script = `exec 1>"$OUT"; ls -l /proc/$$/fd; env; readlink /proc/$$/cwd`;
  const commands = { fetch: plainCommand(['/bin/sh', '-c', script]) };
  const { supervisor } = supervise(commands, { environment: { OUT: out } });
  supervisor.start('fetch', [readEnd, writeEnd]);
  for (const descriptor of [readEnd, writeEnd]) closeSync(descriptor);
  assert.equal(await supervisor.finish(), undefined);
  const text = readFileSync(out, 'utf8');
  // Standard output and error are the test's own; what is above 9 was passed to the test itself.
  const descriptors = [...text.matchAll(/ ([03-9]) -> ([^:\n]*)/g)].map(([, number, target]) => `${number} ${target}`);
  assert.deepEqual(descriptors.sort(), ['0 /dev/null', '3 socket', '4 pipe', '5 pipe']);
  const variables = text.split('\n').filter((line) => /^\w+=/.test(line) && !/^(PWD|OLDPWD|_|SHLVL)=/.test(line));
  assert.deepEqual(variables.sort(), [`FERRY_PARENT_PID=${process.pid}`, `OUT=${out}`]);
  assert.match(text, /^\/$/m);
});
