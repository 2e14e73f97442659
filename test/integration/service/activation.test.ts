import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lockFile } from '../../../linux/locks.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { attempt } from '../../support/command.js';
import { like, re } from '../../support/like.js';
import { Running } from '../../support/service/calls.js';
import { activate, connected, place, startService } from '../../support/service/daemons.js';
import { clientProgram, ferryHost, serviceProgram } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, setStage } from '../../support/service/stage.js';
import { untilGone, workersOf } from '../../support/service/workers.js';
import {
  longerThan,
  notifySocketIsNotOne,
  readyDescriptorIsNotOne,
  serviceIsStopping,
} from '../../support/texts/transfers.js';
import { waitFor, waitWhile } from '../../support/wait.js';
import { listenForNotes } from './service-manager.js';

const ping = 'io.systemd.service.Ping';

test('a service binds its path, open to all in system scope and to the owner in user scope', async (t) => {
  if (!needsService(t)) return;
  for (const [scope, mode] of [
    ['--system', 0o666],
    ['--user', 0o600],
  ] as const) {
    const here = place(t);
    const service = startService(t, here, [scope, `--listen=${here.socket}`]);
    using client = await connected(here.socket);
    await client.call(ping);
    assert.equal(lstatSync(here.socket).mode & 0o777, mode);
    service.child.kill('SIGTERM');
    assert.deepEqual(await service.exit, { code: 0, signal: null });
    assert.equal(existsSync(here.socket), false);
    assert.match(service.log(), /Stopping on SIGTERM/);
  }
});

test('a service that cannot have a socket says why, in one line, and fails', (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const rows: [parameters: string[], environment: Record<string, string>, message: RegExp][] = [
    [
      ['--user'],
      { XDG_RUNTIME_DIR: '' },
      /^ferryd: There is no XDG_RUNTIME_DIR to make a socket in; give a path with --listen=PATH$/,
    ],
    [[`--listen=${here.directory.file('x'.repeat(120))}`], {}, like`^ferryd: ${longerThan(re(/.*/), 107)}$`],
    [[`--listen=${here.log}/below`], {}, /^ferryd: Cannot listen on .*: \/.*\/log: not a directory$/],
    [['--nonsense'], {}, /^ferryd: Unknown option '--nonsense'/],
    [[`--listen=${here.socket}`], { NOTIFY_SOCKET: 'nonsense' }, like`^ferryd: ${notifySocketIsNotOne('nonsense')}$`],
    [[`--listen=${here.socket}`], { NOTIFY_SOCKET: '/nonexistent/notify' }, /^ferryd: .*\/nonexistent\/notify.*ENOENT/],
    [[`--listen=${here.socket}`], { FERRY_READY_FD: 'x' }, like`^ferryd: ${readyDescriptorIsNotOne('x')}$`],
  ];
  writeFileSync(here.log, '');
  for (const [parameters, changes, message] of rows) {
    const outcome = attempt(process.execPath, [serviceProgram, ...parameters], {
      environment: { ...here.environment, ...changes },
    });
    assert.equal(outcome.status, 1, outcome.stderr);
    assert.match(outcome.stderr.trimEnd(), message);
    assert.doesNotMatch(outcome.stderr.trimEnd(), /\n/);
  }
});

test('a service serves the socket it was passed, and leaves it to the next one', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  const service = activate(t, here);
  using client = await connected(here.socket);
  await client.call(ping);
  service.child.kill('SIGTERM');
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  assert.equal(existsSync(here.socket), true);
});

test('a service that was passed its socket waits longer than a brief one', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  const service = activate(t, here);
  (await connected(here.socket)).close();
  await pause(600);
  assert.equal(service.child.exitCode, null);
});

test('a service serves the one connection it was started with, and ends with it', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const script = here.directory.file('service');
  const variables = Object.entries(here.environment).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(
    script,
    `#!/bin/sh\n${variables.join('')}echo $$ >'${here.log}'\nexec '${process.execPath}' '${serviceProgram}' --user\n`,
  );
  chmodSync(script, 0o755);
  const client = await VarlinkClient.connect(`exec:${script}`);
  assert.deepEqual(await client.call(ping), {});
  const pid = Number(readFileSync(here.log, 'utf8'));
  assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /ferryd/);
  client.close();
  await waitWhile(() => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '');
});

test('the service manager hears of the start, of life, and of the end', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  await using manager = await listenForNotes(t, here.directory.file('notify'));
  const environment = { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: '100000' };
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], { environment });
  await manager.until('READY=1');
  // Ready means that it answers.
  using client = await VarlinkClient.connect(`unix:${here.socket}`);
  await client.call(ping);
  await manager.until('WATCHDOG=1', 3);
  service.child.kill('SIGTERM');
  await manager.until('STOPPING=1');
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  assert.deepEqual([...new Set(manager.notes)], ['READY=1', 'WATCHDOG=1', 'STOPPING=1']);
});

test('a second service for the same socket leaves it to the first one', async (t) => {
  if (!needsService(t)) return;
  const host = await ferryHost(t);
  const outcome = attempt(process.execPath, [serviceProgram, `--listen=${host.socket}`]);
  assert.equal(outcome.status, 1);
  const message = `Cannot listen on ${host.socket}: another service listens there; stop it, or choose another socket with --listen=PATH`;
  assert.equal(outcome.stderr, `ferryd: ${message}\n`);
  using client = await VarlinkClient.connect(`unix:${host.socket}`);
  await client.call(ping);
});

test('a service that has the lock of a socket, but does not listen, is told from one that does', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const lock = openSync(`${here.socket}.lock`, 'w');
  assert.ok(lockFile(lock, 'exclusive'));
  const { status, stderr } = attempt(process.execPath, [serviceProgram, `--listen=${here.socket}`]);
  const message = `Cannot listen on ${here.socket}: another service holds ${here.socket}.lock; stop it, or choose another socket with --listen=PATH`;
  assert.deepEqual([status, stderr], [1, `ferryd: ${message}\n`]);
  closeSync(lock);
});

test('services with sockets in one directory serve each on its own, and number their transfers alone', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const images = here.directory.file('images');
  mkdirSync(images);
  writeFileSync(here.directory.file('x.raw'), 'a disk');
  const paths = ['io.ferry.Transfer', 'second', 'third'].map((name) => here.directory.file('run', name));
  for (const path of paths)
    startService(t, here, ['--user', `--listen=${path}`], { environment: { SYSTEMD_EXIT_ON_IDLE: '0' } });
  for (const path of paths) {
    (await connected(path)).close();
    const command = [clientProgram, `--address=unix:${path}`, `--image-root=${images}`, 'import-raw'];
    const { status, stderr } = attempt(process.execPath, [...command, here.directory.file('x.raw'), basename(path)]);
    assert.equal(status, 0, stderr);
  }
  const notes = ['', 'second.notes', 'third.notes'].map((name) => here.directory.file('run', name, 'last-transfer'));
  assert.deepEqual(
    notes.map((path) => readFileSync(path, 'utf8')),
    ['1\n', '1\n', '1\n'],
  );
});

test('the socket of a killed service is replaced', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const killed = startService(t, here, ['--user', `--listen=${here.socket}`]);
  (await connected(here.socket)).close();
  killed.child.kill('SIGKILL');
  await killed.exit;
  assert.equal(existsSync(here.socket), true);
  // A process that it had just started holds its socket until that is another program.
  const refusal = () => VarlinkClient.connect(`unix:${here.socket}`).then((client) => client.close(), String);
  assert.match(await waitFor(async () => (await refusal()) ?? undefined), /ECONNREFUSED/);
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  using client = await connected(here.socket);
  await client.call(ping);
});

test('SIGTERM in mid-transfer: callers hear why, no process and no temporary file is left', async (t) => {
  if (!needsService(t)) return;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { host, server, connect, pull } = await setStage(t);
    const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
    const waiting = (await connect()).call(
      'io.ferry.Transfer.Pull',
      pull(`${server.serve('/y.raw', heldBytes, gate)}`, 'y'),
    );
    const answer = assert.rejects(waiting, { name: 'io.ferry.Transfer.ServiceStopping' });
    await running.untilHeld();
    await waitWhile(() => readdirSync(host.imageRoot).length < 2, 5);
    const workers = await waitFor(() => {
      const found = workersOf(host.service.pid ?? 0).map(({ pid }) => pid);
      // A decode process may have been waiting.
      return found.length >= 4 ? found : undefined;
    });
    const exit = once(host.service, 'exit');
    process.kill(host.service.pid ?? 0, signal);
    await running.done;
    assert.equal(running.error?.name, 'io.ferry.Transfer.ServiceStopping');
    assert.match(running.error?.message ?? '', like`${serviceIsStopping}`);
    await answer;
    assert.deepEqual(await exit, [0, null]);
    assert.deepEqual(readdirSync(host.imageRoot), []);
    await untilGone(workers);
  }
});
