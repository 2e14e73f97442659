import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { FirstOrder } from '../../../../../service/processes/ipc/messages.js';
import type { WorkerName } from '../../../../../service/sandbox/needs.js';
import { PullProcesses, startPair } from '../../../../../service/transfers/supervisor/pipes.js';
import { Supervisor } from '../../../../../service/transfers/supervisor/supervisor.js';
import { waitUntil } from '../../../../support/wait.js';
import { fakeWorker } from '../fake-workers.js';

/** A supervisor whose processes do nothing, and of which one cannot be started. */
function superviseWithout(missing: WorkerName | undefined): Supervisor {
  const command = (name: WorkerName) => {
    if (name === missing) throw new Error(`no ${name} process`);
    return fakeWorker('');
  };
  return new Supervisor({
    sandbox: { missing: [], command },
    environment: {},
    observer: { onMessage: () => {}, onOutput: () => {} },
    commitOutcome: { isPlaced: () => false, tell: () => 'nothing was placed' },
    signal: new AbortController().signal,
  });
}

const descriptors = () => readdirSync('/proc/self/fd').length;

const part = <Order>(order: object) => ({ order: order as Order, descriptors: [] });

function startPull(supervisor: Supervisor, decodes: boolean): void {
  using processes = new PullProcesses(supervisor);
  const placement = part<FirstOrder<'placement'>>({ type: 'placePull' });
  processes.start({ placement, fetch: part<FirstOrder<'fetch'>>({ type: 'fetchPull' }), decodes });
}

function startImport(supervisor: Supervisor): void {
  const placement = part<FirstOrder<'placement'>>({ type: 'placeImport' });
  startPair(supervisor, { direction: 'in', placement, decode: part<undefined>({}) });
}

const starts: [what: string, start: (supervisor: Supervisor) => void, names: WorkerName[]][] = [
  ['a pull', (supervisor) => startPull(supervisor, false), ['placement', 'fetch']],
  ['a pull that decodes', (supervisor) => startPull(supervisor, true), ['placement', 'fetch', 'decode']],
  ['an import', startImport, ['placement', 'decode']],
];
for (const [what, start, names] of starts) {
  for (const missing of [undefined, ...names]) {
    const how = missing === undefined ? 'that begins' : `whose ${missing} process cannot be started`;
    test(`of ${what} ${how} no end of a pipe stays with the service`, async () => {
      const run = async () => {
        const supervisor = superviseWithout(missing);
        if (missing === undefined) start(supervisor);
        else assert.throws(() => start(supervisor), new Error(`no ${missing} process`));
        supervisor.giveUp();
        await supervisor.finish();
      };
      // What node opens with the first process stays open.
      await run();
      const before = descriptors();
      await run();
      // The standard error of a process that has ended is closed a little later.
      await waitUntil(() => descriptors() <= before, 5);
    });
  }
}
