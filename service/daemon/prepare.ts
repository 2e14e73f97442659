import { Log } from '../../common/log/log.js';
import { buildSandbox } from '../sandbox/sandbox.js';
import type { Host } from '../transfers/host.js';
import { Spares } from '../transfers/supervisor/spares.js';

/** What takes its time, and can begin before the rest of the service is loaded. */
export type Prepared = Pick<Host, 'sandbox' | 'spares' | 'log'>;

/** Begins to build the sandbox and, where a transfer is about to be asked for, to start its processes: both go on by themselves. */
export async function prepare(environment: NodeJS.ProcessEnv, transferFollows: boolean): Promise<Prepared> {
  const log = new Log(environment);
  const sandbox = buildSandbox(transferFollows);
  const spares = new Spares({ environment, sandbox, log });
  // Loading the rest holds up whatever has not begun by then.
  if (transferFollows) await spares.fill();
  return { sandbox, spares, log };
}
