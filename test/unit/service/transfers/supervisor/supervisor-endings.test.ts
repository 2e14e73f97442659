import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { like } from '../../../../support/like.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { processOfTransfer } from '../../../../support/texts/transfers.js';
import { waitWhile } from '../../../../support/wait.js';
import { forEver, type Name, nothingFetched, saysCorrupt, startProcesses } from './processes.js';

const saysCut = `tell({ type: 'failure', kind: 'WorkerFailed', message: 'cut', facts: { process: 'fetch' } });
  process.exit(1);`;

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
