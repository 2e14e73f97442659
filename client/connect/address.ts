import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scope } from '../../common/image-classes.js';
import { hasCode } from '../../linux/errno.js';
import { socketPathMax } from '../../linux/headers/constants.js';
import type { ClientEnvironment } from '../cli/environment.js';
import { reasonOf } from '../cli/failure.js';
import type { ProcessContext } from '../cli/process-context.js';
import { unreachable } from './faults.js';

/** Where the service of a scope listens. */
export interface ServiceAddress {
  readonly scope: Scope;
  /** The path of the socket. */
  readonly path: string;
  /** Whether the directory of the socket was made by us in a place that anyone may write to. */
  readonly inSharedDirectory: boolean;
}

/** The name of the socket in the directory of a service. */
export const socketName = 'io.ferry.Transfer';

interface Places extends Pick<ProcessContext, 'userId' | 'runtimeDirectory' | 'temporaryDirectory'> {
  readonly environment: Pick<ClientEnvironment, 'runtimeDirectory'>;
}

/**
 * Whose service is meant where no option says so. That depends on who calls, and never on which sockets are there at the moment, as
 * what is shown and changed would then depend on them too. importctl(1) means the system's for everybody.
 */
export function defaultScope({ userId, programName }: Pick<ProcessContext, 'userId' | 'programName'>): Scope {
  return userId === 0 || programName === 'importctl' ? 'system' : 'user';
}

/**
 * Where the service of a scope listens on this host.
 *
 * @throws UserError as userAddress()
 */
export function addressOf(scope: Scope, places: Places): ServiceAddress {
  return scope === 'system' ? systemAddress(places) : userAddress(places);
}

export function systemAddress(places: Places): ServiceAddress {
  return { scope: 'system', path: join(places.runtimeDirectory, 'ferry', socketName), inSharedDirectory: false };
}

/** @throws UserError if $XDG_RUNTIME_DIR is not absolute or too long for a socket */
export function userAddress(places: Places): ServiceAddress {
  const runtime = places.environment.runtimeDirectory;
  if (runtime !== '' && !runtime.startsWith('/')) {
    throw unreachable(`$XDG_RUNTIME_DIR must be an absolute path, but is '${runtime}'.`);
  }
  const directory = runtime === '' ? join(places.temporaryDirectory, `ferry-${places.userId}`) : join(runtime, 'ferry');
  const path = join(directory, socketName);
  if (Buffer.byteLength(path) > socketPathMax) {
    throw unreachable(`The socket '${path}' cannot be used: its path is longer than ${socketPathMax} bytes.`);
  }
  return { scope: 'user', path, inSharedDirectory: runtime === '' };
}

/**
 * Makes sure that nobody else put something where we look for our socket, lock and log, or can put it there later. A
 * missing directory is fine.
 *
 * @throws UserError if the directory, or the one that holds it, is not safe to use
 */
export function checkDirectory(address: ServiceAddress, userId: number): void {
  const directory = dirname(address.path);
  const parent = dirname(directory);
  refuse(parent, parentProblem(parent, userId), 'set $XDG_RUNTIME_DIR to a directory of your own');
  const denied = address.inSharedDirectory ? 0o077 : 0o022;
  refuse(directory, directoryProblem(directory, userId, denied), 'remove it, or set $XDG_RUNTIME_DIR');
}

function refuse(directory: string, problem: string | undefined, step: string): void {
  if (problem !== undefined) throw unreachable(`Cannot use '${directory}': ${problem}; ${step}`);
}

/** Where others may write, only the sticky bit keeps them from renaming what is ours. */
function parentProblem(directory: string, userId: number): string | undefined {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined || !found.isDirectory()) return undefined;
  if (found.uid !== userId && found.uid !== 0) return ownerProblem(found.uid, userId);
  return (found.mode & 0o022) !== 0 && (found.mode & 0o1000) === 0 ? modeProblem(found.mode) : undefined;
}

/** @param denied the rights that others must not have there */
function directoryProblem(directory: string, userId: number, denied: number): string | undefined {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return 'it is not a directory';
  if (found.uid !== userId) return ownerProblem(found.uid, userId);
  return (found.mode & denied) === 0 ? undefined : modeProblem(found.mode);
}

function ownerProblem(owner: number, userId: number): string {
  return `it belongs to user ${owner}, not to ${userId}`;
}

function modeProblem(mode: number): string {
  return `its mode is 0${(mode & 0o7777).toString(8)}, which gives others rights there`;
}

/**
 * Makes the directory of the socket: mode 0755 for the system, 0700 for a user.
 *
 * @throws UserError if it cannot be made, or is not safe to use
 */
export function makeDirectory(address: ServiceAddress, userId: number): void {
  const directory = dirname(address.path);
  try {
    mkdirSync(directory, { mode: address.scope === 'system' ? 0o755 : 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      throw unreachable(`Cannot make the directory '${directory}' for the service's socket: ${reasonOf(error)}.`);
    }
  }
  checkDirectory(address, userId);
}
