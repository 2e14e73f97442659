import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { ConnectionClosed, ProtocolError, VarlinkError } from '../../../../varlink/error.js';
import { waitWhile } from '../../../support/wait.js';
import { startSample } from '../server/sample.js';
import { openText } from '../transport/descriptors-open.js';
import { echo, startFake } from './fake-server.js';

test('what is sent', async (t) => {
  const { path, received } = startFake(t, (socket) => socket.write('{}\0'));
  const client = await VarlinkClient.connect(`unix:${path}`);
  await client.call('a.b.C');
  await client.call('a.b.C', { x: 18446744073709551615n, y: undefined, z: null });
  for await (const _ of client.callMore('a.b.C', { x: 1 }));
  await client.callOneway('a.b.C');
  const { stream } = await client.callUpgrade('a.b.C');
  stream.destroy();
  assert.deepEqual(received().split('\0'), [
    '{"method":"a.b.C","parameters":{}}',
    '{"method":"a.b.C","parameters":{"x":18446744073709551615,"z":null}}',
    '{"method":"a.b.C","parameters":{"x":1},"more":true}',
    '{"method":"a.b.C","parameters":{},"oneway":true}',
    '{"method":"a.b.C","parameters":{},"upgrade":true}',
    '',
  ]);
});

test('replies that are good', async (t) => {
  const table: [string, object][] = [
    ['{}\0', {}],
    ['{"parameters":null}\0', {}],
    [
      '\n{"parameters":{"a":18446744073709551615,"b":-9223372036854775808}}\0',
      { a: 18446744073709551615n, b: -9223372036854775808n },
    ],
  ];
  for (const [bytes, reply] of table) {
    const { path } = startFake(t, (socket) => socket.write(bytes));
    using client = await VarlinkClient.connect(path);
    assert.deepEqual(await client.call('a.b.C'), reply);
    assert.deepEqual(await client.call('a.b.C'), reply);
  }
});

test('error replies', async (t) => {
  const table: [string, string, object][] = [
    ['{"error":"a.b.E","parameters":{"x":1,"message":"what to do"}}\0', 'a.b.E', { x: 1, message: 'what to do' }],
    ['{"error":"Unqualified"}\0', 'Unqualified', {}],
  ];
  for (const [bytes, name, parameters] of table) {
    const { path } = startFake(t, (socket) => socket.write(bytes));
    using client = await VarlinkClient.connect(path);
    const error = await client.call('a.b.C').catch((reason: unknown) => reason);
    assert.ok(error instanceof VarlinkError);
    assert.equal(error.name, name);
    assert.deepEqual(error.parameters, parameters);
    await assert.rejects(client.callMore('a.b.C').next(), { name });
    await assert.rejects(client.callUpgrade('a.b.C'), { name });
  }
});

test('replies that break the protocol end the connection', async (t) => {
  const table = [
    '{"extra":1}\0',
    '{"continues":true}\0',
    '{"error":"a.b.E","continues":true}\0',
    '[]\0',
    'hello\0',
    '\0',
    '{"parameters":{"a":1,"a":1}}\0',
    `${'x'.repeat(17 * 1024 * 1024)}\0`,
  ];
  for (const bytes of table) {
    const { path } = startFake(t, (socket) => socket.write(bytes));
    const client = await VarlinkClient.connect(path);
    await assert.rejects(client.call('a.b.C'), ProtocolError, bytes.slice(0, 40));
    await assert.rejects(client.call('a.b.C'), ProtocolError, bytes.slice(0, 40));
    assert.equal(client.closed.aborted, true);
  }
});

test('a reply that nobody asked for is not taken for that of the next call', async (t) => {
  const { path } = startFake(t, (socket) => socket.write('{"parameters":{"x":1}}\0{"parameters":{"x":2}}\0'));
  using client = await VarlinkClient.connect(path);
  assert.deepEqual(await client.call('a.b.C'), { x: 1 });
  await assert.rejects(client.call('a.b.C'), ProtocolError);
});

test('a newline does not end a reply, the end of the connection does', async (t) => {
  for (const ending of ['{}\n', '{}', '']) {
    const { path } = startFake(t, (socket) => socket.end(ending));
    using client = await VarlinkClient.connect(path);
    const error = await client.call('a.b.C').catch((reason: unknown) => reason);
    assert.ok(error instanceof (ending === '' ? ConnectionClosed : ProtocolError), String(error));
  }
});

test('the end of the connection ends all calls under way', async (t) => {
  const { path } = startFake(t, (socket, count) => (count === 3 ? socket.destroy() : undefined));
  using client = await VarlinkClient.connect(path);
  const more = client.callMore('a.b.C');
  const calls = [client.call('a.b.C'), client.call('a.b.C'), more.next()];
  for (const result of await Promise.allSettled(calls)) {
    assert.equal(result.status, 'rejected');
    assert.ok(result.reason instanceof ConnectionClosed);
  }
  await assert.rejects(client.call('a.b.C'), ConnectionClosed);
});

test('the end in the middle of many replies comes after those that were received', async (t) => {
  const { path } = startFake(t, (socket) =>
    socket.end('{"parameters":{"n":1},"continues":true}\0{"parameters":{"n":2},"continues":true}\0'),
  );
  using client = await VarlinkClient.connect(path);
  const seen: unknown[] = [];
  await assert.rejects(async () => {
    for await (const reply of client.callMore('a.b.C')) seen.push(reply);
  }, ConnectionClosed);
  assert.deepEqual(seen, [{ n: 1 }, { n: 2 }]);
});

test('a connection that ended while idle is noticed by the next call', async (t) => {
  const { path } = startFake(t, (socket) => socket.end('{}\0'));
  using client = await VarlinkClient.connect(path);
  await client.call('a.b.C');
  await setTimeout(20);
  await assert.rejects(client.call('a.b.C'), ConnectionClosed);
});

test('a client closed by its own side', async (t) => {
  const { path } = startFake(t, () => {});
  const client = await VarlinkClient.connect(path);
  const call = client.call('a.b.C');
  client.close();
  await assert.rejects(call, ConnectionClosed);
  await assert.rejects(client.call('a.b.C'), ConnectionClosed);
});

test('a signal ends a call, and its connection', async (t) => {
  const { path } = startFake(t, () => {});
  const reason = new Error('enough');
  for (const kind of ['call', 'callMore', 'callUpgrade', 'aborted before'] as const) {
    const client = await VarlinkClient.connect(path);
    const controller = new AbortController();
    const { signal } = controller;
    if (kind === 'aborted before') controller.abort(reason);
    const call =
      kind === 'callMore'
        ? client.callMore('a.b.C', {}, { signal }).next()
        : kind === 'callUpgrade'
          ? client.callUpgrade('a.b.C', {}, { signal })
          : client.call('a.b.C', {}, { signal });
    const other = client.call('a.b.C');
    controller.abort(reason);
    await assert.rejects(call, reason);
    if (kind === 'aborted before') client.close();
    await assert.rejects(other);
  }
});

test('leaving replies behind closes the connection', async (t) => {
  const { path, server } = startSample(t);
  const client = await VarlinkClient.connect(path);
  for await (const reply of client.callMore('org.example.sample.Count', { to: 20_000 })) {
    assert.deepEqual(reply, { number: 1 });
    break;
  }
  assert.equal(client.closed.aborted, true);
  await waitWhile(() => server.connectionCount > 0, 1);
});

test('calls without waiting, of all kinds, are answered in order', async (t) => {
  const { path, sample } = startSample(t);
  using client = await VarlinkClient.connect(path);
  const order: string[] = [];
  const text = openText('text');
  const note = (name: string) => (value: unknown) => {
    order.push(name);
    return value;
  };
  const results = await Promise.all([
    client.call('org.example.sample.Wait', { turns: 50 }).then(note('wait')),
    client.call(echo, { number: 1 }).then(note('first')),
    client.callOneway(echo, { number: 0 }),
    client.call('org.example.sample.Read', { fileDescriptors: [0] }, { descriptors: [text] }).then(note('read')),
    client.call(echo, { number: 2 }).then(note('second')),
    client.callForDescriptors('org.example.sample.Open', { texts: [] }).then(note('open')),
    client.call(echo, { number: 3 }).then(note('third')),
  ]);
  closeSync(text);
  assert.deepEqual(order, ['wait', 'first', 'read', 'second', 'open', 'third']);
  assert.deepEqual(results.slice(0, 5), [{ turns: 50 }, { number: 1 }, undefined, { texts: ['text'] }, { number: 2 }]);
  assert.equal(sample.calls.length, 4);
});

test('slow consumers of many replies slow the server', async (t) => {
  const { path, sample } = startSample(t);
  using client = await VarlinkClient.connect(path);
  const replies = client.callMore<{ text: string }>('org.example.sample.Flood', { size: 3_000_000 });
  await replies.next();
  await waitWhile(() => sample.slowAfter.length === 0, 1);
  assert.ok((sample.slowAfter[0] ?? Number.POSITIVE_INFINITY) < 1_500_000, 'the server did not notice');
  let count = 1;
  for await (const _ of replies) count++;
  assert.equal(count, 3001);
});

test('a number in a reply has the form of its declaration', async (t) => {
  const parameters = '{"share":10000000000000000,"shares":[{"x":10000000000000000}],"size":1e17,"sizes":{"a":"0x10"}}';
  const { path } = startFake(t, (socket) => socket.write(`{"parameters":${parameters}}\0`));
  const definitions = [
    'interface a.b method C() -> (share: float, shares: []X, size: int, sizes: [string]int) type X (x: ?float)',
  ];
  using client = await VarlinkClient.connect(path, { definitions });
  assert.deepEqual(await client.call('a.b.C'), {
    share: 1e16,
    shares: [{ x: 1e16 }],
    size: 100_000_000_000_000_000n,
    sizes: { a: 16 },
  });
});

test('the binding to the system calls is not loaded by a client that passes no descriptors', (t) => {
  const { path } = startFake(t, (socket) => socket.write('{}\0'));
  assert.ok(path);
  const client = new URL('../../../../varlink/client/client.js', import.meta.url);
  const script = `
    const { createRequire } = await import('node:module');
    const { VarlinkClient } = await import(${JSON.stringify(client.href)});
    const client = await VarlinkClient.connect('exec:/bin/cat').catch(() => null);
    await client.call('a.b.C').catch((error) => console.log(error.name));
    console.log(Object.keys(createRequire(${JSON.stringify(client.href)}).cache).length);
    client.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal(stderr.includes('Error:'), false, stderr);
  assert.deepEqual(stdout.split('\n'), ['ConnectionClosed', '0', '']);
});
