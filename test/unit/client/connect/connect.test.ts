import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../../../client/cli/run.js';
import { readSettings } from '../../../../client/cli/settings.js';
import { checkDirectory, defaultScope, systemAddress, userAddress } from '../../../../client/connect/address.js';
import { addressRoute } from '../../../../client/connect/route.js';
import { localAddress } from '../../../../client/connect/running.js';
import { like } from '../../../support/like.js';
import { needs } from '../../../support/needs.js';
import { type TemporaryDirectory, temporaryDirectory } from '../../../support/temporary.js';
import { belongsToUser, modeGivesOthersRights, removeItOrSetRuntimeDirectory } from '../../../support/texts/client.js';
import { noSuchFile, tooManyLinks } from '../../../support/texts/common.js';
import { startFakeService } from '../support/fake-service.js';
import { type FakeProcessContext, fakeProcessContext } from '../support/process-context.js';

const fakeDaemon = fileURLToPath(new URL('../support/fake-daemon.js', import.meta.url));
const ownUser = process.getuid?.() ?? 0;

interface Place {
  readonly directory: TemporaryDirectory;
  readonly context: FakeProcessContext;
}

/** Directories for both scopes, and a service that fares as the mode says. */
function place(t: TestContext, mode: string, options: { userId?: number; program?: string } = {}): Place {
  const directory = temporaryDirectory(t);
  for (const name of ['run', 'user', 'tmp']) mkdirSync(directory.file(name), { mode: 0o700 });
  const context = fakeProcessContext({
    env: {
      PATH: process.env['PATH'],
      FAKE_DAEMON: mode,
      XDG_RUNTIME_DIR: directory.file('user'),
      HOME: '/home/someone',
    },
    userId: options.userId ?? ownUser,
    runtimeDirectory: directory.file('run'),
    temporaryDirectory: directory.file('tmp'),
    serviceProgram: options.program ?? fakeDaemon,
    now: Date.now,
  });
  return { directory, context };
}

async function list({ context }: Place, ...options: string[]) {
  const status = await run([...options, 'list', '--no-pager'], context);
  return { status, ...context.written };
}

const listed = { status: 0, stdout: 'No transfers.\n', stderr: '' };
const emptyList = {
  transfer: { List: async (call: { reply(value: { transfers: [] }): void }) => call.reply({ transfers: [] }) },
};

test('the sockets are where the design says', () => {
  const places = {
    environment: { runtimeDirectory: '/run/user/1000' },
    userId: 1000,
    runtimeDirectory: '/run',
    temporaryDirectory: '/tmp',
  };
  assert.equal(systemAddress(places).path, '/run/ferry/io.ferry.Transfer');
  assert.equal(userAddress(places).path, '/run/user/1000/ferry/io.ferry.Transfer');
  assert.equal(
    userAddress({ ...places, environment: { runtimeDirectory: '' } }).path,
    '/tmp/ferry-1000/io.ferry.Transfer',
  );
});

test('a runtime directory that cannot hold a socket is refused', () => {
  const places = { userId: 1000, runtimeDirectory: '/run', temporaryDirectory: '/tmp' };
  const long = { ...places, environment: { runtimeDirectory: `/${'x'.repeat(100)}` } };
  const path = `/${'x'.repeat(100)}/ferry/io.ferry.Transfer`;
  assert.throws(() => userAddress(long), {
    message: `The socket '${path}' cannot be used: its path is longer than 107 bytes.`,
  });
  assert.throws(() => userAddress({ ...places, environment: { runtimeDirectory: 'relative' } }), {
    message: "$XDG_RUNTIME_DIR must be an absolute path, but is 'relative'.",
  });
});

test('a service that runs is used', async (t) => {
  const here = place(t, 'dies');
  mkdirSync(here.directory.file('user', 'ferry'));
  startFakeService(t, emptyList, here.directory.file('user', 'ferry', 'io.ferry.Transfer'));
  assert.deepEqual(await list(here, '--user'), listed);
});

test('where none runs one is started, in a session of its own, with a log', async (t) => {
  const here = place(t, 'ready');
  assert.deepEqual(await list(here, '--user'), listed);
  const ferry = here.directory.file('user', 'ferry');
  assert.equal(statSync(ferry).mode & 0o777, 0o700);
  const log = `${ferry}/service.log`;
  const started = JSON.parse(readFileSync(`${ferry}/started.json`, 'utf8'));
  assert.deepEqual(
    { ...started, pid: 0 },
    {
      argv: ['--user', `--listen=${ferry}/io.ferry.Transfer`],
      cwd: '/',
      stdin: '/dev/null',
      stdout: log,
      stderr: log,
      leadsSession: true,
      pid: 0,
    },
  );
  assert.equal(readFileSync(log, 'utf8'), 'fake service: starting\n');
});

test('the log beside the usual socket is not that of the service of another socket there', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('service.log'), '');
  const logOf = (name: string) =>
    addressRoute(`unix:${directory.file(name)}`, [], { env: {}, mayAskUser: false }).logPlace;
  assert.equal(logOf('io.ferry.Transfer'), `'${directory.file('service.log')}'`);
  assert.equal(logOf('other'), "the journal ('journalctl --unit=ferry.service')");
});

test('a socket that nobody listens on any more does not matter', async (t) => {
  const here = place(t, 'error');
  mkdirSync(here.directory.file('user', 'ferry'));
  const path = here.directory.file('user', 'ferry', 'io.ferry.Transfer');
  const server = createServer().listen(path);
  await new Promise((resolve) => server.once('listening', resolve));
  // Closing removes the name, so it is kept under another one meanwhile.
  const { renameSync } = await import('node:fs');
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${path}.kept`, path);
  assert.match((await list(here, '--user')).stderr, /^The service cannot be started: there is no room for images\n$/);
});

test('root starts that of the system', async (t) => {
  if (!needs(t, { root: true })) return;
  const here = place(t, 'ready', { userId: 0 });
  assert.deepEqual(await list(here), listed);
  const ferry = here.directory.file('run', 'ferry');
  assert.equal(statSync(ferry).mode & 0o777, 0o755 & ~process.umask());
  assert.deepEqual(JSON.parse(readFileSync(`${ferry}/started.json`, 'utf8')).argv, [
    '--system',
    `--listen=${ferry}/io.ferry.Transfer`,
  ]);
});

test('another service that is just starting is waited for', async (t) => {
  assert.deepEqual(await list(place(t, 'busy'), '--user'), listed);
});

const broken: [mode: string, stderr: RegExp][] = [
  ['error', /^The service cannot be started: there is no room for images\n$/],
  ['dies', /^The service ended before it was ready; its log is '.*\/service\.log'\. Its last words: .*out of order\n$/],
];

for (const [mode, stderr] of broken) {
  test(`a service that cannot start (${mode}) is an error that says why`, async (t) => {
    const outcome = await list(place(t, mode), '--user');
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, stderr);
  });
}

test('a service that is not installed is named', async (t) => {
  const outcome = await list(place(t, 'ready', { program: '/nonexistent/ferryd.js' }), '--user');
  assert.equal(outcome.stderr, "The service cannot be started: '/nonexistent/ferryd.js' is missing.\n");
});

/** As place(), for somebody who is not root. */
function placeOfUser(t: TestContext): Place {
  const userId = ownUser === 0 ? 4711 : ownUser;
  const here = place(t, 'ready', { userId });
  mkdirSync(here.directory.file('user', 'ferry'), { mode: 0o700 });
  for (const names of [['user'], ['user', 'ferry']]) chownSync(here.directory.file(...names), userId, -1);
  return here;
}

/** Leaves the socket of a system's service in the place, whether or not somebody listens on it. */
function systemSocket(t: TestContext, here: Place, listens: boolean): void {
  mkdirSync(here.directory.file('run', 'ferry'));
  const path = here.directory.file('run', 'ferry', 'io.ferry.Transfer');
  if (listens) startFakeService(t, emptyList, path);
  else writeFileSync(path, '');
}

test('others than root use their own service, whichever sockets there are', async (t) => {
  assert.deepEqual(await list(placeOfUser(t)), listed);
  const stderr =
    'Using your own images, in /home/someone/.local/state/machines and beside it; add --system to use those of the system.\n';
  for (const [options, told] of [
    [[], stderr],
    [['-q'], ''],
    [['--user'], ''],
  ] as const) {
    for (const listens of [false, true]) {
      const here = placeOfUser(t);
      systemSocket(t, here, listens);
      assert.deepEqual(await list(here, ...options), { ...listed, stderr: told });
      const { argv } = JSON.parse(readFileSync(here.directory.file('user', 'ferry', 'started.json'), 'utf8'));
      assert.equal(argv[0], '--user');
    }
  }
});

test('every verb means the same service', () => {
  const context = (userId: number, programName: 'ferryctl' | 'importctl') =>
    fakeProcessContext({ userId, programName });
  for (const [userId, programName, scope] of [
    [0, 'ferryctl', 'system'],
    [0, 'importctl', 'system'],
    [4711, 'ferryctl', 'user'],
    [4711, 'importctl', 'system'],
  ] as const) {
    assert.equal(defaultScope(context(userId, programName)), scope);
    const settings = readSettings([], context(userId, programName));
    assert.equal(localAddress(settings, context(userId, programName))?.scope, scope);
  }
});

test('with --system, and as importctl, others than root use that of the system', async (t) => {
  for (const [options, programName] of [
    [['--system'], 'ferryctl'],
    [[], 'importctl'],
  ] as const) {
    const here = placeOfUser(t);
    systemSocket(t, here, true);
    assert.deepEqual(await list({ ...here, context: { ...here.context, programName } }, ...options), listed);
  }
});

test('--system never means another one', async (t) => {
  const here = place(t, 'ready', { userId: 4711 });
  const path = here.directory.file('run', 'ferry', 'io.ferry.Transfer');
  const stderr = `No service listens on '${path}': start ferry.socket as root, or use --user.\n`;
  assert.deepEqual(await list(here, '--system'), { status: 1, stdout: '', stderr });
});

test('without a runtime directory one is made that nobody else can enter', async (t) => {
  const here = place(t, 'ready');
  const environment = { ...here.context.environment, runtimeDirectory: '' };
  const context = { ...here.context, environment };
  assert.deepEqual(await list({ ...here, context }, '--user'), listed);
  assert.equal(statSync(here.directory.file('tmp', `ferry-${ownUser}`)).mode & 0o777, 0o700);
});

const traps: [name: string, make: (path: string, directory: string) => void, problem: string][] = [
  [
    'open to others',
    (path) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
    },
    modeGivesOthersRights(755),
  ],
  ['a symbolic link', (path, directory) => symlinkSync(directory, path), 'it is not a directory'],
  ['a file', (path) => writeFileSync(path, ''), 'it is not a directory'],
];

for (const [name, make, problem] of traps) {
  test(`such a directory is refused if it is ${name}`, async (t) => {
    const here = place(t, 'ready');
    const trap = here.directory.file('tmp', `ferry-${ownUser}`);
    make(trap, here.directory.file('user'));
    const environment = { ...here.context.environment, runtimeDirectory: '' };
    const context = { ...here.context, environment };
    const { status, stderr } = await list({ ...here, context }, '--user');
    assert.equal(status, 1);
    assert.equal(stderr, `Cannot use '${trap}': ${problem}; ${removeItOrSetRuntimeDirectory}\n`);
  });
}

/** What is in the way of a service of one's own, by what `user/ferry` is. */
const obstacles: [name: string, make: (ferry: string) => void, says: (ferry: string) => string][] = [
  [
    'a socket that cannot be one',
    (ferry) => {
      mkdirSync(ferry);
      symlinkSync('io.ferry.Transfer', `${ferry}/io.ferry.Transfer`);
    },
    (ferry) => `Cannot connect to the service at '${ferry}/io.ferry.Transfer': ${tooManyLinks}.`,
  ],
  [
    'a directory in a directory that is not there',
    (ferry) => rmdirSync(dirname(ferry)),
    (ferry) => `Cannot make the directory '${ferry}' for the service's socket: ${noSuchFile}.`,
  ],
  [
    'a log that is a directory',
    (ferry) => mkdirSync(`${ferry}/service.log`, { recursive: true }),
    (ferry) => `Cannot write the service's log '${ferry}/service.log': it is a directory.`,
  ],
];

for (const [name, make, says] of obstacles) {
  test(`${name} is named, with the reason`, async (t) => {
    const here = place(t, 'ready');
    const ferry = here.directory.file('user', 'ferry');
    make(ferry);
    assert.deepEqual(await list(here, '--user'), { status: 1, stdout: '', stderr: `${says(ferry)}\n` });
  });
}

for (const [mode, reason] of [
  ['busy-for-ever', 'Another service holds the lock there, but does not answer'],
  ['deaf', 'It does not answer'],
] as const) {
  test(`a service that was started and does not listen (${mode}) is an error that says where`, async (t) => {
    const here = place(t, mode);
    // The client gives up at once.
    let now = 0;
    const context = { ...here.context, now: () => (now += 6_000) };
    const { status, stderr } = await list({ ...here, context }, '--user');
    const path = here.directory.file('user', 'ferry', 'io.ferry.Transfer');
    assert.equal(stderr, `Cannot connect to the service started at '${path}': ${reason}.\n`);
    assert.equal(status, 1);
  });
}

test("such a directory is refused if it is somebody else's", (t) => {
  if (!needs(t, { root: true })) return;
  const { directory } = place(t, 'ready');
  mkdirSync(directory.file('tmp', 'ferry-4711'), { mode: 0o700 });
  const address = userAddress({
    environment: { runtimeDirectory: '' },
    userId: 4711,
    runtimeDirectory: '/run',
    temporaryDirectory: directory.file('tmp'),
  });
  assert.throws(() => checkDirectory(address, 4711), { message: like`${belongsToUser(0)} 4711` });
});

test('an address where nobody listens is told from one where no socket is', async (t) => {
  const here = place(t, 'ready');
  writeFileSync(here.directory.file('file'), '');
  const address = `unix:${here.directory.file('file')}`;
  const { stderr } = await list(here, `--address=${address}`);
  assert.equal(stderr, `Cannot connect to '${address}': no service listens there; check --address=\n`);
});

test('an address that does not answer is an error, and starts nothing', async (t) => {
  const outcome = await list(place(t, 'ready'), '--address=unix:/nonexistent/socket');
  assert.equal(
    outcome.stderr,
    "Cannot connect to 'unix:/nonexistent/socket': the socket does not exist; check --address=\n",
  );
});

test('a transfer has the service started while the rest is loaded; what goes wrong with that is told once', async (t) => {
  const dying = place(t, 'dies');
  const status = await run(['--user', 'pull-raw', 'http://127.0.0.1:9/x.raw'], dying.context);
  assert.equal(status, 1);
  assert.match(dying.context.written.stderr, /^[^\n]*The service ended before it was ready[^\n]*\n$/);
  const wrong = place(t, 'ready');
  await run(['--user', 'pull-raw', '--verify=perhaps', 'http://127.0.0.1:9/x.raw'], wrong.context);
  assert.match(wrong.context.written.stderr, /^[^\n]*perhaps[^\n]*\n$/);
});

test('nothing is started early for a service elsewhere, nor for what is no transfer', async (t) => {
  for (const words of [
    ['--host=nowhere.invalid', 'pull-raw', 'x:'],
    ['--machine=x', 'pull-raw', 'x:'],
    ['--address=/nonexistent', 'pull-raw', 'x:'],
    ['--dry-run', 'pull-raw', 'x:'],
    ['list-images', '--class=nonsense'],
  ]) {
    const here = place(t, 'ready');
    assert.equal(await run(['--user', ...words], here.context), 1);
    assert.equal(existsSync(here.directory.file('user', 'ferry')), false, words.join(' '));
  }
});
