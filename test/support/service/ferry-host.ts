import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { Outcome } from '../command.js';
import { needs } from '../needs.js';
import { projectFile } from '../project.js';
import { removeTree, temporaryDirectory } from '../temporary.js';
import { waitWhile } from '../wait.js';

export const clientProgram = projectFile('dist', 'ferryctl.js');
export const serviceProgram = projectFile('dist', 'ferryd.js');

/** Whether the product has been built (npm run build); skips the test when it has not. */
export function needsProduct(t: TestContext): boolean {
  return needs(t, { files: [clientProgram, serviceProgram] });
}

export interface HostOptions {
  /** The directory of the images; one of its own if not given. */
  imageRoot?: string;
  /** Runs service and clients as this user and group id; the test's own if not given. */
  user?: number;
  /** The service's program, where it is not the one that was built. */
  program?: string;
  /** The command that starts the service, with fewer rights, such as setpriv or unshare. */
  through?: readonly string[];
  /** Of service and clients, beside a plain one. */
  environment?: Readonly<Record<string, string>>;
}

const countTwo = `import os from 'node:os'; os.availableParallelism = () => 2;`;
/** The environment of a service that finds two processors, wherever it runs: how much it does or holds at a time goes by them. */
export const twoProcessors = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(countTwo)}` };

export interface ClientOptions {
  environment?: Readonly<Record<string, string>>;
  input?: string | Buffer;
  cwd?: string;
}

/** A place where Ferry runs without touching the machine's own directories and sockets. */
export interface FerryHost extends AsyncDisposable {
  /** Where its images are: what `ferryctl` is given as --image-root. */
  readonly imageRoot: string;
  /** What home, state and runtime directories lie in. */
  readonly home: string;
  /** The path of the socket. */
  readonly socket: string;
  readonly service: ChildProcess;
  /** Runs `ferryctl` with --address and, for commands on images, --image-root added, to its end. */
  ferryctl(parameters: readonly string[], options?: ClientOptions): Promise<Outcome>;
  /** What the service has written on standard error. */
  log(): string;
  /** The names in the image root, sorted. */
  images(): string[];
}

/** Starts the built service on a socket of its own: `await using host = await ferryHost(t);` */
export async function ferryHost(t: TestContext | undefined, options: HostOptions = {}): Promise<FerryHost> {
  const place = makePlace(options);
  const imageRoot = options.imageRoot ?? join(place.home, 'images');
  if (options.imageRoot === undefined) makeOwned(imageRoot, options.user);
  const logPath = join(place.home, 'service.log');
  const log = openSync(logPath, 'a');
  const socket = join(place.home, 'socket');
  const scope = options.user === undefined && process.getuid?.() === 0 ? '--system' : '--user';
  // It stays however long a test looks at what it has made.
  const environment = { SYSTEMD_EXIT_ON_IDLE: '0', ...place.environment };
  const command = [options.program ?? serviceProgram, scope, `--listen=${socket}`];
  const service = spawnAs(options.user, command, environment, ['ignore', log, log], '/', options.through);
  closeSync(log);
  const dispose = async () => {
    await endProcess(service);
    removeTree(place.home);
  };
  t?.after(dispose);
  await listening(socket, service, () => readFileSync(logPath, 'utf8'));
  return {
    imageRoot,
    home: place.home,
    socket,
    service,
    ferryctl: (parameters, client = {}) =>
      runClient(
        options.user,
        [`--address=unix:${socket}`, ...imageRootFor(parameters, imageRoot), ...parameters],
        place.environment,
        client,
      ),
    log: () => readFileSync(logPath, 'utf8'),
    images: () => readdirSync(imageRoot).sort(),
    [Symbol.asyncDispose]: dispose,
  };
}

/** `--image-root=` for a command line, unless it is a command on transfers or trust, which takes none: so is the one that is left out. */
export function imageRootFor(parameters: readonly string[], root: string): string[] {
  const isLeftOut = parameters.every((word) => word.startsWith('-'));
  const isOnTransfers =
    isLeftOut ||
    parameters.some((word) => /^(list|list-transfers?|cancel|cancel-transfer|history|bridge|trust)$/.test(word));
  return isOnTransfers ? [] : [`--image-root=${root}`];
}

/** A user's place without a service: clients start one themselves. */
export interface FerryUser extends AsyncDisposable {
  readonly home: string;
  /** The directory of the user's images of class machine. */
  readonly imageRoot: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `ferryctl --user` to its end. */
  ferryctl(parameters: readonly string[], options?: ClientOptions): Promise<Outcome>;
  /** The process ids of services that clients have started here and that still run. */
  services(): number[];
}

/** `await using user = ferryUser(t, { user: 1000 });` */
export function ferryUser(t: TestContext | undefined, options: Omit<HostOptions, 'imageRoot'> = {}): FerryUser {
  const { home, environment } = makePlace(options);
  const services = () => processesWith(`--listen=${home}/`);
  const dispose = async () => {
    for (const pid of services()) await endPid(pid);
    removeTree(home);
  };
  t?.after(dispose);
  return {
    home,
    imageRoot: join(home, 'state', 'machines'),
    environment,
    ferryctl: (parameters, client = {}) => runClient(options.user, ['--user', ...parameters], environment, client),
    services,
    [Symbol.asyncDispose]: dispose,
  };
}

/** A home of its own, and an environment that has nothing of the machine's proxies, locale, sessions or policy for containers. */
function makePlace({ user, environment = {} }: Omit<HostOptions, 'imageRoot'>) {
  const home = temporaryDirectory().path;
  for (const name of ['', 'home', 'state', 'run']) makeOwned(join(home, name), user, name === 'run' ? 0o700 : 0o755);
  return {
    home,
    environment: {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      HOME: join(home, 'home'),
      XDG_STATE_HOME: join(home, 'state'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      FERRY_STATE_DIRECTORY: join(home, 'state', 'ferry'),
      FERRY_CONTAINERS_DIRECTORY: join(home, 'containers'),
      ...environment,
    },
  };
}

function makeOwned(path: string, user: number | undefined, mode = 0o755): void {
  mkdirSync(path, { recursive: true, mode });
  if (user !== undefined) chownSync(path, user, user);
}

type Streams = ['ignore' | 'pipe', number | 'pipe', number | 'pipe'];

/** Starts node as a user, so that it ends with the test even if that is killed. */
function spawnAs(
  user: number | undefined,
  parameters: readonly string[],
  env: Record<string, string>,
  stdio: Streams,
  cwd = '/',
  through: readonly string[] = [],
) {
  const identity = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  // The signal comes last: a change of user clears it.
  const asUser = identity.length === 0 ? [] : ['setpriv', ...identity];
  const command = [...asUser, ...through, 'setpriv', '--pdeathsig', 'TERM', process.execPath, ...parameters];
  const [program = '', ...rest] = command;
  return spawn(program, rest, { env, stdio, cwd });
}

async function runClient(
  user: number | undefined,
  parameters: readonly string[],
  place: Record<string, string>,
  { environment = {}, input = '', cwd }: ClientOptions,
): Promise<Outcome> {
  const child = spawnAs(
    user,
    [clientProgram, ...parameters],
    { ...place, ...environment },
    ['pipe', 'pipe', 'pipe'],
    cwd,
  );
  child.stdin?.on('error', () => undefined).end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    once(child, 'exit'),
  ]);
  return { status, stdout, stderr };
}

async function collect(stream: Readable | null): Promise<string> {
  return stream === null ? '' : await text(stream);
}

async function listening(socket: string, service: ChildProcess, log: () => string): Promise<void> {
  await waitWhile(async () => {
    if (service.exitCode !== null || service.signalCode !== null) {
      throw new Error(`The service ended with ${service.exitCode ?? service.signalCode}: ${log()}`);
    }
    return !(existsSync(socket) && (await accepts(socket)));
  });
}

async function accepts(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** How long a process may take to end before it is killed. */
const timeoutMs = 120_000;

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await ended;
  clearTimeout(timer);
}

async function endPid(pid: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  const remains = () => signal(pid, performance.now() > until ? 'SIGKILL' : 'SIGTERM') && !isZombie(pid);
  await waitWhile(remains, 50);
}

/** Whether there was such a process. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Whether a process has ended, and nobody has taken note of it: in a container without an init nobody may ever do so. */
function isZombie(pid: number): boolean {
  return parametersOf(String(pid)).join('') === '';
}

/** The processes with a parameter that begins so. */
function processesWith(beginning: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => parametersOf(pid).some((parameter) => parameter.startsWith(beginning))).map(Number);
}

function parametersOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
