import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { temporaryDirectory } from '../temporary.js';
import { waitFor, waitUntil } from '../wait.js';
import { serviceProgram } from './ferry-host.js';

/** A place for services that the test starts by itself, with an environment that touches nothing of the machine. */
export function place(t: TestContext) {
  const directory = temporaryDirectory(t);
  for (const name of ['home', 'state', 'run']) mkdirSync(directory.file(name));
  const environment = {
    PATH: process.env['PATH'] ?? '',
    LANG: 'C.UTF-8',
    HOME: directory.file('home'),
    XDG_STATE_HOME: directory.file('state'),
    XDG_RUNTIME_DIR: directory.file('run'),
    FERRY_STATE_DIRECTORY: directory.file('state/ferry'),
  };
  return {
    directory,
    environment,
    socket: directory.file('socket'),
    log: directory.file('log'),
    notes: directory.file('socket.notes'),
  };
}

type Place = ReturnType<typeof place>;

export interface Started {
  readonly child: ChildProcess;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  log(): string;
}

function watch(t: TestContext, child: ChildProcess, logPath: string): Started {
  const exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return { child, exit, log: () => readFileSync(logPath, 'utf8') };
}

/** Starts ferryd by itself; descriptors follow standard error. */
export function startService(
  t: TestContext,
  { environment, log }: Place,
  parameters: string[],
  changes: {
    environment?: Record<string, string>;
    descriptors?: (number | 'pipe')[];
    /** Another copy of the program. */
    program?: string;
    /** The command that starts it, without rights for example. */
    through?: string[];
  } = {},
): Started {
  const descriptor = openSync(log, 'a');
  const command = [...(changes.through ?? []), process.execPath, changes.program ?? serviceProgram, ...parameters];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { ...environment, ...changes.environment },
    stdio: ['ignore', descriptor, descriptor, ...(changes.descriptors ?? [])],
    cwd: '/',
  });
  closeSync(descriptor);
  return watch(t, child, log);
}

// Node can neither listen without accepting nor replace itself with another program.
const activator = `import os, socket, sys
s = socket.socket(socket.AF_UNIX)
if not os.path.exists(sys.argv[1]): s.bind(sys.argv[1]); s.listen(4096)
os.dup2(s.detach(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='varlink')
os.execv(sys.argv[2], sys.argv[2:])`;

/** Starts ferryd as a socket unit would. */
export function activate(
  t: TestContext,
  { environment, log, socket }: Place,
  changes: Record<string, string> = {},
): Started {
  const descriptor = openSync(log, 'a');
  const child = spawn('python3', ['-c', activator, socket, process.execPath, serviceProgram, '--user'], {
    env: { ...environment, ...changes },
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  return watch(t, child, log);
}

/** Connects as soon as there is somebody to connect to. */
export async function connected(socket: string): Promise<VarlinkClient> {
  return waitFor(() => VarlinkClient.connect(`unix:${socket}`).catch(() => undefined));
}

const supervisor = `import os, select, socket, sys
path, brief, *command = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(4096)
print('listening', flush=True)
while True:
    select.select([s], [], [])
    pid = os.fork()
    if pid == 0:
        os.dup2(s.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='varlink')
        if brief:
            os.dup2(os.open('/dev/null', os.O_WRONLY), 9)
            os.environ['FERRY_READY_FD'] = '9'
        os.execv(command[0], command)
    print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]), flush=True)`;

/** What became of services that were started one after the other. */
export interface Exits {
  readonly statuses: readonly number[];
  until(count: number): Promise<void>;
}

/** Is a socket unit: starts the service whenever somebody connects and none runs. A brief service idles for 100 ms only. */
export async function supervise(
  t: TestContext,
  { environment, log, socket }: Place,
  { brief = false } = {},
): Promise<Exits> {
  const descriptor = openSync(log, 'a');
  const command = [process.execPath, serviceProgram, '--user'];
  const child = spawn('python3', ['-c', supervisor, socket, brief ? 'brief' : '', ...command], {
    env: environment,
    stdio: ['ignore', 'pipe', descriptor],
    detached: true,
  });
  closeSync(descriptor);
  t.after(() => process.kill(-(child.pid ?? 0), 'SIGKILL'));
  const statuses: number[] = [];
  if (child.stdout === null) throw new Error('python3 has no standard output');
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => statuses.push(Number(line)));
  const until = async (count: number) => {
    await waitUntil(() => statuses.length >= count);
  };
  return { statuses, until };
}
