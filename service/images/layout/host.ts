import { join } from 'node:path';
import type { Environment } from '../../../common/environment.js';
import type { Scope } from '../../../common/image-classes.js';

/** Whose images are dealt with, and in which environment. */
export interface ImageHost {
  scope: Scope;
  environment: Environment;
}

/** Takes what people should know although the work goes on. One line each. */
export type Warn = (message: string) => void;

/**
 * The directory of systemd's lock files for images: /run/systemd/nspawn/locks, for a user the same below
 * $XDG_RUNTIME_DIR. Null where a user has no such directory, or where SYSTEMD_NSPAWN_LOCK=0 turns locking off.
 */
export function lockDirectory({ scope, environment }: ImageHost): string | null {
  const runtime = scope === 'system' ? '/run' : environment['XDG_RUNTIME_DIR'];
  return runtime?.startsWith('/') ? join(runtime, 'systemd/nspawn/locks') : null;
}
