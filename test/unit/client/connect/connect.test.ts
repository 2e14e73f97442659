import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { run } from '../../../../client/cli/run.js';
import { readSettings } from '../../../../client/cli/settings.js';
import { defaultScope, systemAddress, userAddress } from '../../../../client/connect/address.js';
import { addressRoute } from '../../../../client/connect/route.js';
import { localAddress } from '../../../../client/connect/running.js';
import { needs } from '../../../support/needs.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { startFakeService } from '../support/fake-service.js';
import { fakeProcessContext } from '../support/process-context.js';
import { emptyList, list, listed, place, placeOfUser, systemSocket } from './fake-places.js';

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
    addressRoute(`unix:${directory.file(name)}`, [], { variables: {}, mayAskUser: false }).logPlace;
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
    assert.equal(outcome.status, 13);
    assert.match(outcome.stderr, stderr);
  });
}

test('a service that is not installed is named', async (t) => {
  const outcome = await list(place(t, 'ready', { program: '/nonexistent/ferryd.js' }), '--user');
  assert.equal(outcome.stderr, "The service cannot be started: '/nonexistent/ferryd.js' is missing.\n");
});

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
  assert.equal(status, 13);
  assert.match(dying.context.written.stderr, /^[^\n]*The service ended before it was ready[^\n]*\n$/);
  const wrong = place(t, 'ready');
  await run(['--user', 'pull-raw', '--verify=perhaps', 'http://127.0.0.1:9/x.raw'], wrong.context);
  assert.match(wrong.context.written.stderr, /^[^\n]*perhaps[^\n]*\n$/);
});

test('nothing is started early for a service elsewhere, nor for what is no transfer', async (t) => {
  for (const [status, ...words] of [
    [14, '--host=nowhere.invalid', 'pull-raw', 'x:'],
    [14, '--machine=x', 'pull-raw', 'x:'],
    [2, '--address=/nonexistent', 'pull-raw', 'x:'],
    [14, '--dry-run', 'pull-raw', 'x:'],
    [2, 'list-images', '--class=nonsense'],
  ] as const) {
    const here = place(t, 'ready');
    assert.equal(await run(['--user', ...words], here.context), status);
    assert.equal(existsSync(here.directory.file('user', 'ferry')), false, words.join(' '));
  }
});
