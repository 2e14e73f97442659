import type { Command, WorkerName } from './needs.js';
import { rootWalls } from './rootWalls.js';
import { watchForStrays } from './strays.js';
import { userWalls } from './userWalls.js';

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
export function buildWalls(atOnce: boolean): Promise<Walls> {
  watchForStrays();
  return process.getuid?.() === 0 ? rootWalls(atOnce) : userWalls();
}
