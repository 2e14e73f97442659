import { Log, plainOutput, readLogSettings } from '../../../../common/log/log.js';
import { type Command, plainCommand, type WorkerName } from '../../../../service/sandbox/needs.js';
import { History } from '../../../../service/transfers/history/history.js';
import type { Host } from '../../../../service/transfers/host.js';
import { Spares } from '../../../../service/transfers/supervisor/spares.js';

/** What every fake worker begins with: `tell` an object or a text, `hear` the next line of the daemon or null. */
const prelude = `
import { closeSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
const tell = (message) => {
  const bytes = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message) + '\\n');
  for (let written = 0; written < bytes.length; ) written += writeSync(3, bytes, written);
};
let heard = '';
const hear = () => {
  const chunk = Buffer.alloc(65536);
  while (!heard.includes('\\n')) {
    const count = readSync(3, chunk);
    if (count === 0) return null;
    heard += chunk.toString('utf8', 0, count);
  }
  const end = heard.indexOf('\\n');
  const line = heard.slice(0, end);
  heard = heard.slice(end + 1);
  return JSON.parse(line);
};
`;

/** The command of a worker that does what a script says. */
export function fakeWorker(script: string): Command {
  return plainCommand([process.execPath, '--input-type=module', '--eval', prelude + script]);
}

/** A log that nobody reads. */
export const silentLog = new Log(
  readLogSettings({ SYSTEMD_LOG_TARGET: 'null' }, { isTerminal: false }),
  plainOutput('ferryd'),
);

/** A host whose workers do what scripts say; the others do nothing. */
export function fakeHost(runtimeDirectory: string, scripts: Partial<Record<WorkerName, string>>): Host {
  const parts: Pick<Host, 'environment' | 'log' | 'sandbox'> = {
    environment: {},
    log: silentLog,
    sandbox: Promise.resolve({ missing: [], command: (name) => fakeWorker(scripts[name] ?? '') }),
  };
  const rest = { scope: 'system', runtimeDirectory, stateDirectory: undefined } as const;
  return { ...parts, ...rest, spares: new Spares(parts), history: new History({ ...rest, log: silentLog }) };
}
