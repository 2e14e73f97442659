import assert from 'node:assert/strict';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Command, plainCommand } from '../../../../service/confinement/needs.js';
import { pipe } from '../../../../service/system/process.js';
import { type WorkerStart, Workers } from '../../../../service/transfer/workers.js';
import type { WorkerMessage } from '../../../../service/worker/messages.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitWhile } from '../../../support/wait.js';
import { fakeWorker } from './fakeWorkers.js';

const aftermath = { isPlaced: () => false, tell: () => 'nothing was placed' };

type Name = 'stream' | 'placement';

/** Workers that do what scripts say, with what they have said. */
function startWorkers(scripts: Partial<Record<Name, string>>) {
  const abort = new AbortController();
  const said: WorkerMessage[] = [];
  const workers = new Workers({ onMessage: (message) => said.push(message) }, abort.signal, aftermath);
  for (const [name, script] of Object.entries(scripts)) startOne(workers, name, fakeWorker(script));
  return { workers, abort, said };
}

function startOne(workers: Workers, name: string, command: Command, changes: Partial<WorkerStart> = {}): void {
  workers.start({ name, command, descriptors: [], environment: {}, ...changes });
}

const forEver = 'await pause(1e9);';
const saysCorrupt = `tell({ type: 'failure', kind: 'Corrupt', message: 'bad bytes', facts: { what: 'x', offset: 7 } });
  process.exit(1);`;
const saysCut = `tell({ type: 'failure', kind: 'WorkerFailed', message: 'cut', facts: { process: 'stream' } });
  process.exit(1);`;

test('messages reach the observer and whoever waits, before and after they were asked for', async () => {
  const { workers, said } = startWorkers({
    placement: `tell({ type: 'phase', phase: 'installing' }); tell({ type: 'received', bytes: 5 }); hear();
      tell({ type: 'placed', outcome: { path: '/x', pristinePath: null, lossCount: 0 } });`,
  });
  assert.deepEqual(await workers.next('received'), { type: 'received', bytes: 5 });
  assert.deepEqual(await workers.next('phase'), { type: 'phase', phase: 'installing' });
  workers.send('placement', {});
  const placed = await workers.next('placed');
  assert.equal(placed?.outcome.path, '/x');
  assert.equal(await workers.finish(), null);
  assert.deepEqual(
    said.map(({ type }) => type),
    ['phase', 'received', 'placed'],
  );
  assert.equal(workers.killed, false);
});

test('messages of any length and with any character arrive as they are', async () => {
  const text = `\u2028\u2029\r\u0085"\\ ${'ä€😀'.repeat(200_000)}`;
  const { workers } = startWorkers({
    stream: `const text = '\\u2028\\u2029\\r\\u0085"\\\\ ' + 'ä€😀'.repeat(200000);
      tell({ type: 'log', priority: 6, message: text });`,
  });
  assert.deepEqual(await workers.next('log'), { type: 'log', priority: 6, message: text });
  assert.equal(await workers.finish(), null);
});

test('what was said just before the end counts', async () => {
  const { workers } = startWorkers({ placement: `tell({ type: 'received', bytes: 1 });` });
  assert.equal(await workers.finish(), null);
  assert.deepEqual(await workers.next('received'), { type: 'received', bytes: 1 });
});

test('nobody waits for the word of processes that have all ended well', async () => {
  const { workers } = startWorkers({ stream: '' });
  assert.equal(await workers.next('streamed'), null);
  assert.equal(await workers.next('streamed'), null);
  assert.equal(await workers.finish(), null);
});

const endings: [
  what: string,
  scripts: Partial<Record<Name, string>>,
  kind: string,
  message: RegExp,
  killed: boolean,
][] = [
  ['a failure that is told', { stream: saysCorrupt }, 'Corrupt', /^bad bytes$/, false],
  [
    'an exit status',
    { stream: 'process.exit(3);' },
    'WorkerFailed',
    /^The stream process of the transfer ended unexpectedly, with exit status 3; nothing was placed$/,
    false,
  ],
  [
    'a signal',
    { stream: `process.kill(process.pid, 'SIGSEGV'); ${forEver}` },
    'WorkerFailed',
    /^The stream process of the transfer ended unexpectedly, by SIGSEGV; nothing was placed$/,
    false,
  ],
  [
    'a signal to what may have left something',
    { placement: `process.kill(process.pid, 'SIGKILL'); ${forEver}` },
    'WorkerFailed',
    /placement process .*by SIGKILL/,
    true,
  ],
  [
    'two failures, of which one explains the other',
    { placement: `hear(); ${saysCut}`, stream: saysCorrupt },
    'Corrupt',
    /bad bytes/,
    false,
  ],
  [
    'a kill that makes the other one fail',
    { placement: `await pause(300); process.kill(process.pid, 'SIGKILL'); ${forEver}`, stream: `process.exit(1);` },
    'WorkerFailed',
    /placement process .*by SIGKILL/,
    true,
  ],
  [
    'a failure of placement, after which stream is ended by us',
    { placement: 'process.exit(1);', stream: forEver },
    'WorkerFailed',
    /placement process .*with exit status 1/,
    false,
  ],
];
for (const [what, scripts, kind, message, killed] of endings) {
  test(`after ${what} the failure is the one that explains most`, async () => {
    const { workers } = startWorkers(scripts);
    assert.equal(await workers.next('streamed'), null);
    const failure = await workers.finish();
    assert.equal(failure?.kind, kind);
    assert.match(failure?.message ?? '', message);
    assert.equal(workers.killed, killed);
  });
}

test('a program that cannot be started is a failure that names it', async () => {
  const { workers } = startWorkers({});
  startOne(workers, 'stream', plainCommand(['/nonexistent/program']));
  assert.equal(await workers.next('streamed'), null);
  const failure = await workers.finish();
  assert.equal(failure?.kind, 'WorkerFailed');
  assert.deepEqual(failure?.facts, { process: 'stream' });
});

test('when stream fails, placement is left to clean up by itself: it hears that nothing more will be said', async () => {
  const { workers, said } = startWorkers({
    stream: saysCorrupt,
    placement: `if (hear() === null) tell({ type: 'log', priority: 6, message: 'removed what I made' });`,
  });
  assert.equal((await workers.finish())?.kind, 'Corrupt');
  assert.deepEqual(
    said.map((message) => message.type === 'log' && message.message),
    ['removed what I made'],
  );
  assert.equal(workers.killed, false);
});

test('when placement fails, stream ends too', async () => {
  const { workers } = startWorkers({ placement: saysCorrupt, stream: forEver });
  assert.equal((await workers.finish())?.kind, 'Corrupt');
  assert.equal(workers.killed, false);
});

for (const how of ['kill()', 'the signal'] as const) {
  test(`${how} ends all, and says that something may be left`, async () => {
    const { workers, abort } = startWorkers({ placement: forEver, stream: forEver });
    if (how === 'kill()') workers.kill();
    else abort.abort();
    assert.equal(await workers.next('streamed'), null);
    await workers.finish();
    assert.equal(workers.killed, true);
  });
}

for (const word of [`tell({ type: 'streamed', outcome: {} });`, `tell({ type: 'moved', outcome: {} });`]) {
  test(`a stream process that does not end after ${word} is ended, and that is no failure`, async () => {
    const { workers } = startWorkers({ stream: `${word} ${forEver}` });
    assert.equal(await workers.finish(), null);
    assert.equal(workers.killed, false);
  });
}

test('a stream process that does not end after its failure is ended', async () => {
  const { workers } = startWorkers({ stream: saysCorrupt.replace('process.exit(1);', forEver), placement: 'hear();' });
  assert.equal((await workers.finish())?.kind, 'Corrupt');
});

for (const name of ['stream', 'placement'] as const) {
  test(`a mistake of ${name} is told as one, and its stack is not`, async () => {
    const script = `tell({ type: 'bug', stack: 'TypeError: secret' });`;
    const { workers, said } = startWorkers({ [name]: `${script} ${name === 'stream' ? forEver : 'process.exit(1);'}` });
    const failure = await workers.finish();
    assert.equal(failure?.kind, 'WorkerFailed');
    assert.equal(
      failure?.message,
      `The ${name} process of the transfer made a mistake, which the log of the service shows; nothing was placed`,
    );
    assert.deepEqual(said, [{ type: 'bug', stack: 'TypeError: secret' }]);
  });
}

test('what a process has started ends with it, however it ends', async (t) => {
  for (const end of ['workers.kill()', 'process.kill(process.pid, "SIGKILL");']) {
    const path = temporaryDirectory(t).file('pid');
    const script = `const { spawn } = await import('node:child_process');
      const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
      writeFileSync(${JSON.stringify(path)}, String(child.pid));
      tell({ type: 'phase', phase: 'converting' });`;
    const isKilled = end.startsWith('workers');
    const { workers } = startWorkers({ placement: `${script} ${isKilled ? '' : end} ${forEver}` });
    await workers.next('phase');
    if (isKilled) workers.kill();
    await workers.finish();
    const pid = Number(readFileSync(path, 'utf8'));
    await waitWhile(() => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0, 5);
  }
});

test('a process that is dismissed ends well, and the others go on', async () => {
  const { workers } = startWorkers({
    stream: 'hear();',
    placement: `hear(); tell({ type: 'received', bytes: 1 });`,
  });
  workers.dismiss('stream');
  workers.send('placement', {});
  assert.deepEqual(await workers.next('received'), { type: 'received', bytes: 1 });
  assert.equal(await workers.finish(), null);
});

const nonsense: [what: string, script: string, quoted: RegExp][] = [
  ['no JSON', `tell('hello\\n');`, /.*hello.*/],
  ['half an object', `tell('{"type":"log"\\n');`, /.*JSON.*/],
  ['JSON that is no object', `tell('null\\n');`, /a message of type undefined/],
  ['an object without a type', `tell('{}\\n');`, /a message of type undefined/],
  ['a type that nobody knows', `tell({ type: 'launch' });`, /a message of type "launch"/],
  [
    'a failure of a kind that nobody knows',
    `tell({ type: 'failure', kind: 'Nonsense', message: 'x', facts: {} });`,
    /a failure "Nonsense"/,
  ],
  ['what only placement can know', `tell({ type: 'received', bytes: 5 });`, /'received', which it cannot know/],
  [
    'that it has placed an image',
    `tell({ type: 'placed', outcome: { path: '/x', pristinePath: null, lossCount: 0 } });`,
    /'placed', which it cannot know/,
  ],
  ['a line without end', `for (;;) tell('x'.repeat(1 << 20));`, /a line of more than 16777216 bytes/],
];
for (const [what, script, quoted] of nonsense) {
  test(`a stream process that says ${what} is one failed transfer, and no crash of the service`, async () => {
    const { workers, said } = startWorkers({ stream: `${script} ${forEver}`, placement: 'hear();' });
    assert.equal(await workers.next('streamed'), null);
    const failure = await workers.finish();
    assert.equal(failure?.kind, 'WorkerFailed');
    const says = new RegExp(
      `^The stream process of the transfer said what it cannot say \\(${quoted.source}\\), and was ended; nothing was placed$`,
    );
    assert.match(failure?.message ?? '', says);
    assert.deepEqual(said, []);
  });
}

test('a process gets its descriptors from 4 on, the environment it is given, and nothing else', async (t) => {
  const out = temporaryDirectory(t).file('out');
  const { readEnd, writeEnd } = pipe();
  const { workers } = startWorkers({});
  const script = `exec 1>"$OUT"; ls -l /proc/$$/fd; env; readlink /proc/$$/cwd`;
  startOne(workers, 'stream', plainCommand(['/bin/sh', '-c', script]), {
    descriptors: [readEnd, writeEnd],
    environment: { OUT: out },
  });
  for (const descriptor of [readEnd, writeEnd]) closeSync(descriptor);
  assert.equal(await workers.finish(), null);
  const text = readFileSync(out, 'utf8');
  // Standard output and error are the test's own; what is above 9 was passed to the test itself.
  const descriptors = [...text.matchAll(/ ([03-9]) -> ([^:\n]*)/g)].map(([, number, target]) => `${number} ${target}`);
  assert.deepEqual(descriptors.sort(), ['0 /dev/null', '3 socket', '4 pipe', '5 pipe']);
  const variables = text.split('\n').filter((line) => /^\w+=/.test(line) && !/^(PWD|OLDPWD|_|SHLVL)=/.test(line));
  assert.deepEqual(variables.sort(), [`FERRY_PARENT_PID=${process.pid}`, `OUT=${out}`]);
  assert.match(text, /^\/$/m);
});
