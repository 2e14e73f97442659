import type { Scope } from '../../common/image-classes.js';
import type { Log } from '../../common/log/log.js';
import type { Sandbox } from '../sandbox/needs.js';
import type { History } from './history/history.js';
import type { Spares } from './supervisor/spares.js';

/** What transfers need of the daemon they run in. */
export interface Host {
  readonly scope: Scope;
  readonly sandbox: Promise<Sandbox>;
  /** Processes that wait for the next transfer. */
  readonly spares: Spares;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  /** Directory below /run for what must not outlive a boot. */
  readonly runtimeDirectory: string;
  /** Directory for what outlives a boot, which may have to be made, mode 0700; undefined for a user without a home. */
  readonly stateDirectory: string | undefined;
  /** Told of everything that was done to images. */
  readonly history: History;
}
