import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { codeDirectory, refuseIfUpdated } from '../installation.js';
import { makeNamespaces, type NamespaceRequest } from './namespaces.js';
import { type Command, plainCommand, processes, type WorkerName } from './needs.js';

export type { WorkerName } from './needs.js';

/** Starts workers behind the walls that this environment allows (DESIGN: confinement happens before exec). */
export interface Walls {
  /** What runs a worker, confined as its name demands. Throws Failure ServiceStopping once the program was updated. */
  command(worker: WorkerName): Command;
  /** One line for each wall that this environment does not allow. */
  readonly missing: readonly string[];
}

const unprivilegedUser = 65534;

/** Finds a program in the directories that system programs are kept in; null if it is not there. */
export function findProgram(name: string): string | null {
  for (const directory of ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']) {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK);
      return `${directory}/${name}`;
    } catch {
      // looked for in the next directory
    }
  }
  return null;
}

/** The user and group of processes without rights: `ferry-stream` where the host has it (sysusers.d), else nobody. */
function streamUser(passwordFile = '/etc/passwd'): { user: number; group: number } {
  const line = readFileSync(passwordFile, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('ferry-stream:'));
  const fields = line?.split(':') ?? [];
  const nobody = { user: unprivilegedUser, group: unprivilegedUser };
  return fields[2] === undefined || fields[3] === undefined
    ? nobody
    : { user: Number(fields[2]), group: Number(fields[3]) };
}

function dropEverything(setpriv: string): string[] {
  const { user, group } = streamUser();
  const identity = [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
  return [
    setpriv,
    ...identity,
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--',
  ];
}

/** A wall: the command that leads behind it; none where there is no such wall, and why not. */
interface Wall {
  command: readonly string[];
  reason: string;
}

/** Runs a command; null if it succeeds, else its last line. */
function complaintOf([program = '', ...parameters]: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, parameters, (error, _output, complaint) => {
      resolve(error === null ? null : complaint.trim().split('\n').at(-1) || error.message);
    });
  });
}

function namespaceWall(option: '--net' | '--mount', descriptor: number | string): Wall {
  if (typeof descriptor === 'string') return { command: [], reason: descriptor };
  const nsenter = findProgram('nsenter');
  if (nsenter === null) return { command: [], reason: 'nsenter is not installed' };
  return { command: [nsenter, `${option}=/proc/${process.pid}/fd/${descriptor}`, '--'], reason: '' };
}

/** Tried before any transfer relies on it. */
async function rightsWall(): Promise<Wall> {
  const setpriv = findProgram('setpriv');
  if (setpriv === null) return { command: [], reason: 'setpriv is not installed' };
  const command = dropEverything(setpriv);
  const complaint = await complaintOf([...command, 'true']);
  return complaint === null ? { command, reason: '' } : { command: [], reason: complaint };
}

async function rootWalls(atOnce: boolean): Promise<Walls> {
  // Whoever waits for the service to listen need not wait for this, unless it is for a transfer.
  if (!atOnce) await setImmediate();
  const trial = rightsWall();
  const namespaces = makeNamespaces({ codeDirectory, nodePath: process.execPath });
  const network = namespaceWall('--net', namespaces.network);
  const mounts = namespaceWall('--mount', namespaces.mount);
  const rights = await trial;
  const staged = mounts.command.length > 0;
  const inside = staged ? { codeDirectory: namespaces.codeDirectory, nodePath: namespaces.nodePath } : {};
  const consequences: [Wall, string][] = [
    [network, 'The placement and decode processes keep the network'],
    [mounts, 'The fetch and decode processes see writable mounts'],
    [rights, 'The fetch and decode processes keep all rights'],
  ];
  return {
    missing: consequences.flatMap(([wall, what]) => (wall.command.length > 0 ? [] : [`${what}: ${wall.reason}`])),
    command(worker) {
      const needs = processes[worker];
      const apart = needs.network ? [] : network.command;
      if (needs.rights) return plainCommand([...apart, ...program(worker)]);
      return plainCommand([...apart, ...mounts.command, ...rights.command, ...program(worker, inside)]);
    },
  };
}

/** Whether this user may map a range of subordinate identifiers (newuidmap, /etc/subuid). */
function canMapUsers(unshare: string): boolean {
  return spawnSync(unshare, ['--user', '--map-root-user', '--map-auto', 'true'], { stdio: 'ignore' }).status === 0;
}

function userWalls(): Walls {
  const unshare = findProgram('unshare');
  const setpriv = findProgram('setpriv');
  const mapped = unshare !== null && canMapUsers(unshare);
  const missing = ['The fetch and decode processes run as yourself: only root can give them another user'];
  if (!mapped)
    missing.push('Owners of files cannot be kept: no subordinate identifiers (newuidmap, /etc/subuid) for you');
  const userNamespace = mapped && unshare ? [unshare, '--user', '--map-root-user', '--map-auto', '--net', '--'] : [];
  const drop = setpriv === null ? [] : [setpriv, '--no-new-privs', '--'];
  return {
    missing,
    command(worker) {
      return plainCommand([...(processes[worker].rights ? userNamespace : drop), ...program(worker)]);
    },
  };
}

function program(worker: WorkerName, at: Partial<NamespaceRequest> = {}): string[] {
  refuseIfUpdated();
  return [at.nodePath ?? process.execPath, `${at.codeDirectory ?? codeDirectory}/worker/${worker}.js`];
}

/**
 * Builds the walls for this process: full ones for root, those an ordinary user may have otherwise. `atOnce`: before
 * anything else is done.
 */
export function buildWalls(atOnce: boolean): Promise<Walls> {
  return process.getuid?.() === 0 ? rootWalls(atOnce) : Promise.resolve(userWalls());
}
