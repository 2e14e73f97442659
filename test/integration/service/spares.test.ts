import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { serviceProgram } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, setStage, someBytes, stageOn } from '../../support/service/stage.js';
import { sparesOf, untilGone, workersOf } from '../../support/service/workers.js';
import { spareEnded } from '../../support/texts/transfers.js';
import { waitFor, waitUntil, waitWhile } from '../../support/wait.js';
import { assertWithoutNetwork, assertWithoutRights, assertWithoutSecrets } from '../sandbox/sandbox.js';

const readyVariables = { FERRY_READY_FD: '3', FERRY_TRANSFER_FOLLOWS: 'pull-raw' };

/** The spare processes of a service by their names, once all wait for their transfer. */
async function untilSpare(pid: number, count = 4): Promise<Record<string, number>> {
  const waitsForDaemon = (spare: number) => readFileSync(`/proc/${spare}/wchan`, 'utf8').includes('poll');
  return waitFor(() => {
    const found = sparesOf(pid);
    if (found.length !== count || !found.every((spare) => waitsForDaemon(spare.pid))) return undefined;
    return Object.fromEntries(found.map(({ name, pid }) => [name, pid]));
  }, 5);
}

/** A service that has carried one image, and waits for the next. */
async function warm(t: TestContext) {
  const stage = await setStage(t);
  const pid = stage.host.service.pid ?? 0;
  const url = stage.server.serve('/first.raw', someBytes(1000));
  await stage.transfers.pull(stage.pull(url, 'first'));
  const { manage = 0, ...spares } = await untilSpare(pid);
  return { ...stage, pid, spares, manage };
}

/** What is asked about images. */
for (const words of [['show', 'first'], ['df']]) {
  test(`${words[0]} goes to a spare process behind the same sandbox, which another one follows`, async (t) => {
    if (!needsService(t)) return;
    const { host, pid, spares, manage } = await warm(t);
    assertWithoutNetwork(manage, pid);
    assertWithoutSecrets(manage);
    const { status, stderr } = await host.ferryctl([...words]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    await untilGone([manage]);
    const { manage: next, ...others } = await untilSpare(pid);
    assert.notEqual(next, manage);
    // Those of transfers have nothing to do with it.
    assert.deepEqual(others, spares);
  });
}

function workerIds(pid: number): number[] {
  return workersOf(pid)
    .map((worker) => worker.pid)
    .sort((a, b) => a - b);
}

function idsOf(spares: Record<string, number>): number[] {
  return Object.values(spares).sort((a, b) => a - b);
}

test('a service without work keeps one pair, which does the next transfer behind the same sandbox', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, pid, spares, host } = await warm(t);
  const { fetch = 0, decode = 0, placement = 0 } = spares;
  const assertSandbox = () => {
    for (const spare of [fetch, decode]) assertWithoutRights(spare, pid);
    for (const spare of [decode, placement]) assertWithoutNetwork(spare, pid);
    for (const spare of [fetch, decode, placement]) assertWithoutSecrets(spare);
  };
  assertSandbox();
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  // Each hears of its transfer by itself.
  await waitWhile(() => sparesOf(pid).length > 0, 5);
  assert.deepEqual(workerIds(pid), idsOf(spares));
  assertSandbox();
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(heldBytes));
  assert.notDeepEqual(idsOf(await untilSpare(pid)), idsOf(spares));
});

test('a service that was asked for nothing yet has a pair too', async (t) => {
  if (!needsService(t)) return;
  const { host, server, transfers, pull } = await setStage(t);
  const spares = await untilSpare(host.service.pid ?? 0);
  const bytes = someBytes(1000);
  await transfers.pull(pull(server.serve('/x.raw', bytes), 'x'));
  await untilGone(idsOf(spares));
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(bytes));
});

test('of two callers at once one gets the pair, and the other one a new one', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, pid, spares, host } = await warm(t);
  const urls = ['x', 'y'].map((name) => server.serve(`/${name}.raw`, heldBytes, gate));
  const both = await Promise.all(
    urls.map(async (url, index) => Running.begin(await connect(), pull(url, `held${index}`))),
  );
  await Promise.all(both.map((running) => running.untilHeld()));
  await waitUntil(() => workerIds(pid).length === 5, 5);
  const workers = workerIds(pid);
  for (const spare of idsOf(spares)) assert.ok(workers.includes(spare));
  for (const name of ['x', 'y']) server.open(`/${name}.raw`);
  await Promise.all(both.map(({ done }) => done));
  for (const [index, { error }] of both.entries()) {
    assert.equal(error, null);
    assert.ok(readFileSync(join(host.imageRoot, `held${index}.raw`)).equals(heldBytes));
  }
});

test('a spare process that was killed does the next transfer no harm', async (t) => {
  if (!needsService(t)) return;
  const { server, transfers, pull, pid, spares, host } = await warm(t);
  process.kill(spares['fetch'] ?? 0, 'SIGKILL');
  const says = spareEnded('fetch', 'SIGKILL');
  await waitUntil(() => host.log().includes(says), 5);
  for (const name of ['decode', 'placement']) process.kill(spares[name] ?? 0, 'SIGKILL');
  await untilGone(idsOf(spares));
  const bytes = someBytes(300_000);
  await transfers.pull(pull(server.serve('/x.raw', bytes), 'x'));
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(bytes));
  assert.notDeepEqual(idsOf(await untilSpare(pid)), idsOf(spares));
});

test('imports and exports go through the pair too, with the descriptors that were pushed', async (t) => {
  if (!needsService(t)) return;
  const { host, pid, spares } = await warm(t);
  const [source, target] = [join(host.home, 'source'), join(host.home, 'target')];
  const bytes = someBytes(100_000);
  writeFileSync(`${source}.raw`, bytes);
  run('gzip', ['-k', `${source}.raw`]);
  const imported = await host.ferryctl(['import-raw', `${source}.raw.gz`, 'x']);
  assert.equal(imported.status, 0, imported.stderr);
  await untilGone(idsOf(spares));
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(bytes));
  const next = await untilSpare(pid);
  const exported = await host.ferryctl(['export-raw', '--format=gzip', 'x', target]);
  assert.equal(exported.status, 0, exported.stderr);
  await untilGone(idsOf(next));
  run('sh', ['-c', `gzip -dc <'${target}' | cmp - '${source}.raw'`]);
});

test('file: URLs with more files beside them than a spare process has places for are pulled all the same', async (t) => {
  if (!needsService(t)) return;
  const { host, transfers, pull } = await warm(t);
  const bytes = someBytes(100_000);
  writeFileSync(join(host.home, 'x.raw'), bytes);
  for (let index = 0; index < 12; index += 1) writeFileSync(join(host.home, `x.raw.${index}`), 'beside it');
  await transfers.pull(pull(`file://${host.home}/x.raw`, 'x'));
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(bytes));
});

test('a transfer in a spare pair can be cancelled, and leaves nothing', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers, spares, host } = await warm(t);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  await transfers.cancel({ id: running.id });
  await untilGone(idsOf(spares));
  assert.deepEqual(listing(host.imageRoot), ['first.raw']);
});

test('spare processes end with the service, however it ends', async (t) => {
  if (!needsService(t)) return;
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const { host, spares } = await warm(t);
    const exit = once(host.service, 'exit');
    host.service.kill(signal);
    await exit;
    await untilGone(idsOf(spares));
  }
});

test('a client that is about to ask for a transfer gets a pair at once; the service ends all the same, and they with it', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const changes = { environment: readyVariables, descriptors: ['pipe' as const] };
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], changes);
  const client = await connected(here.socket);
  const pid = service.child.pid ?? 0;
  const spares = await untilSpare(pid, 3);
  assertWithoutRights(spares['fetch'] ?? 0, pid);
  for (const spare of idsOf(spares)) assert.doesNotMatch(readFileSync(`/proc/${spare}/environ`, 'utf8'), /FERRY_[RT]/);
  client.close();
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  await untilGone(idsOf(spares));
});

for (const [verb, names] of [
  ['import-fs', ['placement']],
  ['import-tar', ['decode', 'placement']],
  ['export-raw', ['decode', 'placement']],
] as const) {
  test(`a client that is about to ask for ${verb} gets the processes that it needs, and no others`, async (t) => {
    if (!needsService(t)) return;
    const here = place(t);
    const environment = { FERRY_READY_FD: '3', FERRY_TRANSFER_FOLLOWS: verb };
    const changes = { environment, descriptors: ['pipe' as const] };
    const service = startService(t, here, ['--user', `--listen=${here.socket}`], changes);
    const client = await connected(here.socket);
    // All are started before the service answers.
    const spares = await untilSpare(service.child.pid ?? 0, names.length);
    assert.deepEqual(Object.keys(spares).sort(), names);
    client.close();
    assert.deepEqual(await service.exit, { code: 0, signal: null });
    await untilGone(idsOf(spares));
  });
}

test('spare processes of a program that was replaced do nothing any more', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const [library, next] = [here.directory.file('ferry'), here.directory.file('ferry.new')];
  for (const path of [library, next]) cpSync(dirname(serviceProgram), path, { recursive: true });
  const program = here.directory.file('ferry', 'ferryd.js');
  const environment = { SYSTEMD_EXIT_ON_IDLE: 'no' };
  const service = startService(t, here, ['--system', `--listen=${here.socket}`], { program, environment });
  (await connected(here.socket)).close();
  const server = await GateServer.start(t);
  const root = here.directory.file('images');
  const { transfers, pull } = await stageOn(t, here.socket, root);
  const url = server.serve('/x.raw', someBytes(1000));
  await transfers.pull(pull(url, 'x'));
  const spares = await untilSpare(service.child.pid ?? 0);
  rmSync(library, { recursive: true });
  renameSync(next, library);
  const refusal = await errorOf(transfers.pull(pull(url, 'y')));
  assert.equal(refusal.name, 'io.ferry.Transfer.ServiceStopping');
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  await untilGone(idsOf(spares));
  assert.deepEqual(listing(root), ['x.raw']);
});

test('$FERRY_SPARE_PROCESSES=no keeps a service from having any', async (t) => {
  if (!needsService(t)) return;
  const stage = await setStage(t, { environment: { FERRY_SPARE_PROCESSES: 'no' } });
  await stage.transfers.pull(stage.pull(stage.server.serve('/x.raw', someBytes(1000)), 'x'));
  await pause(600);
  assert.deepEqual(sparesOf(stage.host.service.pid ?? 0), []);
});
