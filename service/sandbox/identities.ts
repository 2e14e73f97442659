import { randomInt } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../../common/directories.js';
import { Failure } from '../../common/failure.js';
import { hasCode } from '../../linux/errno.js';
import { userHasProcesses } from '../../linux/isolation.js';
import { lockFile } from '../../linux/locks.js';
import { failOn } from '../images/install/file-system-failure.js';

/** Who a process is for the kernel. */
export interface ProcessIdentity {
  readonly user: number;
  readonly group: number;
}

/**
 * User identifiers that systemd's own list of them has as unused, and that containers have as well: those of dynamic users begin
 * behind them, at 61184, and no user is ever made with one (systemd: docs/UIDS-GIDS.md).
 */
const range = { first: 60706, last: 61183 };

/** Where the services of this host note which ones they use. */
const notes = '/run/ferry/users';

const unprivileged: ProcessIdentity = { user: 65534, group: 65534 };

/** The users of the host, as /etc/passwd has them; none where there is no such file. */
function passwords(): string[][] {
  const path = '/etc/passwd';
  const lines = failOn(path, () => readIfThere(path)).split('\n');
  return lines.map((line) => line.split(':'));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/** The user whose processes share what they are: `ferry-stream` where the host has it (sysusers.d), else nobody. */
export function sharedIdentity(): ProcessIdentity {
  const [, , user, group] = passwords().find(([name]) => name === 'ferry-stream') ?? [];
  return user === undefined || group === undefined ? unprivileged : { user: Number(user), group: Number(group) };
}

/** A user that one process has for itself, until its lock is closed. */
export interface OwnIdentity extends ProcessIdentity, Disposable {}

/** A user that nobody is, if that one is free. */
function lease(user: number, group: number, directory: string): OwnIdentity | undefined {
  const path = join(directory, String(user));
  const lock = failOn(path, () => openSync(path, 'w', 0o600));
  if (lockFile(lock, 'exclusive') && !userHasProcesses(user))
    return { user, group, [Symbol.dispose]: () => closeSync(lock) };
  closeSync(lock);
  return undefined;
}

/**
 * Gives a process a user that no other process has: what it may not do to others does not rest on what they are careful about.
 * The group is the one of all of them, by which a firewall can tell them.
 *
 * @throws Failure InsufficientSpace or FileSystemError when the notes cannot be kept, or /etc/passwd cannot be read,
 * WorkerFailed when all are in use
 */
export function ownIdentity(directory = notes): OwnIdentity {
  failOn(directory, () => makeDirectory(directory, 0o755));
  const { group } = sharedIdentity();
  const taken = new Set(passwords().map(([, , user]) => Number(user)));
  const count = range.last - range.first + 1;
  const start = randomInt(count);
  for (let index = 0; index < count; index += 1) {
    const user = range.first + ((start + index) % count);
    const own = taken.has(user) ? undefined : lease(user, group, directory);
    if (own !== undefined) return own;
  }
  const message = `Cannot give a process a user of its own: all from ${range.first} to ${range.last} are in use; wait for other transfers to end and try again`;
  throw new Failure('WorkerFailed', message, { process: 'service' });
}
