import { isatty } from 'node:tty';
import { readBoolean } from '../../common/environment.js';
import { Log, plainOutput, readLogSettings } from '../../common/log/log.js';
import { withoutQueries } from '../../common/url.js';
import { buildSandbox } from '../sandbox/sandbox.js';
import type { Host } from '../transfers/host.js';
import { type SpareName, Spares, transferNames } from '../transfers/supervisor/spares.js';

/** What takes its time, and can begin before the rest of the service is loaded. */
export type PreparedHost = Pick<Host, 'sandbox' | 'spares' | 'log'>;

/** Booleans that others read, later and without a word. What cannot be understood is told here, once. */
const booleans = [
  ['SYSTEMD_IMPORT_BTRFS_SUBVOL', true],
  ['SYSTEMD_IMPORT_BTRFS_QUOTA', false],
  ['SYSTEMD_IMPORT_SYNC', true],
  ['SYSTEMD_EXIT_ON_IDLE', true],
] as const;

/** The service's own log. */
export function openLog(environment: NodeJS.ProcessEnv): Log {
  const log = new Log(readLogSettings(environment, { isTerminal: isatty(2) }), {
    ...plainOutput('ferryd'),
    conceal: withoutQueries,
  });
  for (const [variable, otherwise] of booleans) {
    const text = environment[variable];
    if (text !== undefined && readBoolean(text) === undefined)
      log.warning(`Cannot read ${variable}: '${text}' is not a boolean; it stays ${otherwise ? 'on' : 'off'}`);
  }
  return log;
}

/**
 * Begins to build the sandbox and, where a transfer is about to be asked for, to start its processes: both go on by themselves.
 * `verb`: that of the transfer.
 */
export async function prepare(environment: NodeJS.ProcessEnv, verb: string | undefined): Promise<PreparedHost> {
  const log = openLog(environment);
  const sandbox = buildSandbox(verb !== undefined, environment);
  const spares = new Spares({ environment, sandbox, log });
  // Loading the rest holds up whatever has not begun by then.
  if (verb !== undefined) await spares.fill(processesFor(verb));
  return { sandbox, spares, log };
}

/** The processes that a transfer will have, as far as its verb tells: what is compressed shows later. */
function processesFor(verb: string): readonly SpareName[] {
  if (verb === 'import-fs') return ['placement'];
  return verb.startsWith('pull-') ? transferNames : ['decode', 'placement'];
}
