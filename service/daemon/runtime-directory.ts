import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Scope } from '../../common/image-classes.js';
import { hasCode } from '../../linux/errno.js';

/**
 * Makes a directory in a place where anybody may make one.
 *
 * @throws Error when somebody else could have put something there
 * @throws Error of node:fs when it cannot be made
 */
function makePrivate(path: string, uid: number): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const found = lstatSync(path);
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o077) === 0) return;
  throw new Error(
    `Cannot use ${path}: it is not a directory that only user ${uid} can enter; remove it, or set XDG_RUNTIME_DIR`,
  );
}

function ownProblem({ uid: owner, mode }: Stats, uid: number): string | undefined {
  if (owner !== uid) return `it belongs to user ${owner}, not to ${uid}`;
  return (mode & 0o022) === 0 ? undefined : `its mode is 0${(mode & 0o7777).toString(8)}, so others may write there`;
}

/**
 * Refuses a directory in which somebody else may put what a service keeps there: socket, lock, log and notes.
 *
 * @throws Error unless it is missing, or belongs to `uid` and others may not write there
 */
export function refuseForeign(path: string, uid: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  const problem = found === undefined || !found.isDirectory() ? undefined : ownProblem(found, uid);
  if (problem !== undefined) throw new Error(`Cannot use ${path}: ${problem}; choose a directory of your own`);
}

/** The name of the socket that services listen on where nothing else was said. */
const usualName = 'io.ferry.Transfer';

/**
 * Where the service of a socket keeps its notes: beside the usual one, where the service that systemd starts has them too; another socket in
 * that directory is another service's, with notes of its own.
 */
export function notesBeside(socket: string): string {
  return basename(socket) === usualName ? dirname(socket) : `${socket}.notes`;
}

/**
 * Where a service that was given its sockets keeps what must not outlive a boot: below /run, or where there is no such place for
 * the user in a directory of their own below `temporary`.
 *
 * @throws Error when that is not safe
 * @throws Error of node:fs when it cannot be looked at, or that below `temporary` cannot be made
 */
export function runtimeDirectory(
  scope: Scope,
  environment: NodeJS.ProcessEnv,
  uid: number,
  temporary = '/tmp',
): string {
  if (scope === 'system') return '/run/ferry';
  if (environment['XDG_RUNTIME_DIR']) {
    const path = `${environment['XDG_RUNTIME_DIR']}/ferry`;
    for (const directory of [dirname(path), path]) refuseForeign(directory, uid);
    return path;
  }
  const path = `${temporary}/ferry-${uid}`;
  makePrivate(path, uid);
  return path;
}
