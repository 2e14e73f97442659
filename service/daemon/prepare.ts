import { Log } from '../../common/log/log.js';
import { buildWalls } from '../sandbox/walls.js';
import type { Host } from '../transfers/host.js';
import { Spares } from '../transfers/supervisor/spares.js';

/** What takes its time, and can begin before the rest of the service is loaded. */
export type Prepared = Pick<Host, 'walls' | 'spares' | 'log'>;

/** Begins to build the walls and, where a transfer is about to be asked for, to start its processes: both go on by themselves. */
export async function prepare(environment: NodeJS.ProcessEnv, transferFollows: boolean): Promise<Prepared> {
  const log = new Log(environment);
  const walls = buildWalls(transferFollows);
  const spares = new Spares({ environment, walls, log });
  // Loading the rest holds up whatever has not begun by then.
  if (transferFollows) await spares.fill();
  return { walls, spares, log };
}
