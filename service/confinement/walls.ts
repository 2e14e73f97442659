import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { NamespaceRequest, Namespaces } from './namespaces.js';

export type WorkerName = 'stream' | 'placement' | 'convert' | 'cleanup' | 'manage';

/** Those that write image directories; the others meet what strangers wrote. */
const placers: readonly WorkerName[] = ['placement', 'cleanup', 'manage'];

/** Starts workers behind the walls that this environment allows (DESIGN: confinement happens before exec). */
export interface Walls {
  /** The command that runs a worker, confined as its name demands. */
  command(worker: WorkerName): string[];
  /** One line for each wall that this environment does not allow. */
  readonly missing: readonly string[];
}

/** Directory of the program that was started; the other entry points lie below it. */
const codeDirectory = dirname(realpathSync(process.argv[1] ?? '.'));
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

function makeNamespaces(request: NamespaceRequest): Promise<Namespaces> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(`${codeDirectory}/confinement/namespaces.js`, {
      workerData: request,
      trackUnmanagedFds: false,
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** The user and group of the stream process: `ferry-stream` where the host has it (sysusers.d), else nobody. */
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

async function rootWalls(): Promise<Walls> {
  const missing: string[] = [];
  const namespaces = await makeNamespaces({ codeDirectory, nodePath: process.execPath });
  const nsenter = findProgram('nsenter');
  const setpriv = findProgram('setpriv');
  const enter = (kind: 'network' | 'mount'): string[] => {
    const descriptor = namespaces[kind];
    if (typeof descriptor === 'string' || nsenter === null) return [];
    const option = kind === 'network' ? '--net' : '--mount';
    return [nsenter, `${option}=/proc/${process.pid}/fd/${descriptor}`, '--'];
  };
  const reason = (value: number | string): string => (nsenter === null ? 'nsenter is not installed' : String(value));
  if (enter('network').length === 0)
    missing.push(`The placement process keeps the network: ${reason(namespaces.network)}`);
  const staged = enter('mount').length > 0;
  if (!staged) missing.push(`The stream process sees writable mounts: ${reason(namespaces.mount)}`);
  if (setpriv === null) missing.push('The stream process keeps all rights: setpriv is not installed');
  const drop = setpriv === null ? [] : dropEverything(setpriv);
  return {
    missing,
    command(worker) {
      if (placers.includes(worker)) return [...enter('network'), ...program(worker)];
      const inside = staged ? { codeDirectory: namespaces.codeDirectory, nodePath: namespaces.nodePath } : {};
      return [...enter('mount'), ...drop, ...program(worker, inside)];
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
  const missing = ['The stream process runs as yourself: only root can give it another user'];
  if (!mapped)
    missing.push('Owners of files cannot be kept: no subordinate identifiers (newuidmap, /etc/subuid) for you');
  const userNamespace = mapped && unshare ? [unshare, '--user', '--map-root-user', '--map-auto', '--net', '--'] : [];
  const drop = setpriv === null ? [] : [setpriv, '--no-new-privs', '--'];
  return {
    missing,
    command(worker) {
      return [...(placers.includes(worker) ? userNamespace : drop), ...program(worker)];
    },
  };
}

function program(worker: WorkerName, at: Partial<NamespaceRequest> = {}): string[] {
  return [at.nodePath ?? process.execPath, `${at.codeDirectory ?? codeDirectory}/worker/${worker}.js`];
}

/** Builds the walls for this process: full ones for root, those an ordinary user may have otherwise. */
export function buildWalls(): Promise<Walls> {
  return process.getuid?.() === 0 ? rootWalls() : Promise.resolve(userWalls());
}
