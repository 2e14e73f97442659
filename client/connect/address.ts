import { lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasErrorCode, reasonOf, UserError } from '../failure.js';
import type { Scope } from '../settings.js';
import type { Surroundings } from '../surroundings.js';

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
/** sockaddr_un has 108 bytes, the last of them a NUL: unix(7). */
const pathLimit = 107;

type Places = Pick<Surroundings, 'env' | 'userId' | 'runtimeDirectory' | 'temporaryDirectory'>;

export function systemAddress(places: Places): ServiceAddress {
  return { scope: 'system', path: join(places.runtimeDirectory, 'ferry', socketName), inSharedDirectory: false };
}

/** @throws UserError if $XDG_RUNTIME_DIR is not absolute or too long for a socket */
export function userAddress(places: Places): ServiceAddress {
  const runtime = places.env['XDG_RUNTIME_DIR'] ?? '';
  if (runtime !== '' && !runtime.startsWith('/')) {
    throw new UserError(`$XDG_RUNTIME_DIR must be an absolute path, but is '${runtime}'.`);
  }
  const directory = runtime === '' ? join(places.temporaryDirectory, `ferry-${places.userId}`) : join(runtime, 'ferry');
  const path = join(directory, socketName);
  if (Buffer.byteLength(path) > pathLimit) {
    throw new UserError(`The socket '${path}' cannot be used: its path is longer than ${pathLimit} bytes.`);
  }
  return { scope: 'user', path, inSharedDirectory: runtime === '' };
}

/**
 * Makes sure that nobody else put something where we look for our socket. A directory that is not there is no harm.
 *
 * @throws UserError if the directory is not the user's own, or open to others
 */
export function checkDirectory(address: ServiceAddress, userId: number): void {
  if (!address.inSharedDirectory) return;
  const directory = dirname(address.path);
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  const problem = directoryProblem(found, userId);
  if (problem === undefined) return;
  throw new UserError(`Refusing to use '${directory}': ${problem}. Remove it, or set $XDG_RUNTIME_DIR.`);
}

function directoryProblem(
  found: { isDirectory(): boolean; uid: number; mode: number },
  userId: number,
): string | undefined {
  if (!found.isDirectory()) return 'it is not a directory';
  if (found.uid !== userId) return `it belongs to user ${found.uid}, not to ${userId}`;
  const mode = found.mode & 0o7777;
  return (mode & 0o077) === 0 ? undefined : `its mode is 0${mode.toString(8)}, but others must have no rights there`;
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
    if (!hasErrorCode(error, 'EEXIST')) {
      throw new UserError(`Cannot make the directory '${directory}' for the service's socket: ${reasonOf(error)}.`);
    }
  }
  checkDirectory(address, userId);
}
