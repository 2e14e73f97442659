import type { Command, WorkerName } from './needs.js';
import { rootWalls } from './root-walls.js';
import { watchForStrays } from './strays.js';
import { userWalls } from './user-walls.js';

export type { WorkerName } from './needs.js';

/** Starts workers behind the walls that this environment allows (DESIGN: confinement happens before exec). */
export interface Walls {
  /** What runs a worker, confined as its name demands. Throws Failure ServiceStopping once the program was updated. */
  command(worker: WorkerName): Command;
  /** One line for each wall that this environment does not allow. */
  readonly missing: readonly string[];
}

/**
 * Builds the walls for this process: full ones for root, those an ordinary user may have otherwise. `atOnce`: before
 * anything else is done.
 */
export async function buildWalls(atOnce: boolean): Promise<Walls> {
  const reason = watchForStrays();
  const walls = await (process.getuid?.() === 0 ? rootWalls(atOnce) : userWalls());
  if (reason === undefined) return walls;
  const missing = [...walls.missing, `What a process of a transfer leaves behind is not looked for: ${reason}`];
  return { missing, command: (worker) => walls.command(worker) };
}
