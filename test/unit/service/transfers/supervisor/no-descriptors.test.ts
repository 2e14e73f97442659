import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { startPair } from '../../../../../service/transfers/supervisor/pipes.js';
import { Supervisor } from '../../../../../service/transfers/supervisor/supervisor.js';
import { run } from '../../../../support/command.js';
import { needs } from '../../../../support/needs.js';
import { tooManyOpenFiles } from '../../../../support/texts/common.js';
import { cannotStartProcess } from '../../../../support/texts/transfers.js';
import { fakeWorker } from '../fake-workers.js';

// In a file of its own: the limit is that of the whole process.

/** Sets how many descriptors this process may have. */
function limitDescriptors(count: number | string): void {
  run('prlimit', ['--pid', String(process.pid), `--nofile=${count}:`]);
}

/** Does something while this process can have no more descriptors than `left`. */
function withFew(left: number, action: () => void): void {
  const limit = run('prlimit', ['--pid', String(process.pid), '--nofile', '--noheadings', '--output=SOFT']).trim();
  limitDescriptors(128);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    for (const descriptor of taken.splice(-left, left)) closeSync(descriptor);
    action();
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
    limitDescriptors(limit);
  }
}

function newSupervisor(): Supervisor {
  return new Supervisor({
    sandbox: { missing: [], command: () => fakeWorker('') },
    environment: {},
    observer: { onMessage: () => {}, onOutput: () => {} },
    commitOutcome: { isPlaced: () => false, tell: () => 'nothing was placed' },
    signal: new AbortController().signal,
  });
}

const order = {} as never;
const parts = {
  placement: { order, descriptors: [] },
  decode: undefined,
  direction: 'in',
} as const;

const rows: [left: number, message: string][] = [
  [
    1,
    `Cannot make a pipe for the processes of the transfer: ${tooManyOpenFiles} (EMFILE); wait for other transfers to end and try again`,
  ],
  [3, `${cannotStartProcess('placement')}: ${tooManyOpenFiles} (EMFILE); nothing was placed`],
];
for (const [left, message] of rows) {
  test(`a transfer for which there are ${left} descriptors left is a failure, and no mistake of the service`, async (t) => {
    if (!needs(t, { programs: ['prlimit'] })) return;
    const supervisor = newSupervisor();
    withFew(left, () => assert.throws(() => startPair(supervisor, parts), { kind: 'WorkerFailed', message }));
    await supervisor.finish();
  });
}
