import type { WorkerMessage } from '../../../../../service/processes/ipc/messages.js';
import type { Command } from '../../../../../service/sandbox/needs.js';
import { type Supervision, Supervisor } from '../../../../../service/transfers/supervisor/supervisor.js';
import { fakeWorker } from '../fake-workers.js';

const commitOutcome = { isPlaced: () => false, tell: () => 'nothing was placed' };

export type Name = 'fetch' | 'decode' | 'placement';

/** A supervisor whose processes do what commands say, with what they have said. */
export function supervise(commands: Partial<Record<Name, Command>>, changes: Partial<Supervision> = {}) {
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
export function startProcesses(scripts: Partial<Record<Name, string>>, changes: Partial<Supervision> = {}) {
  const entries = Object.entries(scripts).map(([name, script]) => [name, fakeWorker(script)]);
  const supervised = supervise(Object.fromEntries(entries), changes);
  for (const name of ['fetch', 'decode', 'placement'] as const)
    if (scripts[name] !== undefined) supervised.supervisor.start(name, []);
  return supervised;
}

export const forEver = 'await pause(1e9);';
export const saysCorrupt = `tell({ type: 'failure', kind: 'Corrupt', message: 'bad bytes', facts: { what: 'x', offset: 7 } });
  process.exit(1);`;

export const nothingFetched = {
  cachedPath: null,
  etag: null,
  lastModified: null,
  sentBytes: 0,
  encodedBytes: 0,
  record: null,
  sidecars: [],
};
