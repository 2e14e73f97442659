import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SystemError } from '../../../../../linux/errno.js';
import { openSocketPair } from '../../../../../linux/sockets.js';
import { type Command, plainCommand } from '../../../../../service/sandbox/needs.js';
import { OwnedDescriptors } from '../../../../../service/transfers/owned-descriptors.js';
import { WorkerProcess } from '../../../../../service/transfers/supervisor/worker-process.js';
import { noSuchFile, notAvailableForNow, tooManyOpenFiles } from '../../../../support/texts/common.js';
import { cannotStartProcess } from '../../../../support/texts/transfers.js';
import { waitWhile } from '../../../../support/wait.js';
import { fakeWorker } from '../fake-workers.js';
import { forEver, saysCorrupt, startProcesses, supervise } from './processes.js';

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

test('once a transfer is to end, no more of its processes start', async () => {
  const { supervisor, abort } = startProcesses({});
  abort.abort(new Error('nobody waits'));
  assert.throws(() => supervisor.start('fetch', []), /^Error: nobody waits$/);
  assert.equal(await supervisor.finish(), undefined);
});
