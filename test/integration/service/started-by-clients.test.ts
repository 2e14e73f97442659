import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connectService, type ServiceConnection } from '../../../client/connect/connect.js';
import { openLog } from '../../../client/terminal/log.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { place, supervise } from '../../support/service/daemons.js';
import { ferryUser, serviceProgram } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, stageOn } from '../../support/service/stage.js';
import { waitUntil, waitWhile } from '../../support/wait.js';
import { fakeProcessContext } from '../../unit/client/support/process-context.js';

type Place = ReturnType<typeof place>;

const socketOf = ({ environment }: Place) => `${environment.XDG_RUNTIME_DIR}/ferry/io.ferry.Transfer`;

/** Connects as `ferryctl --user` does: to the service that runs, or to one that it starts. */
async function dial(here: Place): Promise<ServiceConnection> {
  const context = fakeProcessContext({ variables: here.environment, serviceProgram, now: Date.now });
  const target = { scope: 'user' as const, host: undefined, machine: undefined, address: undefined };
  return connectService(target, context, openLog(context));
}

/** The services that run for a place, by their sockets. */
function servicesOf(here: Place): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => commandOf(pid).includes(`--listen=${socketOf(here)}`));
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** Ends what clients have started with the test. */
function clearAfter(t: TestContext, here: Place): Place {
  t.after(() => {
    for (const pid of servicesOf(here)) kill(pid);
  });
  return here;
}

test('clients that start at once get one service', async (t) => {
  if (!needsService(t)) return;
  const here = clearAfter(t, place(t));
  const connections = await Promise.all(Array.from({ length: 8 }, () => dial(here)));
  const lists = await Promise.all(connections.map(({ transfer }) => transfer.list({})));
  assert.deepEqual(lists, Array(8).fill({ transfers: [] }));
  // Those that came too late say so and end; one may not have begun yet.
  await pause(500);
  await waitUntil(() => servicesOf(here).length === 1, 5);
  for (const connection of connections) connection.close();
  await waitWhile(() => servicesOf(here).length > 0);
  assert.equal(existsSync(socketOf(here)), false);
});

test('a service that a client started has a session of its own, and a log', async (t) => {
  if (!needsService(t)) return;
  const here = clearAfter(t, place(t));
  const connection = await dial(here);
  await connection.transfer.list({});
  const [pid = 0] = servicesOf(here);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  assert.equal(Number(session), pid);
  assert.equal(statSync(`${here.environment.XDG_RUNTIME_DIR}/ferry/service.log`).mode & 0o777, 0o600);
  connection.close();
});

test('every client that comes while the service ends is answered, by it or by the next one', async (t) => {
  if (!needsService(t)) return;
  const here = clearAfter(t, place(t));
  const seen = new Set<number>();
  let wait = 86;
  // A brief service ends 100 ms after its last connection: the pauses go through that moment, until one has ended.
  await waitWhile(async () => {
    wait += 2;
    const storm = Array.from({ length: 6 }, async (_, index) => {
      await pause(index * 0.7);
      const connection = await dial(here);
      assert.deepEqual(await connection.transfer.list({}), { transfers: [] });
      connection.close();
    });
    await Promise.all(storm);
    for (const pid of servicesOf(here)) seen.add(pid);
    await pause(wait);
    return wait < 118 || seen.size < 2;
  });
});

test('a transfer that is begun at the last moment is found where the socket is', async (t) => {
  if (!needsService(t)) return;
  const here = clearAfter(t, place(t));
  const server = await GateServer.start(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  for (let round = 0; round < 8; round += 1) {
    (await dial(here)).close();
    await pause(92 + round * 2);
    const connection = await dial(here);
    const { pull } = await stageOn(t, socketOf(here), here.directory.file('images'));
    const call = connection.transfer.pullMore(pull(`${url}?${round}`, `x${round}`))[Symbol.asyncIterator]();
    const id = Number((await call.next()).value?.id);
    connection.close();
    const other = await dial(here);
    const { transfers } = await other.transfer.list({});
    assert.deepEqual(
      transfers.map((transfer) => Number(transfer.id)),
      [id],
    );
    await other.transfer.cancel({ id });
    // The one that ended may not be gone yet; this one stays while somebody is connected.
    await waitUntil(() => servicesOf(here).length === 1, 5);
    other.close();
  }
});

test('what one client detached, another one lists and cancels', async (t) => {
  if (!needsService(t)) return;
  await using user = ferryUser(t);
  const server = await GateServer.start(t);
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = user.ferryctl(['pull-raw', '-mN', '--verify=no', url, 'x']);
  await waitWhile(() => server.requests.length === 0);
  const listed = await user.ferryctl(['--json=short', 'list-transfers']);
  assert.match(listed.stdout, /x\.raw/);
  const cancelled = await user.ferryctl(['cancel-transfer', '1']);
  assert.equal(cancelled.status, 0, cancelled.stderr);
  const outcome = await first;
  assert.equal(outcome.status, 10);
  assert.match(outcome.stderr, /cancelled/);
  await waitWhile(() => user.services().length > 0);
});

test('a client whose service is killed says so at once, and fails', async (t) => {
  if (!needsService(t)) return;
  await using user = ferryUser(t);
  const server = await GateServer.start(t);
  const first = user.ferryctl(['pull-raw', '-mN', '--verify=no', server.serve('/x.raw', heldBytes, gate), 'x']);
  await waitWhile(() => server.requests.length === 0);
  for (const pid of user.services()) kill(pid);
  const { status, stderr } = await first;
  assert.equal(status, 13);
  assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', /service.*(closed|ended|died|gone)/);
});

test('every client of a socket unit that comes while the service ends is answered, by it or by the next one', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  const exits = await supervise(t, here, { brief: true });
  let wait = 88;
  await waitWhile(async () => {
    wait += 2;
    const ended = exits.statuses.length;
    const storm = Array.from({ length: 10 }, async (_, index) => {
      await pause(index * 0.7);
      using client = await VarlinkClient.connect(`unix:${here.socket}`);
      assert.deepEqual(await client.call('io.systemd.service.Ping'), {});
    });
    await Promise.all(storm);
    await pause(wait);
    return wait < 120 || ended === 0;
  });
  await exits.until(2);
  assert.deepEqual([...new Set(exits.statuses)], [0]);
});

test('a service of a socket unit ends after 30 idle seconds, not before', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  const exits = await supervise(t, here);
  const client = await VarlinkClient.connect(`unix:${here.socket}`);
  await client.call('io.systemd.service.Ping');
  client.close();
  await pause(20_000);
  assert.deepEqual(exits.statuses, []);
  await exits.until(1);
  assert.deepEqual(exits.statuses, [0]);
});
