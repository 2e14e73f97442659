import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { closeSync, existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SystemError } from '../../../../../linux/errno.js';
import { pipe } from '../../../../../linux/process.js';
import { openSocketPair } from '../../../../../linux/sockets.js';
import { senderEnded } from '../../../../../service/processes/ipc/frames.js';
import type { WorkerMessage } from '../../../../../service/processes/ipc/messages.js';
import { type Command, plainCommand } from '../../../../../service/sandbox/needs.js';
import { OwnedDescriptors } from '../../../../../service/transfers/owned-descriptors.js';
import { type Supervision, Supervisor } from '../../../../../service/transfers/supervisor/supervisor.js';
import { WorkerProcess } from '../../../../../service/transfers/supervisor/worker-process.js';
import { like, re } from '../../../../support/like.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { noSuchFile, notAvailableForNow, tooManyOpenFiles } from '../../../../support/texts/common.js';
import {
  cannotStartProcess,
  droppedLogMessages,
  processOfTransfer,
  sentInvalidMessage,
} from '../../../../support/texts/transfers.js';
import { waitWhile } from '../../../../support/wait.js';
import { fakeWorker } from '../fake-workers.js';

const commitOutcome = { isPlaced: () => false, tell: () => 'nothing was placed' };

type Name = 'fetch' | 'decode' | 'placement';

/** A supervisor whose processes do what commands say, with what they have said. */
function supervise(commands: Partial<Record<Name, Command>>, changes: Partial<Supervision> = {}) {
  const abort = new AbortController();
  const said: WorkerMessage[] = [];
  const written: string[] = [];
  const supervisor = new Supervisor({
    sandbox: { missing: [], command: (name) => commands[name as Name] ?? fakeWorker('') },
    environment: {},
    observer: {
      onMessage: (message: WorkerMessage) => said.push(message),
      onOutput: (name, text) => written.push(`${name}: ${text}`),
    },
    commitOutcome,
    signal: abort.signal,
    ...changes,
  });
  return { supervisor, abort, said, written };
}

/** Processes that do what scripts say. */
function startProcesses(scripts: Partial<Record<Name, string>>, changes: Partial<Supervision> = {}) {
  const entries = Object.entries(scripts).map(([name, script]) => [name, fakeWorker(script)]);
  const supervised = supervise(Object.fromEntries(entries), changes);
  for (const name of ['fetch', 'decode', 'placement'] as const)
    if (scripts[name] !== undefined) supervised.supervisor.start(name, []);
  return supervised;
}

const forEver = 'await pause(1e9);';
const saysCorrupt = `tell({ type: 'failure', kind: 'Corrupt', message: 'bad bytes', facts: { what: 'x', offset: 7 } });
  process.exit(1);`;
const saysCut = `tell({ type: 'failure', kind: 'WorkerFailed', message: 'cut', facts: { process: 'fetch' } });
  process.exit(1);`;

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

const endings: [
  what: string,
  scripts: Partial<Record<Name, string>>,
  kind: string,
  message: RegExp,
  killed: boolean,
][] = [
  ['a failure that is told', { decode: saysCorrupt }, 'Corrupt', /^bad bytes$/, false],
  [
    'an exit status',
    { fetch: 'process.exit(3);' },
    'WorkerFailed',
    like`^${processOfTransfer('fetch')} ended unexpectedly, with exit status 3; nothing was placed$`,
    false,
  ],
  [
    'a signal',
    { fetch: `process.kill(process.pid, 'SIGSEGV'); ${forEver}` },
    'WorkerFailed',
    like`^${processOfTransfer('fetch')} ended unexpectedly, by SIGSEGV; nothing was placed$`,
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
    { placement: `hear(); ${saysCut}`, decode: saysCorrupt },
    'Corrupt',
    /bad bytes/,
    false,
  ],
  [
    'a kill that makes the other one fail',
    { placement: `await pause(300); process.kill(process.pid, 'SIGKILL'); ${forEver}`, fetch: `process.exit(1);` },
    'WorkerFailed',
    /placement process .*by SIGKILL/,
    true,
  ],
  [
    'a failure of placement, after which fetch is ended by us',
    { placement: 'process.exit(1);', fetch: forEver },
    'WorkerFailed',
    /placement process .*with exit status 1/,
    false,
  ],
];
for (const [what, scripts, kind, message, killed] of endings) {
  test(`after ${what} the failure is the one that explains most`, async () => {
    const { supervisor } = startProcesses(scripts);
    assert.equal(await supervisor.next('fetched'), undefined);
    const failure = await supervisor.finish();
    assert.equal(failure?.kind, kind);
    assert.match(failure?.message ?? '', message);
    assert.equal(supervisor.mayHaveLeft, killed);
  });
}

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

test('a program that cannot be started is a failure that names it', async () => {
  const { supervisor } = supervise({ fetch: plainCommand(['/nonexistent/program']) });
  supervisor.start('fetch', []);
  assert.equal(await supervisor.next('fetched'), undefined);
  const failure = await supervisor.finish();
  assert.equal(failure?.kind, 'WorkerFailed');
  assert.deepEqual(failure?.facts, { process: 'fetch' });
  assert.equal(failure?.message, `${cannotStartProcess('fetch')}: ${noSuchFile} (ENOENT); nothing was placed`);
});

for (const [syscall, code, reason] of [
  ['spawn', 'ENOMEM', 'there is not enough memory'],
  ['spawn', 'EAGAIN', notAvailableForNow],
  ['socketpair', 'ENFILE', 'too many open files on the whole system'],
  ['unshare', 'ENOSPC', 'there are as many namespaces as are allowed'],
] as const) {
  test(`a process that the system allows none of (${code}) is a failure that names it, and no mistake of the service`, async () => {
    const { supervisor } = supervise({ fetch: failingCommand(SystemError.named(syscall, code)) });
    const expected = {
      kind: 'WorkerFailed',
      facts: { process: 'fetch' },
      message: `${cannotStartProcess('fetch')}: ${reason} (${code}); nothing was placed`,
    };
    assert.throws(() => supervisor.start('fetch', []), expected);
    assert.equal(await supervisor.finish(), undefined);
  });
}

test('a mistake at the start of a process stays what it is', async () => {
  const mistake = new TypeError('a mistake');
  const { supervisor } = supervise({ fetch: failingCommand(mistake) });
  assert.throws(() => supervisor.start('fetch', []), mistake);
  await supervisor.finish();
});

test('what is lent to a process fails as a process that is started does', async () => {
  const begin = () => {
    throw SystemError.named('open', 'EMFILE');
  };
  const { supervisor } = supervise({ placement: { begin } });
  assert.throws(() => supervisor.lend('placement'), {
    kind: 'WorkerFailed',
    message: `${cannotStartProcess('placement')}: ${tooManyOpenFiles} (EMFILE); nothing was placed`,
  });
  await supervisor.finish();
});

/** A command whose process cannot be started. */
function failingCommand(error: Error): Command {
  const start = () => {
    throw error;
  };
  return { begin: () => ({ words: ['true'], parent: 0, start, end: async () => {} }) };
}

/** A command that counts how many of its processes have not been given back. */
function countedCommand(words: readonly string[]) {
  const counted = { open: 0 };
  const begin = () => {
    counted.open += 1;
    const end = async () => {
      counted.open -= 1;
    };
    return { words, parent: 0, start: <Process>(spawn: () => Process) => spawn(), end };
  };
  return { counted, command: { begin } };
}

test('what a process was to have is given back when it cannot be started', async () => {
  const { counted, command } = countedCommand(['/nonexistent/program']);
  const { supervisor } = supervise({ fetch: command });
  supervisor.start('fetch', []);
  await supervisor.finish();
  assert.equal(counted.open, 0);
});

test('a spare process that has closed its channel is not used, though it has not ended', async () => {
  const closing = fakeWorker(`closeSync(3); ${forEver}`);
  const worker = WorkerProcess.spare({ name: 'fetch', command: closing, environment: {} });
  // They get the number of the service's own end of the channel once that is closed.
  const others = new OwnedDescriptors();
  try {
    await waitWhile(() => worker.begin([], () => {}), 5);
    for (let count = 0; count < 20; count += 1) {
      for (const descriptor of openSocketPair()) others.add(descriptor);
      assert.equal(
        worker.begin([], () => {}),
        false,
      );
      await pause(5);
    }
    assert.equal(worker.hasExited, false);
  } finally {
    others[Symbol.dispose]();
    worker.kill();
  }
  assert.equal((await worker.exited).signal, 'SIGKILL');
});

test('when fetch fails, placement is left to clean up by itself: it hears that nothing more will be said', async () => {
  const { supervisor, said } = startProcesses({
    decode: saysCorrupt,
    placement: `if (hear() === null) tell({ type: 'log', priority: 6, message: 'removed what I made' });`,
  });
  assert.equal((await supervisor.finish())?.kind, 'Corrupt');
  assert.deepEqual(
    said.map((message) => message.type === 'log' && message.message),
    ['removed what I made'],
  );
  assert.equal(supervisor.mayHaveLeft, false);
});

test('when placement fails, fetch ends too', async () => {
  const { supervisor } = startProcesses({ placement: saysCorrupt, fetch: forEver });
  assert.equal((await supervisor.finish())?.kind, 'Corrupt');
  assert.equal(supervisor.mayHaveLeft, false);
});

for (const how of ['kill()', 'the signal'] as const) {
  test(`${how} ends all, and says that something may be left`, async () => {
    const { supervisor, abort } = startProcesses({ placement: forEver, fetch: forEver });
    if (how === 'kill()') supervisor.kill();
    else abort.abort();
    assert.equal(await supervisor.next('fetched'), undefined);
    await supervisor.finish();
    assert.equal(supervisor.mayHaveLeft, true);
  });
}

const nothingFetched = {
  cachedPath: null,
  etag: null,
  lastModified: null,
  sentBytes: 0,
  encodedBytes: 0,
  record: null,
  sidecars: [],
};
const nothingMoved = { bytes: 0, sha256: null, decodedBytes: 0 };
for (const [name, type, outcome] of [
  ['fetch', 'fetched', nothingFetched],
  ['decode', 'moved', nothingMoved],
] as const) {
  const word = `tell(${JSON.stringify({ type, outcome })});`;
  test(`a ${name} process that does not end after ${word} is ended, and that is no failure`, async () => {
    const { supervisor } = startProcesses({ [name]: `${word} ${forEver}` });
    assert.equal(await supervisor.finish(), undefined);
    assert.equal(supervisor.mayHaveLeft, false);
  });
}

test('a fetch process that does not end after its failure is ended', async () => {
  const { supervisor } = startProcesses({
    decode: saysCorrupt.replace('process.exit(1);', forEver),
    placement: 'hear();',
  });
  assert.equal((await supervisor.finish())?.kind, 'Corrupt');
});

for (const name of ['fetch', 'decode', 'placement'] as const) {
  test(`a mistake of ${name} is told as one, and its stack is not`, async () => {
    const script = `tell({ type: 'bug', stack: 'TypeError: secret' });`;
    const { supervisor, said } = startProcesses({
      [name]: `${script} ${name === 'placement' ? 'process.exit(1);' : forEver}`,
    });
    const failure = await supervisor.finish();
    assert.equal(failure?.kind, 'WorkerFailed');
    assert.equal(
      failure?.message,
      `${processOfTransfer(name)} made a mistake, which the log of the service shows; nothing was placed`,
    );
    assert.deepEqual(said, [{ type: 'bug', stack: 'TypeError: secret' }]);
  });
}

test('what a process has started ends with it, however it ends', async (t) => {
  for (const end of ['supervisor.kill()', 'process.kill(process.pid, "SIGKILL");']) {
    const path = temporaryDirectory(t).file('pid');
    const script = `const { spawn } = await import('node:child_process');
      const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
      writeFileSync(${JSON.stringify(path)}, String(child.pid));
      tell({ type: 'phase', phase: 'converting' });`;
    const isKilled = end.startsWith('supervisor');
    const { supervisor } = startProcesses({ placement: `${script} ${isKilled ? '' : end} ${forEver}` });
    await supervisor.next('phase');
    if (isKilled) supervisor.kill();
    await supervisor.finish();
    const pid = Number(readFileSync(path, 'utf8'));
    await waitWhile(() => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0, 5);
  }
});

test('a kill after the end reaches nobody: the number of the group may be that of another one by then', async (t) => {
  const path = temporaryDirectory(t).file('pid');
  // What stays in the group stands for whoever got its number.
  const script = `const { spawn } = await import('node:child_process');
    writeFileSync(${JSON.stringify(path)}, String(spawn('sleep', ['1000'], { stdio: 'ignore' }).pid)); process.exit(0);`;
  const { supervisor, abort } = startProcesses({ fetch: script });
  assert.equal(await supervisor.finish(), undefined);
  const pid = Number(readFileSync(path, 'utf8'));
  t.after(() => process.kill(pid, 'SIGKILL'));
  abort.abort();
  supervisor.kill();
  await pause(200);
  assert.match(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), /^sleep\0/);
});

test('a transfer that has ended is kept by no signal that lives on', async () => {
  const { supervisor, abort } = startProcesses({ fetch: '' });
  assert.equal(getEventListeners(abort.signal, 'abort').length, 1);
  await supervisor.finish();
  assert.equal(getEventListeners(abort.signal, 'abort').length, 0);
});

test('once a transfer is to end, no more of its processes start', async () => {
  const { supervisor, abort } = startProcesses({});
  abort.abort(new Error('nobody waits'));
  assert.throws(() => supervisor.start('fetch', []), /^Error: nobody waits$/);
  assert.equal(await supervisor.finish(), undefined);
});

test('a process that is dismissed ends well, and the others go on', async () => {
  const { supervisor } = startProcesses({
    fetch: 'hear();',
    placement: `hear(); tell({ type: 'received', bytes: 1, decodedBytes: 0 });`,
  });
  supervisor.dismiss('fetch');
  supervisor.send('placement', { type: 'installImport' });
  assert.deepEqual(await supervisor.next('received'), { type: 'received', bytes: 1, decodedBytes: 0 });
  assert.equal(await supervisor.finish(), undefined);
});

const someRecord = { sha256: 'ab'.repeat(32), sha512: null, bytes: 1, verification: 'signature', signedBy: null };
const finished = JSON.stringify({ type: 'fetched', outcome: nothingFetched });
const failed = (facts: object, kind = 'DownloadFailed') =>
  `tell(${JSON.stringify({ type: 'failure', kind, message: 'x', facts })});`;
const nonsense: [what: string, script: string, quoted: RegExp][] = [
  ['no JSON', `tell('hello\\n');`, /expected a value at character 0/],
  ['half an object', `tell('{"type":"log"\\n');`, /expected a comma or the end of the object at .*/],
  ['JSON that is no object', `tell('null\\n');`, /JSON that is not an object/],
  ['an object without a type', `tell('{}\\n');`, /a message of type undefined/],
  ['a type that nobody knows', `tell({ type: 'launch' });`, /a message of type "launch"/],
  ['a type that every object has', `tell({ type: 'constructor' });`, /a message of type "constructor"/],
  ['a type that is none', `tell({ type: {} });`, /a message of type \{\}/],
  [
    'what only placement can know',
    `tell({ type: 'received', bytes: 5, decodedBytes: 0 });`,
    /'received', which it cannot know/,
  ],
  [
    'that it has placed an image',
    `tell({ type: 'placed', outcome: { path: '/x', pristinePath: null, lossCount: 0, losses: [] } });`,
    /'placed', which it cannot know/,
  ],
  ['a line without end', `for (;;) tell('x'.repeat(1 << 20));`, /a line of more than 262144 bytes/],
  [
    'a log line of 15 MiB',
    `tell({ type: 'log', priority: 6, message: 'x'.repeat(15 << 20) });`,
    /a line of more than .*/,
  ],
  [
    'a log line that is too long',
    `tell({ type: 'log', priority: 6, message: 'x'.repeat(8193) });`,
    /message: more than 8192 .*/,
  ],
  ['a log line for all terminals', `tell({ type: 'log', priority: 0, message: 'x' });`, /priority: not from 3 to 7/],
  [
    'infinitely many bytes',
    `tell('{"type":"progress","bytesDone":1e999,"bytesTotal":null}\\n');`,
    /number out of range.*/,
  ],
  ['fewer bytes than none', `tell({ type: 'progress', bytesDone: -1, bytesTotal: null });`, /bytesDone: not from 0 .*/],
  [
    'more bytes than can be counted',
    `tell({ type: 'progress', bytesDone: 2 ** 53, bytesTotal: null });`,
    /bytesDone: not .*/,
  ],
  [
    'half a byte',
    `tell({ type: 'progress', bytesDone: 0.5, bytesTotal: null });`,
    /'progress' with bytesDone: expected an .*/,
  ],
  ['NaN', `tell('{"type":"progress","bytesDone":NaN,"bytesTotal":null}\\n');`, /expected a value at .*/],
  ['a number as text', `tell({ type: 'progress', bytesDone: 'NaN', bytesTotal: null });`, /.*expected an integer.*/],
  [
    'a phase that only the service can know',
    `tell({ type: 'phase', phase: 'finished' });`,
    /'phase' with phase: expected.*/,
  ],
  [
    'a phase that only placement can know',
    `tell({ type: 'phase', phase: 'installing' });`,
    /phase 'installing', which .*/,
  ],
  ['a phase that is none', `tell({ type: 'phase', phase: {} });`, /'phase' with phase: expected one of .*/],
  [
    'a phase that every object has',
    `tell({ type: 'phase', phase: '__proto__' });`,
    /'phase' with phase: expected one of .*/,
  ],
  [
    'a field that nobody knows',
    `tell({ type: 'phase', phase: 'verifying', more: 1 });`,
    /'phase' with more: not a known .*/,
  ],
  [
    'a prototype',
    `tell('{"type":"bug","stack":"x","__proto__":{"bytes":1}}\\n');`,
    /'bug' with __proto__: not a known .*/,
  ],
  ['a field twice', `tell('{"type":"bug","stack":"x","stack":"y"}\\n');`, /duplicate key at .*/],
  ['arrays in arrays', `tell('{"type":"bug","stack":' + '['.repeat(1e5) + '\\n');`, /nested deeper than 2048 at .*/],
  ['a NUL', `tell('{"type":"bug","stack":"\\\\u0000"}\\n');`, /NUL in a string at .*/],
  ['half a surrogate pair', `tell('{"type":"bug","stack":"\\\\ud83d"}\\n');`, /lone surrogate in a string at .*/],
  ['bytes that are no text', `writeSync(3, Buffer.from('7b22fe220a', 'hex'));`, /invalid UTF-8/],
  ['a failure of no kind that there is', failed({}, 'Nonsense'), /'failure' with kind: expected one of .*/],
  ['a failure that only the service can know', failed({}, 'Cancelled'), /'failure' with kind: expected one of .*/],
  [
    'a failure that only placement can know',
    failed({ name: 'x', path: '/x' }, 'ImageExists'),
    /kind 'ImageExists', .*/,
  ],
  [
    'a failure with other facts',
    failed({ url: 'x', status: null, more: 1 }),
    /a failure DownloadFailed with more: not a .*/,
  ],
  ['a failure with too few facts', failed({ status: 5 }), /a failure DownloadFailed with url: missing/],
  ['a failure with a second message', failed({ url: 'x', message: 'y' }), /a failure DownloadFailed with other facts/],
  [
    'a failure with facts out of range',
    failed({ url: 'x', status: -1 }),
    /a failure DownloadFailed with status: not from .*/,
  ],
  [
    'a failure with facts of no end',
    failed({ url: 'x'.repeat(16385) }),
    /a failure DownloadFailed with url: more than .*/,
  ],
  [
    'a digest that is none',
    `tell(${JSON.stringify({ type: 'fetched', outcome: { ...nothingFetched, record: { ...someRecord, sha256: 'x' } } })});`,
    /outcome.record.sha256: not of the form that it has/,
  ],
  ['its last word twice', `tell('${finished}\\n${finished}\\n');`, /'fetched' after its last message/],
  [
    'a phase after its last word',
    `tell('${finished}\\n{"type":"phase","phase":"verifying"}\\n');`,
    /'phase' after its last.*/,
  ],
];
const forged = { ...nothingFetched, record: someRecord };
/** What a taken-over decode process would have to say to be believed. */
const nonsenseOfDecode: typeof nonsense = [
  [
    'that a download is verified',
    `tell(${JSON.stringify({ type: 'fetched', outcome: forged })});`,
    /'fetched', which it cannot know/,
  ],
  ['that there is something to decode', `tell({ type: 'encoded' });`, /'encoded', which it cannot know/],
  ['what has come', `tell({ type: 'received', bytes: 1, decodedBytes: 1 });`, /'received', which it cannot know/],
  ['what would be downloaded', `tell({ type: 'planned', outcome: {} });`, /'planned', which it cannot know/],
  ['where the transfer is', `tell({ type: 'phase', phase: 'verifying' });`, /'phase', which it cannot know/],
  ['something for people', `tell({ type: 'log', priority: 6, message: 'x' });`, /'log', which it cannot know/],
  ['that a download failed', failed({ url: 'http://x/', status: null }), /kind 'DownloadFailed', which it cannot know/],
  [
    'that a download is not what it should be',
    failed({ file: 'x', expected: null, found: null }, 'VerificationFailed'),
    /kind 'VerificationFailed', which it cannot know/,
  ],
];
for (const [name, what, script, quoted] of [
  ...nonsense.map((each) => ['fetch', ...each] as const),
  ...nonsenseOfDecode.map((each) => ['decode', ...each] as const),
]) {
  test(`a ${name} process that says ${what} is one failed transfer, and no crash of the service`, async () => {
    const { supervisor, said } = startProcesses({ [name]: `${script} ${forEver}`, placement: 'hear();' });
    await supervisor.next('received');
    const failure = await supervisor.finish();
    assert.equal(failure?.kind, 'WorkerFailed');
    const says = like`^${processOfTransfer(name)} ${sentInvalidMessage(re(quoted))}; nothing was placed$`;
    assert.match(failure?.message ?? '', says);
    assert.deepEqual(
      said.filter(({ type }) => type !== 'fetched'),
      [],
    );
  });
}

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
