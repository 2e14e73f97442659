import { lstatSync, mkdirSync } from 'node:fs';
import { hasCode } from '../system/call.js';
import type { Scope } from '../transfer/host.js';

/** Makes a directory in a place where anybody may make one. Throws Error when somebody else could have put something there. */
function makePrivate(path: string, uid: number): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const found = lstatSync(path);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return;
  throw new Error(`${path} is not a directory that only user ${uid} can enter; remove it, or set XDG_RUNTIME_DIR`);
}

/**
 * Where a service that was given its sockets keeps what must not outlive a boot: below /run, or where there is no such place for
 * the user in a directory of their own below `temporary`. Throws Error when that is not safe.
 */
export function runtimeDirectory(
  scope: Scope,
  environment: NodeJS.ProcessEnv,
  uid: number,
  temporary = '/tmp',
): string {
  if (scope === 'system') return '/run/ferry';
  if (environment['XDG_RUNTIME_DIR']) return `${environment['XDG_RUNTIME_DIR']}/ferry`;
  const path = `${temporary}/ferry-${uid}`;
  makePrivate(path, uid);
  return path;
}
