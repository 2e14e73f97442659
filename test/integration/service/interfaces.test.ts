import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listing } from '../../support/files.js';
import { projectFile } from '../../support/project.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { gate, heldBytes, needsService, setStage, someBytes } from '../../support/service/stage.js';
import { noTransfer } from '../../support/texts/transfers.js';
import { waitWhile } from '../../support/wait.js';

const service = 'org.varlink.service';

interface PullReply {
  id?: number;
  progress?: number;
  log?: { message: string; priority: number };
}

async function collect<Reply>(replies: AsyncIterable<Reply>): Promise<{ replies: Reply[]; error: Error | null }> {
  const collected: Reply[] = [];
  try {
    for await (const reply of replies) collected.push(reply);
    return { replies: collected, error: null };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { replies: collected, error };
  }
}

test('GetInfo names the service and its interfaces, and each is described by its source', async (t) => {
  if (!needsService(t)) return;
  const { client } = await setStage(t);
  const info = await client.call<{ product: string; version: string; interfaces: string[] }>(`${service}.GetInfo`);
  assert.equal(info.product, 'Ferry');
  assert.equal(info.version, JSON.parse(readFileSync(projectFile('package.json'), 'utf8')).version);
  const own = ['io.ferry.Image', 'io.ferry.Transfer', 'io.ferry.Trust', 'io.systemd.Import', 'io.systemd.service'];
  assert.deepEqual([...info.interfaces].sort(), [...own, service]);
  for (const name of own) {
    const { description } = await client.call<{ description: string }>(`${service}.GetInterfaceDescription`, {
      interface: name,
    });
    assert.match(description, new RegExp(`^interface ${name.replaceAll('.', '\\.')}$`, 'm'));
  }
});

test('calls that the definition does not allow are refused by name', async (t) => {
  if (!needsService(t)) return;
  const { client, pull } = await setStage(t);
  const wish = pull('http://127.0.0.1:1/x', 'x');
  const rows: [method: string, parameters: object, error: string, facts: object][] = [
    ['io.ferry.Transfer.Pul', {}, `${service}.MethodNotFound`, { method: 'io.ferry.Transfer.Pul' }],
    ['io.ferry.Transfer.Pull', {}, `${service}.InvalidParameter`, { parameter: 'url' }],
    ['io.ferry.Transfer.Pull', { ...wish, format: 'iso' }, `${service}.InvalidParameter`, { parameter: 'format' }],
    ['io.ferry.Transfer.Pull', { ...wish, nonsense: 1 }, `${service}.InvalidParameter`, { parameter: 'nonsense' }],
    [
      'io.ferry.Transfer.Pull',
      { ...wish, imageRoot: 'relative' },
      `${service}.InvalidParameter`,
      { parameter: 'imageRoot' },
    ],
    ['io.ferry.Transfer.Pull', { ...wish, sizeMax: 0 }, `${service}.InvalidParameter`, { parameter: 'sizeMax' }],
    ['io.ferry.Transfer.Watch', { id: 99 }, 'io.ferry.Transfer.NoSuchTransfer', { id: 99 }],
    ['io.ferry.Transfer.Watch', { id: -1 }, 'io.ferry.Transfer.NoSuchTransfer', { id: -1 }],
    ['io.ferry.Transfer.Cancel', { id: 2 ** 60 }, 'io.ferry.Transfer.NoSuchTransfer', { id: 2 ** 60 }],
    ['io.systemd.Import.ListTransfers', {}, `${service}.ExpectedMore`, {}],
    [
      'io.systemd.Import.Pull',
      { remote: 'x', type: 'raw', class: 'machine' },
      `${service}.InvalidParameter`,
      { parameter: 'remote' },
    ],
    [
      'io.systemd.Import.Pull',
      { remote: 'http://x/y', local: '.#', type: 'raw', class: 'machine' },
      `${service}.InvalidParameter`,
      { parameter: 'local' },
    ],
  ];
  for (const [method, parameters, name, facts] of rows) {
    const error = await errorOf(client.call(method, parameters));
    assert.equal(error.name, name, `${method} ${JSON.stringify(parameters)}`);
    const { message: _, ...rest } = error.parameters;
    const numbers = Object.entries(rest).map(([key, value]) => [
      key,
      typeof value === 'bigint' ? Number(value) : value,
    ]);
    assert.deepEqual(Object.fromEntries(numbers), facts);
  }
});

test('an identifier beyond 2^53 comes back as it was given', async (t) => {
  if (!needsService(t)) return;
  const { client } = await setStage(t);
  for (const method of ['Watch', 'Cancel', 'Finish'])
    for (const id of [2n ** 55n, 2n ** 64n - 1n, 36_028_797_018_963_969n]) {
      const rest = method === 'Finish' ? { bytes: 2n ** 55n, sha256: '' } : {};
      const error = await errorOf(client.call(`io.ferry.Transfer.${method}`, { id, ...rest }));
      assert.equal(error.name, 'io.ferry.Transfer.NoSuchTransfer');
      const message = noTransfer(id);
      assert.deepEqual(error.parameters, { message, id });
    }
});

test('io.systemd.service tells and sets the log level, tells the environment, and answers pings', async (t) => {
  if (!needsService(t)) return;
  const { client, host } = await setStage(t, {
    environment: { FERRY_TEST_MARK: 'seen', SYSTEMD_LOG_LEVEL: 'warning' },
  });
  const call = (method: string, parameters = {}) =>
    client.call<Record<string, unknown>>(`io.systemd.service.${method}`, parameters);
  assert.deepEqual(await call('Ping'), {});
  assert.deepEqual(await call('GetLogLevel'), { level: 4 });
  assert.deepEqual(await call('SetLogLevel', { level: 7 }), {});
  assert.deepEqual(await call('GetLogLevel'), { level: 7 });
  assert.deepEqual(await call('SetLogLevel', { level: '3' }), {});
  assert.deepEqual(await call('GetLogLevel'), { level: 3 });
  for (const parameters of [{ level: 8 }, { level: -1 }, { level: 'debug' }, { level: '' }, { level: '8' }, {}])
    assert.deepEqual((await errorOf(call('SetLogLevel', parameters))).parameters, { parameter: 'level' });
  // As systemd-importd, which describes it and has no handler.
  assert.match((await errorOf(call('Reload'))).name, /MethodNotFound|MethodNotImplemented/);
  const { environment } = await call('GetEnvironment');
  assert.ok(Array.isArray(environment) && environment.includes('FERRY_TEST_MARK=seen'));
  assert.doesNotMatch(host.log(), /bug|Error/);
});

test('io.systemd.Import.ListTransfers says that there are none, or lists them one a reply', async (t) => {
  if (!needsService(t)) return;
  const { client, server, connect, pull, transfers } = await setStage(t);
  const list = (parameters = {}) => collect(client.callMore('io.systemd.Import.ListTransfers', parameters));
  assert.equal((await list()).error?.name, 'io.systemd.Import.NoTransfers');
  const url = server.serve('/x.raw', heldBytes, gate);
  const first = await Running.begin(await connect(), pull(url, 'a'));
  const second = await Running.begin(await connect(), pull(`${url}?2`, 'b', { class: 'sysext' }));
  await Promise.all([first.untilHeld(), second.untilHeld()]);
  await first.until(() => first.bytesDone > 0);
  const { replies, error } = await list();
  assert.equal(error, null);
  assert.deepEqual(replies, [
    { id: first.id, type: 'pull_raw', remote: url, local: 'a', class: 'machine', percent: percentOf(replies, 0) },
    {
      id: second.id,
      type: 'pull_raw',
      remote: `${url}?2`,
      local: 'b',
      class: 'sysext',
      percent: percentOf(replies, 1),
    },
  ]);
  assert.ok(percentOf(replies, 0) > 0 && percentOf(replies, 0) < 1);
  assert.equal((await list({ class: 'sysext' })).replies.length, 1);
  assert.equal((await list({ class: 'portable' })).error?.name, 'io.systemd.Import.NoTransfers');
  for (const { id } of [first, second]) await transfers.cancel({ id });
});

function percentOf(replies: readonly unknown[], index: number): number {
  return (replies[index] as { percent: number }).percent;
}

test('io.systemd.Import.Pull without more gives the identifier at once, and runs on', async (t) => {
  if (!needsService(t)) return;
  const { client, server, transfers, host } = await setStage(t);
  const remote = server.serve('/x.raw', heldBytes, gate);
  const wish = { remote, local: 'x', type: 'raw', class: 'machine', verify: 'no', imageRoot: host.imageRoot };
  const reply = await client.call<PullReply>('io.systemd.Import.Pull', wish);
  assert.deepEqual(reply, { id: 1 });
  const again = await errorOf(client.call('io.systemd.Import.Pull', { ...wish, local: 'y' }));
  assert.equal(again.name, 'io.systemd.Import.AlreadyInProgress');
  assert.deepEqual(again.parameters, { remote });
  server.open('/x.raw');
  await waitWhile(async () => (await transfers.watch({ id: 1 })).result == null);
  // Not kept: the interface's default, for class machine too.
  assert.deepEqual(listing(host.imageRoot), ['x.raw']);
  assert.ok(readFileSync(join(host.imageRoot, 'x.raw')).equals(heldBytes));
});

test('io.systemd.Import.Pull with more tells progress as a fraction, and ends with nothing more to say', async (t) => {
  if (!needsService(t)) return;
  const { client, server, host } = await setStage(t);
  const remote = server.serve('/x.raw', someBytes(300_000));
  const wish = { remote, local: 'x', type: 'raw', class: 'machine', verify: 'no', imageRoot: host.imageRoot };
  const { replies, error } = await collect(client.callMore<PullReply>('io.systemd.Import.Pull', wish));
  assert.equal(error, null);
  assert.deepEqual(replies[0], { id: 1 });
  assert.deepEqual(replies.at(-1), {});
  const fractions = replies.flatMap(({ progress }) => (progress === undefined ? [] : [progress]));
  assert.ok(fractions.every((fraction) => fraction >= 0 && fraction <= 1));
  assert.equal(fractions.at(-1), 1);
});

test('io.systemd.Import.Pull that fails says why in a line of the log before the error', async (t) => {
  if (!needsService(t)) return;
  const { client, server, host, connect, transfers } = await setStage(t);
  const held = server.serve('/x.raw', heldBytes, gate);
  const wish = (remote: string, local: string) => ({
    remote,
    local,
    type: 'raw',
    class: 'machine',
    verify: 'no',
    imageRoot: host.imageRoot,
  });
  const pull = (remote: string, local: string) =>
    collect(client.callMore<PullReply>('io.systemd.Import.Pull', wish(remote, local)));
  const failed = await pull(`http://127.0.0.1:${server.port}/missing`, 'm');
  assert.equal(failed.error?.name, 'io.systemd.Import.TransferFailed');
  assert.match(failed.replies.at(-1)?.log?.message ?? '', /missing.*404/);
  assert.equal(failed.replies.at(-1)?.log?.priority, 3);
  const running = await Running.begin(await connect(), wish(held, 'x'), 'io.systemd.Import.Pull');
  const refused = await pull(`${held}?2`, 'x');
  assert.equal(refused.error?.name, 'io.systemd.Import.TransferFailed');
  assert.match(refused.replies.at(-1)?.log?.message ?? '', /Transfer \d+ is making an image 'x' already/);
  await transfers.cancel({ id: running.id });
  await running.done;
  assert.equal(running.error?.name, 'io.systemd.Import.TransferCancelled');
});
