import { join } from 'node:path';
import { type Environment, type ImageSettings, readImageSettings } from '../../../common/environment.js';
import type { Scope } from '../../../common/image-classes.js';

/** Whose images are dealt with. */
export interface ImageOwner {
  readonly scope: Scope;
  /** Says where a user's images are. */
  readonly environment: Environment;
}

/** Whose images are dealt with, and how. */
export interface ImageHost extends ImageOwner {
  readonly settings: ImageSettings;
}

/** @param environment that of the program */
export function imageHost(scope: Scope, environment: Environment): ImageHost {
  return { scope, environment, settings: readImageSettings(environment) };
}

/** Takes what people should know although the work goes on. One line each. */
export type Warn = (message: string) => void;

/**
 * The directory of systemd's lock files for images: /run/systemd/nspawn/locks, for a user the same below
 * $XDG_RUNTIME_DIR. Undefined where a user has no such directory.
 */
export function lockDirectory({ scope, environment }: ImageOwner): string | undefined {
  const runtime = scope === 'system' ? '/run' : environment['XDG_RUNTIME_DIR'];
  return runtime?.startsWith('/') ? join(runtime, 'systemd/nspawn/locks') : undefined;
}
