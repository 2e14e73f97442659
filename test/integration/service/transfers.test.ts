import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type PullReply, TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { listing } from '../../support/files.js';
import { callAs, errorOf, Running } from '../../support/service/calls.js';
import { twoProcessors } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, setStage, someBytes } from '../../support/service/stage.js';
import { workersOf } from '../../support/service/workers.js';
import { waitWhile } from '../../support/wait.js';

test('a pull tells its identifier, phases, progress and result, and the image is there', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, host } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const running = await Running.begin(await connect(), pull(url, 'x'));
  assert.deepEqual(running.replies[0], { id: running.id });
  await running.untilHeld();
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  assert.deepEqual(running.result, {
    path: join(host.imageRoot, 'x.raw'),
    pristinePath: null,
    bytes: heldBytes.length,
    sha256: running.result?.sha256,
    verifiedBy: 'no',
    signedBy: null,
    signerName: null,
    fromCache: false,
    lossCount: 0,
    losses: [],
    startCommands: [`systemd-nspawn -i ${join(host.imageRoot, 'x.raw')}`],
  });
  const { phases } = running;
  const wanted = ['starting', 'downloading', 'verifying', 'installing'];
  assert.deepEqual(
    phases.filter((phase) => wanted.includes(phase)),
    phases.filter((phase) => phase !== 'queued' && phase !== 'finished'),
  );
  assert.equal(phases.at(-1), 'finished');
  assert.equal(running.bytesDone, heldBytes.length);
  assert.deepEqual(listing(host.imageRoot), ['x.raw']);
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(heldBytes));
  assert.deepEqual(workersOf(host.service.pid ?? 0), []);
});

test('without more there is one reply, with identifier and result, at the end', async (t) => {
  if (!needsService(t)) return;
  const { server, transfers, pull, host } = await setStage(t);
  const reply = await transfers.pull(pull(server.serve('/x.raw', someBytes(5000)), 'x'));
  assert.equal(Number(reply.id), 1);
  assert.equal(reply.result?.path, join(host.imageRoot, 'x.raw'));
  const again = await errorOf(transfers.pull(pull(server.serve('/x.raw', someBytes(5000)), 'x')));
  assert.equal(again.name, 'io.ferry.Transfer.ImageExists');
  assert.equal(again.parameters['name'], 'x');
});

test('hanging up does not end a pull; Watch attaches again, and reads the result when it has ended', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers } = await setStage(t);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  running.hangUp();
  await running.done;
  const { id } = running;
  const now = await transfers.watch({ id });
  assert.equal(now.progress?.phase, 'downloading');
  assert.equal(now.result ?? null, null);
  const watching = await Running.begin(await connect(), { id }, 'io.ferry.Transfer.Watch');
  server.open('/x.raw');
  await watching.done;
  assert.equal(watching.error, null);
  assert.equal(Number(watching.result?.bytes), heldBytes.length);
  const after = await transfers.watch({ id });
  assert.deepEqual(after.result, watching.result);
  assert.equal(after.progress?.phase, 'finished');
  const late = await Running.begin(await connect(), { id }, 'io.ferry.Transfer.Watch');
  await late.done;
  assert.deepEqual(late.result, watching.result);
});

test('hanging up before the identifier has come does not end a pull either', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers, host } = await setStage(t);
  const url = server.serve('/x.raw', someBytes(100_000));
  const client = await connect();
  client.call('io.ferry.Transfer.Pull', pull(url, 'x')).catch(() => {});
  await waitWhile(
    async () => (await transfers.list({})).transfers.length === 0 && listing(host.imageRoot).length === 0,
    5,
  );
  client.close();
  await waitWhile(async () => (await transfers.list({})).transfers.length > 0, 5);
  assert.deepEqual(listing(host.imageRoot), ['x.raw']);
});

test('Cancel answers when nothing is left, and every watcher hears why it ended', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers, host } = await setStage(t);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  await waitWhile(() => listing(host.imageRoot).length === 0, 5);
  assert.match(listing(host.imageRoot).join(), /^\.#ferry-raw-[0-9a-f]{16}$/);
  const { id } = running;
  await transfers.cancel({ id });
  assert.deepEqual(listing(host.imageRoot), []);
  assert.deepEqual(workersOf(host.service.pid ?? 0), []);
  await running.done;
  const error = running.error;
  assert.equal(error?.name, 'io.ferry.Transfer.Cancelled');
  assert.equal(running.phases.at(-1), 'cancelled');
  assert.equal((await errorOf(transfers.watch({ id }))).name, 'io.ferry.Transfer.Cancelled');
  assert.equal((await errorOf(transfers.cancel({ id }))).name, 'io.ferry.Transfer.NoSuchTransfer');
  assert.deepEqual((await transfers.list({})).transfers, []);
});

test('a pull that waits can be cancelled before it has begun', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = await Running.begin(await connect(), pull(url, 'a', { keepDownload: true }));
  const second = await Running.begin(await connect(), pull(url, 'b', { keepDownload: true }));
  await second.until(() => second.lines.length > 0);
  assert.deepEqual(second.lines, [`Waiting for transfer ${first.id}, which downloads the same`]);
  await transfers.cancel({ id: second.id });
  await second.done;
  assert.equal(second.error?.name, 'io.ferry.Transfer.Cancelled');
  assert.deepEqual(second.phases, ['queued', 'cancelled']);
  await first.untilHeld();
  server.open('/x.raw');
  await first.done;
  assert.equal(first.error, null);
});

test('the same download is made once for all who keep it', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, host } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const all = [];
  for (const name of ['a', 'b', 'c'])
    all.push(await Running.begin(await connect(), pull(url, name, { keepDownload: true })));
  await all[0]?.untilHeld();
  assert.deepEqual(server.statuses('/x.raw'), [200]);
  server.open('/x.raw');
  await Promise.all(all.map(({ done }) => done));
  assert.deepEqual(
    all.map(({ error }) => error),
    [null, null, null],
  );
  assert.deepEqual(server.statuses('/x.raw'), [200, 304, 304]);
  assert.deepEqual(
    all.map(({ result }) => result?.fromCache),
    [false, true, true],
  );
  for (const name of ['a', 'b', 'c'])
    assert.ok(readFileSync(join(host.imageRoot, `${name}.raw`)).equals(heldBytes), name);
});

test('when the first of the same downloads is cancelled, the second makes it', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = await Running.begin(await connect(), pull(url, 'a', { keepDownload: true }));
  const second = await Running.begin(await connect(), pull(url, 'b', { keepDownload: true }));
  await first.untilHeld();
  await transfers.cancel({ id: first.id });
  await second.untilHeld();
  server.open('/x.raw');
  await second.done;
  assert.equal(second.error, null);
  assert.deepEqual(server.statuses('/x.raw'), [200, 200]);
});

test('downloads of which one is not kept, or verified otherwise, run apart', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = await Running.begin(await connect(), pull(url, 'a', { keepDownload: true }));
  const apart = await Running.begin(await connect(), pull(url, 'b', { keepDownload: false }));
  await Promise.all([first.untilHeld(), apart.untilHeld()]);
  assert.deepEqual(server.statuses('/x.raw'), [200, 200]);
  for (const { id } of [first, apart]) await transfers.cancel({ id });
});

test('two transfers to one name: the second is refused at its start, and told which the first is', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, transfers } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = await Running.begin(await connect(), pull(url, 'x'));
  const error = await errorOf(transfers.pull(pull(`${url}?other`, 'x')));
  assert.equal(error.name, 'io.ferry.Transfer.TransferInProgress');
  assert.equal(error.parameters['id'], first.id);
  await transfers.cancel({ id: first.id });
});

test('64 transfers are accepted, the 65th is told so, and all can be cancelled', async (t) => {
  if (!needsService(t)) return;
  // On more than 31, all of them would run.
  const { server, connect, pull, transfers, host } = await setStage(t, { environment: twoProcessors });
  const url = server.serve('/x.raw', heldBytes, gate);
  const all = [];
  for (let index = 0; index < 64; index += 1)
    all.push(await Running.begin(await connect(), pull(`${url}?${index}`, `x${index}`)));
  const error = await errorOf(transfers.pull(pull(`${url}?64`, 'x64')));
  assert.equal(error.name, 'io.ferry.Transfer.TooManyTransfers');
  assert.equal(error.parameters['limit'], 64);
  assert.match(String(error.parameters['message']), /64 transfers/);
  const listed = (await transfers.list({})).transfers;
  assert.equal(listed.length, 64);
  assert.ok(listed.some(({ progress }) => progress.phase === 'queued'));
  assert.deepEqual(
    listed.map(({ id }) => Number(id)),
    all.map(({ id }) => id),
  );
  await Promise.all(all.map(async ({ id }) => new TransferClient(await connect()).cancel({ id })));
  assert.deepEqual((await transfers.list({})).transfers, []);
  assert.deepEqual(listing(host.imageRoot), []);
  assert.deepEqual(workersOf(host.service.pid ?? 0), []);
});

test('identifiers go on rising in the next service', async (t) => {
  if (!needsService(t)) return;
  const { server, transfers, pull, host } = await setStage(t);
  const url = server.serve('/x.raw', someBytes(1000));
  assert.equal(Number((await transfers.pull(pull(url, 'a'))).id), 1);
  assert.equal(Number((await transfers.pull(pull(url, 'b'))).id), 2);
  assert.equal(readFileSync(join(host.home, 'socket.notes', 'last-transfer'), 'utf8'), '2\n');
});

test('others see transfers without secrets, and neither their logs nor their results', async (t) => {
  if (!needsService(t, 'socat')) return;
  const { server, connect, pull, transfers, host } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate).replace('http://', 'http://joe:s3cret@');
  const running = await Running.begin(await connect(), pull(`${url}?token=t0ken`, 'x'));
  await running.untilHeld();
  const plain = url.replace('joe:s3cret@', '');
  const [own] = (await transfers.list({})).transfers;
  assert.equal(own?.remote, `${plain}?token=t0ken`);
  for (const method of ['io.ferry.Transfer.List', 'io.systemd.Import.ListTransfers']) {
    const { parameters } = callAs(65534, host.socket, method, {}, true);
    assert.match(JSON.stringify(parameters), /x\.raw/, method);
    assert.doesNotMatch(JSON.stringify(parameters), /t0ken|s3cret/, method);
  }
  const denied = 'org.varlink.service.PermissionDenied';
  const { id } = running;
  assert.equal(callAs(65534, host.socket, 'io.ferry.Transfer.Watch', { id }).error, denied);
  assert.equal(callAs(65534, host.socket, 'io.ferry.Transfer.Cancel', { id }).error, denied);
  const wish = { url: plain, format: 'raw', class: 'machine', name: 'y', verify: 'no' };
  assert.equal(callAs(65534, host.socket, 'io.ferry.Transfer.Pull', wish).error, denied);
  const upstream = { remote: plain, local: 'y', type: 'raw', class: 'machine', verify: 'no' };
  assert.equal(callAs(65534, host.socket, 'io.systemd.Import.Pull', upstream).error, denied);
  assert.equal(callAs(65534, host.socket, 'io.systemd.service.SetLogLevel', { level: 7 }).error, denied);
  assert.equal(callAs(65534, host.socket, 'io.systemd.service.GetEnvironment').error, denied);
  assert.deepEqual(callAs(65534, host.socket, 'io.systemd.service.Ping').parameters, {});
  assert.doesNotMatch(JSON.stringify([running.replies, host.log()]), /s3cret/);
  await transfers.cancel({ id });
});

test('a caller that does not read holds nothing up', async (t) => {
  if (!needsService(t)) return;
  const { server, connect, pull, host, transfers } = await setStage(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const socket = dial(host.socket);
  socket.pause();
  socket.write(`${JSON.stringify({ method: 'io.ferry.Transfer.Pull', more: true, parameters: pull(url, 'x') })}\0`);
  await waitWhile(async () => (await transfers.list({})).transfers.length === 0, 5);
  const watching = await Running.begin(await connect(), { id: 1 }, 'io.ferry.Transfer.Watch');
  await watching.untilHeld();
  server.open('/x.raw');
  await watching.done;
  assert.equal(watching.error, null);
  const last: PullReply | undefined = watching.replies.at(-1);
  assert.equal(Number(last?.result?.bytes), heldBytes.length);
  socket.destroy();
});
