import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { gate, heldBytes, needsService, setStage, someBytes, stageOn } from '../../support/service/stage.js';
import { findWorker, untilGone, workersOf } from '../../support/service/workers.js';
import { nothingWasPlaced, processOfTransfer } from '../../support/texts/transfers.js';
import { waitUntil, waitWhile } from '../../support/wait.js';
import { holdingProgram } from '../sandbox/attacks.js';

for (const [name, suffix, bytes] of [
  ['fetch', 'raw', heldBytes],
  ['placement', 'raw', heldBytes],
  ['decode', 'raw.gz', gzipSync(heldBytes)],
] as const) {
  test(`a ${name} process that is killed is one failed transfer, which says so and leaves nothing`, async (t) => {
    if (!needsService(t)) return;
    const { host, server, connect, pull, transfers } = await setStage(t);
    const running = await Running.begin(await connect(), pull(server.serve(`/x.${suffix}`, bytes, gate), 'x'));
    await running.untilHeld();
    const first = await findWorker(host.service.pid ?? 0, name);
    const other = await Running.begin(
      await connect(),
      pull(server.serve(`/y.${suffix}`, bytes, gate), 'y', { class: 'sysext' }),
    );
    await other.untilHeld();
    await waitWhile(() => listing(host.imageRoot).length < 2, 5);
    process.kill(first, 'SIGKILL');
    await running.done;
    assert.equal(running.error?.name, 'io.ferry.Transfer.WorkerFailed');
    assert.equal(
      running.error?.message,
      `${processOfTransfer(name)} ended unexpectedly, by SIGKILL; ${nothingWasPlaced}`,
    );
    assert.equal(listing(host.imageRoot).length, 1);
    assert.deepEqual(
      (await transfers.list({})).transfers.map(({ local }) => local),
      ['y'],
    );
    server.open(`/y.${suffix}`);
    await other.done;
    assert.equal(other.error, null);
    assert.deepEqual(listing(host.imageRoot), ['y.raw']);
    assert.deepEqual(workersOf(host.service.pid ?? 0), []);
    assert.doesNotMatch(host.log(), /EPIPE|at .*\.js:/);
    // The transfer can be repeated.
    server.open(`/x.${suffix}`);
    await transfers.pull(pull(`${server.serve(`/x.${suffix}`, bytes)}`, 'x'));
    assert.deepEqual(listing(host.imageRoot), ['x.raw', 'y.raw']);
  });
}

test('a convert process that is killed is one failed transfer, which says so and leaves nothing', async (t) => {
  if (!needsService(t, 'qemu-img')) return;
  const { directory } = place(t);
  const program = holdingProgram(directory.file('dist'), 'convert', directory.file('go'));
  const { host, server, connect, pull } = await setStage(t, { program });
  const raw = join(host.home, 'disk.raw');
  writeFileSync(raw, someBytes(96 * 1024 * 1024));
  run('qemu-img', ['convert', '-O', 'qcow2', raw, join(host.home, 'disk.qcow2')]);
  const url = server.serve('/disk.qcow2', readFileSync(join(host.home, 'disk.qcow2')));
  const running = await Running.begin(await connect(), pull(url, 'x'));
  const pid = await findWorker(host.service.pid ?? 0, 'convert');
  process.kill(pid, 'SIGKILL');
  await running.done;
  assert.equal(running.error?.name, 'io.ferry.Transfer.WorkerFailed');
  assert.match(running.error?.message ?? '', /convert.* by SIGKILL; nothing was placed/);
  assert.deepEqual(listing(host.imageRoot), []);
  assert.deepEqual(workersOf(host.service.pid ?? 0), []);
});

test('workers die with the service, and the next service removes what they left, in noted directories too', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const killed = startService(t, here, ['--user', `--listen=${here.socket}`]);
  (await connected(here.socket)).close();
  const [own, elsewhere] = [here.directory.file('state', 'machines'), here.directory.file('elsewhere')];
  const server = await GateServer.start(t);
  const { connect, pull } = await stageOn(t, here.socket, own);
  mkdirSync(elsewhere);
  const tree = here.directory.file('tree');
  mkdirSync(join(tree, 'deep', 'er'), { recursive: true });
  writeFileSync(join(tree, 'deep', 'er', 'file'), someBytes(2 * gate));
  run('tar', ['-C', tree, '-cf', here.directory.file('x.tar'), '.']);
  const disk = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  const url = server.serve('/x.tar', readFileSync(here.directory.file('x.tar')), gate);
  const unpacked = await Running.begin(await connect(), pull(url, 'x', { format: 'tar', imageRoot: elsewhere }));
  await Promise.all([disk.untilHeld(), unpacked.untilHeld()]);
  await waitWhile(() => listing(own).length === 0 || listing(elsewhere).length === 0, 5);
  // A decode process may have been waiting.
  await waitUntil(() => workersOf(killed.child.pid ?? 0).length >= 4, 5);
  const workers = workersOf(killed.child.pid ?? 0).map(({ pid }) => pid);
  killed.child.kill('SIGKILL');
  await killed.exit;
  await untilGone(workers);
  await Promise.all([disk.done, unpacked.done]);
  assert.match(String(disk.error), /closed/);
  for (const root of [own, elsewhere]) assert.match(listing(root).join(), /^\.#ferry-[a-z]+-[0-9a-f]{16}$/);
  writeFileSync(join(own, '.#other'), 'not ours');
  const next = startService(t, here, ['--user', `--listen=${here.socket}`]);
  await waitWhile(() => listing(own).length > 1 || listing(elsewhere).length > 0);
  assert.deepEqual(listing(own), ['.#other']);
  const told = /Removed .*elsewhere\/\.#ferry-.*, which an ended transfer had left/;
  await waitWhile(() => !told.test(next.log()));
});

test('a transfer that begins with the service is noted, though the service cleans at its start', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  const server = await GateServer.start(t);
  (await connected(here.socket)).close();
  const { connect, pull } = await stageOn(t, here.socket, here.directory.file('images'));
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, 0), 'x'));
  await running.untilHeld();
  // The first byte has not come, and the start is long over.
  const notes = join(here.notes, 'roots');
  assert.deepEqual(
    listing(notes).map((name) => readFileSync(join(notes, name), 'utf8')),
    [here.directory.file('images')],
  );
});

test('a live transfer of another service is left alone by the cleaning', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, host } = await setStage(t);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  await waitWhile(() => listing(host.imageRoot).length === 0, 5);
  const here = place(t);
  mkdirSync(join(here.notes, 'roots'), { recursive: true });
  writeFileSync(join(here.notes, 'roots', 'note'), host.imageRoot);
  writeFileSync(join(host.imageRoot, '.#ferry-raw-0123456789abcdef'), 'stale');
  startService(t, here, ['--user', `--listen=${here.socket}`]);
  await waitWhile(() => listing(host.imageRoot).length > 1);
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(heldBytes));
});

test('a cancelled transfer that has unpacked much answers when all of it is gone', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, host, transfers } = await setStage(t);
  const tree = join(host.home, 'tree');
  run('sh', [
    '-c',
    'mkdir -p "$0"; cd "$0"; for i in $(seq 300); do mkdir -p $i/a; echo x >$i/a/f; done; head -c 4M /dev/urandom >zz',
    tree,
  ]);
  run('tar', ['-C', tree, '--sort=name', '-cf', join(host.home, 'x.tar'), '.']);
  const bytes = readFileSync(join(host.home, 'x.tar'));
  const url = server.serve('/x.tar', bytes, bytes.length - 1024 * 1024);
  const running = await Running.begin(await connect(), pull(url, 'x', { format: 'tar' }));
  await running.untilHeld();
  const [name] = await untilListed(host.imageRoot);
  const unpacked = join(host.imageRoot, name ?? '', 'image');
  await waitUntil(() => listing(unpacked).length >= 301, 5);
  await transfers.cancel({ id: running.id });
  assert.deepEqual(listing(host.imageRoot), []);
});

async function untilListed(path: string): Promise<string[]> {
  await waitWhile(() => listing(path).length === 0, 5);
  return listing(path);
}
