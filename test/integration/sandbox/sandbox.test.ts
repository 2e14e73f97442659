import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { WorkerName } from '../../../service/sandbox/sandbox.js';
import { run } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { serviceProgram } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, setStage, someBytes, stageOn } from '../../support/service/stage.js';
import { findWorker, untilGone } from '../../support/service/workers.js';
import { waitUntil, waitWhile } from '../../support/wait.js';
import { holdingProgram } from './attacks.js';
import { assertWithoutNetwork, assertWithoutRights, assertWithoutSecrets, threadsOf } from './sandbox.js';

/** That the service itself is where it was before it made the sandbox: its networks, mounts, root and current directory are ours. */
function assertAtHome(pid: number): void {
  for (const place of ['ns/net', 'ns/mnt', 'root'])
    assert.equal(readlinkSync(`/proc/${pid}/${place}`), readlinkSync(`/proc/self/${place}`), place);
  for (const { mount, network } of threadsOf(pid)) {
    assert.equal(mount, readlinkSync('/proc/self/ns/mnt'));
    assert.equal(network, readlinkSync('/proc/self/ns/net'));
  }
}

/** A service whose environment is full of secrets, and that is in more groups than its own. Processes named `held` wait for the file `go`. */
async function secretive(t: TestContext, held?: WorkerName) {
  const here = place(t);
  writeFileSync(here.directory.file('netrc'), 'machine example.org login joe password s3cretnetrc\n');
  const environment = {
    http_proxy: 'http://joe:s3cretproxy@127.0.0.1:9',
    HTTPS_PROXY: 'http://joe:s3cretproxy@127.0.0.1:9',
    no_proxy: '127.0.0.1',
    NETRC: here.directory.file('netrc'),
    SOME_TOKEN: 's3crettoken',
  };
  const through = ['setpriv', '--groups=0,12345', '--'];
  const go = here.directory.file('go');
  const program = held === undefined ? serviceProgram : holdingProgram(here.directory.file('dist'), held, go);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], { environment, through, program });
  (await connected(here.socket)).close();
  return {
    here,
    letGo: () => writeFileSync(go, ''),
    service,
    pid: service.child.pid ?? 0,
    stage: await stageOn(t, here.socket, here.directory.file('images')),
  };
}

test('fetch has no rights, placement no network, and neither a secret in sight', async (t) => {
  if (!needsService(t)) return;
  const { stage, pid, service } = await secretive(t);
  const server = await GateServer.start(t);
  const url = server.serve('/x.raw', heldBytes, gate).replace('//', '//joe:s3creturl@');
  const running = await Running.begin(await stage.connect(), stage.pull(`${url}?token=s3cretquery`, 'x'));
  await running.untilHeld();
  const [fetch, placement] = [await findWorker(pid, 'fetch'), await findWorker(pid, 'placement')];
  assertWithoutRights(fetch, pid);
  assertWithoutNetwork(placement, pid);
  assertAtHome(pid);
  for (const worker of [fetch, placement]) assertWithoutSecrets(worker);
  assert.doesNotMatch(service.log(), /s3cret(url|proxy|netrc|token)/);
  assert.doesNotMatch(service.log(), /keep all|keep the|see writable/);
  // It can do its work behind them.
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
});

test('convert has no rights either, and its source is read-only', async (t) => {
  if (!needsService(t, 'qemu-img')) return;
  const { here, stage, pid, letGo } = await secretive(t, 'convert');
  const server = await GateServer.start(t);
  const [raw, qcow2] = [here.directory.file('disk.raw'), here.directory.file('disk.qcow2')];
  writeFileSync(raw, someBytes(96 * 1024 * 1024));
  run('qemu-img', ['convert', '-O', 'qcow2', raw, qcow2]);
  const running = await Running.begin(
    await stage.connect(),
    stage.pull(server.serve('/x.qcow2', readFileSync(qcow2)), 'x'),
  );
  const convert = await findWorker(pid, 'convert');
  await waitWhile(() => readdirSync(`/proc/${convert}/task`).length === 1, 1);
  assertWithoutRights(convert, pid);
  assertWithoutSecrets(convert);
  const flags = (descriptor: number) => {
    const info = readFileSync(`/proc/${convert}/fdinfo/${descriptor}`, 'utf8');
    return Number.parseInt(/flags:\s*(\d+)/.exec(info)?.[1] ?? '', 8) & 3;
  };
  assert.equal(flags(5), 0, 'the source is open for writing');
  assert.equal(flags(6), 2);
  letGo();
  await running.done;
  assert.equal(running.error, null);
  run('cmp', [raw, here.directory.file('images', 'x.raw')]);
});

test('cleanup has no network', async (t) => {
  if (!needsService(t)) return;
  const { stage, pid, here, letGo } = await secretive(t, 'cleanup');
  const server = await GateServer.start(t);
  const running = await Running.begin(await stage.connect(), stage.pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  const images = here.directory.file('images');
  await waitWhile(() => listing(images).length === 0, 5);
  const cancelled = stage.transfers.cancel({ id: running.id });
  const cleanup = await findWorker(pid, 'cleanup');
  assertWithoutNetwork(cleanup, pid);
  assertWithoutSecrets(cleanup);
  letGo();
  await cancelled;
});

test('a placement process that is killed takes its convert process along', async (t) => {
  if (!needsService(t, 'qemu-img')) return;
  const { directory } = place(t);
  const program = holdingProgram(directory.file('dist'), 'convert', directory.file('go'));
  const { host, server, connect, pull } = await setStage(t, { program });
  const pid = host.service.pid ?? 0;
  const [raw, qcow2] = [join(host.home, 'disk.raw'), join(host.home, 'disk.qcow2')];
  writeFileSync(raw, someBytes(96 * 1024 * 1024));
  run('qemu-img', ['convert', '-O', 'qcow2', raw, qcow2]);
  const running = await Running.begin(await connect(), pull(server.serve('/x.qcow2', readFileSync(qcow2)), 'x'));
  const convert = await findWorker(pid, 'convert');
  process.kill(await findWorker(pid, 'placement'), 'SIGKILL');
  await running.done;
  assert.equal(running.error?.name, 'io.ferry.Transfer.WorkerFailed');
  assert.match(running.error?.message ?? '', /placement process .* by SIGKILL/);
  assert.deepEqual(listing(host.imageRoot), []);
  await untilGone([convert]);
});

/** Pulls an image from a service that runs in some special way, and gives back its log. */
async function pullThrough(t: TestContext, changes: { program?: string; through?: string[] }): Promise<string> {
  const here = place(t);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], changes);
  (await connected(here.socket)).close();
  const { transfers, pull } = await stageOn(t, here.socket, here.directory.file('images'));
  const server = await GateServer.start(t);
  const bytes = someBytes(300_000);
  for (const name of ['x', 'y']) await transfers.pull(pull(server.serve(`/${name}.raw`, bytes), name));
  assert.ok(readFileSync(here.directory.file('images', 'x.raw')).equals(bytes));
  return service.log();
}

test('a checkout below a private directory can be run, sandbox and all', async (t) => {
  if (!needsService(t)) return;
  const { directory } = place(t);
  const closed = directory.file('private');
  mkdirSync(closed, { mode: 0o700 });
  cpSync(dirname(serviceProgram), join(closed, 'dist'), { recursive: true });
  chmodSync(closed, 0o700);
  assert.doesNotMatch(
    await pullThrough(t, { program: join(closed, 'dist', 'ferryd.js') }),
    /keep all|keep the|see writable/,
  );
});

test('a program and a node below a private directory are run where mount namespaces cannot be had', async (t) => {
  if (!needsService(t)) return;
  const { directory } = place(t);
  const closed = directory.file('private');
  mkdirSync(closed, { mode: 0o700 });
  cpSync(dirname(serviceProgram), join(closed, 'dist'), { recursive: true });
  cpSync(process.execPath, join(closed, 'node'));
  // Where programs cannot be run from /run, they are copied to one of the others.
  const places = ['/run', '/var/tmp', '/tmp'];
  const copies = () => places.flatMap(listing).filter((name) => name.startsWith('ferry-program-'));
  const before = copies();
  const instead = ['sh', '-c', `shift; exec '${join(closed, 'node')}' "$@"`, 'sh'];
  const through = ['setpriv', '--bounding-set=-sys_admin', '--', ...instead];
  const log = await pullThrough(t, { program: join(closed, 'dist', 'ferryd.js'), through });
  assert.doesNotMatch(log, /keep all rights|one user/);
  const { length } = copies().filter((name) => !before.includes(name));
  assert.ok(length >= 1, 'a copy that its user can read');
});

test('a program that was built with a strict umask can be run, sandbox and all', async (t) => {
  if (!needsService(t)) return;
  const { directory } = place(t);
  cpSync(dirname(serviceProgram), directory.file('dist'), { recursive: true });
  run('chmod', ['-R', 'go-rwx', directory.file('dist')]);
  assert.doesNotMatch(
    await pullThrough(t, { program: directory.file('dist', 'ferryd.js') }),
    /keep all|keep the|see writable/,
  );
});

const poorer: [what: string, bounding: string, missing: RegExp[]][] = [
  [
    'may not make namespaces',
    '-sys_admin',
    [
      /The placement and decode processes keep the network: .*/g,
      /The fetch and decode processes see writable mounts: .*/g,
    ],
  ],
  [
    'has no rights at all',
    '-all',
    [/The placement and decode processes keep the network: .*/g, /The fetch and decode processes keep all rights: .*/g],
  ],
];
for (const [what, bounding, missing] of poorer) {
  test(`where root ${what}, the service says once which sandbox are missing, and goes on`, async (t) => {
    if (!needsService(t)) return;
    const log = await pullThrough(t, { through: ['setpriv', `--bounding-set=${bounding}`, '--'] });
    for (const line of missing) assert.equal([...log.matchAll(line)].length, 1, log);
  });
}

test('which sandbox a host without util-linux cannot have is told', async (t) => {
  if (!needsService(t) || !needs(t, { features: ['mount'] })) return;
  const here = place(t);
  const hide = `for name in nsenter setpriv; do mount --bind /dev/null "$(command -v $name)"; done; exec "$@"`;
  startService(t, here, ['--user', `--listen=${here.socket}`], {
    through: ['unshare', '--mount', '/bin/sh', '-c', hide, 'sh'],
  });
  using _client = await connected(here.socket);
  const says = [
    'The placement and decode processes keep the network: nsenter is not installed',
    'The fetch and decode processes see writable mounts: nsenter is not installed',
    'The fetch and decode processes keep all rights: setpriv is not installed',
  ];
  const log = () => readFileSync(here.log, 'utf8');
  await waitUntil(() => log().includes('keep all rights'), 5);
  for (const line of says) assert.ok(log().includes(`${line}\n`), log());
});

test('the end of a transfer does not end the processes of a service that gave one the same user', async (t) => {
  if (!needsService(t) || !needs(t, { programs: ['setpriv'] })) return;
  const { stage, pid } = await secretive(t);
  const server = await GateServer.start(t);
  const running = await Running.begin(await stage.connect(), stage.pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  const status = readFileSync(`/proc/${await findWorker(pid, 'fetch')}/status`, 'utf8');
  const user = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  // As a service in a container may: it does not see which ones are in use here.
  const words = [`--reuid=${user}`, '--clear-groups', '--', '/bin/sh', '-c', 'echo started; read line; echo ended'];
  const other = spawn('setpriv', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => other.kill());
  const ended = once(other, 'exit');
  await once(other.stdout, 'data');
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  other.stdin.end('\n');
  assert.deepEqual(await ended, [0, null]);
});
