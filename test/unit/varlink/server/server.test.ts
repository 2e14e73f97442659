import assert from 'node:assert/strict';
import { existsSync, lstatSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { openSocketPair } from '../../../../linux/sockets.js';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitUntil } from '../../../support/wait.js';
import { countDescriptors } from '../transport/descriptors-open.js';
import { callText, converse, openBare, startSample } from './sample.js';

const replyText = '{"parameters":{}}\0';

test('peers are known by their credentials', async (t) => {
  const { path, sample } = startSample(t);
  await converse(path, callText('Echo'), true);
  assert.deepEqual(sample.pids, [process.pid]);
});

test('a socket file has the mode asked for, and is removed', async (t) => {
  const { server } = startSample(t);
  for (const mode of [0o666, 0o600]) {
    const path = temporaryDirectory(t).file('other');
    server.listen({ path, mode });
    assert.equal(lstatSync(path).mode & 0o777, mode);
    assert.throws(() => server.listen({ path }), { code: 'EADDRINUSE' });
    server.stopListening();
    assert.equal(existsSync(path), false);
  }
});

test('a path that is too long is an error', (t) => {
  const { server } = startSample(t);
  assert.throws(() => server.listen({ path: `/var/tmp/${'x'.repeat(120)}` }), { code: 'ENAMETOOLONG' });
});

test('only listening sockets are listened on', (t) => {
  const { server } = startSample(t);
  assert.throws(() => server.listen({ descriptor: 0 }), /not a listening socket/);
});

test('a connected socket is served', async (t) => {
  const { server } = startSample(t);
  const [own, other] = openSocketPair();
  const ended = server.serve(own);
  const client = VarlinkClient.overDescriptor(other);
  assert.equal(server.connectionCount, 1);
  assert.deepEqual(await client.call('org.example.sample.Echo', { number: 1 }), { number: 1 });
  client.close();
  await ended;
  assert.equal(server.connectionCount, 0);
});

test('a method that fails by mistake is told to onBug, a VarlinkError is not', async (t) => {
  const { path, bugs } = startSample(t);
  await converse(
    path,
    callText('Break') + callText('List') + callText('Break', { late: true }) + callText('Forget'),
    true,
  );
  assert.deepEqual(
    bugs.map((bug) => (bug instanceof Error ? bug.message : bug)),
    ['a mistake', 'a mistake', 'org.example.sample.Forget: the handler ended without a reply'],
  );
});

test('a handler learns that its caller is gone, and may pass that on', async (t) => {
  const { path, sample, bugs, server } = startSample(t);
  const { socket } = openBare(path);
  socket.write(callText('Linger'));
  await waitUntil(() => sample.lingerBegun === 1, 0);
  await setTimeout(20);
  assert.equal(sample.lingerEnded, 0);
  socket.destroy();
  await waitUntil(() => server.connectionCount === 0, 0);
  assert.equal(sample.lingerEnded, 1);
  assert.deepEqual(bugs, []);
});

test('a caller that has only stopped sending is still answered, and its end is noticed', async (t) => {
  const { path, sample, server } = startSample(t);
  assert.equal(await converse(path, callText('Wait', { turns: 100 }), true), '{"parameters":{"turns":100}}\0');
  const { socket } = openBare(path);
  socket.end(callText('Linger'));
  await waitUntil(() => sample.lingerBegun === 1, 0);
  await setTimeout(20);
  assert.equal(sample.lingerEnded, 0);
  socket.destroy();
  await waitUntil(() => server.connectionCount === 0, 0);
  assert.equal(sample.lingerEnded, 1);
});

test('oneway calls are heard although the caller has left', async (t) => {
  const { path, sample } = startSample(t);
  const { socket } = openBare(path);
  socket.write(callText('Echo', {}, { oneway: true }).repeat(100), () => socket.destroy());
  await waitUntil(() => sample.calls.length === 100, 0);
});

test('a slow caller is told to the handler, and gets everything', async (t) => {
  const { path, sample } = startSample(t);
  const { socket, all } = openBare(path);
  socket.pause();
  socket.write(callText('Flood', { size: 5_000_000 }, { more: true }));
  await waitUntil(() => sample.slowAfter.length > 0, 0);
  await setTimeout(20);
  assert.equal(sample.slowAfter.length, 1);
  socket.resume();
  socket.end();
  const replies = (await all).split('\0');
  assert.equal(replies.length, 5000 + 2);
  assert.equal(replies[5000], '{"parameters":{"text":""}}');
});

test('a caller that does not take its replies is not read from', async (t) => {
  const { path, sample } = startSample(t);
  const { socket, all } = openBare(path);
  socket.pause();
  const text = 'x'.repeat(100_000);
  for (let count = 0; count < 100; count++) socket.write(callText('Echo', { object: { text } }));
  await setTimeout(200);
  assert.ok(sample.calls.length < 20, `${sample.calls.length} calls were read`);
  socket.resume();
  socket.end();
  assert.equal((await all).split('\0').length, 101);
});

test('an upgraded connection carries bytes both ways, and is no longer counted', async (t) => {
  const { path, server } = startSample(t);
  const before = countDescriptors();
  const { socket, all } = openBare(path);
  socket.write(callText('Shout', {}, { upgrade: true }));
  await new Promise((resolve) => socket.once('data', resolve));
  await waitUntil(() => server.connectionCount === 0, 0);
  const bytes = 'raw \0 bytes {"method":"a.b.C"}\0'.repeat(10_000);
  socket.end(bytes);
  assert.equal(await all, replyText + bytes.toUpperCase());
  await waitUntil(() => countDescriptors() <= before, 0);
});

test('bytes that come before the reply to an upgrade are refused without an answer', async (t) => {
  const { path, server, bugs } = startSample(t);
  const answer = await converse(path, `${callText('Shout', {}, { upgrade: true })}early`, false);
  assert.equal(answer, '');
  await waitUntil(() => server.connectionCount === 0, 0);
  // The caller broke the protocol: that is no mistake of the service.
  assert.deepEqual(bugs, []);
});

test('a thousand clients at once', async (t) => {
  // Users other than root get fewer by default.
  const { path, server } = startSample(t, { limits: { connectionsPerUser: 1000 } });
  const clients = await Promise.all(Array.from({ length: 1000 }, () => VarlinkClient.connect(path)));
  const replies = await Promise.all(
    clients.map((client, number) => client.call('org.example.sample.Echo', { number })),
  );
  assert.deepEqual(
    replies,
    Array.from({ length: 1000 }, (_, number) => ({ number })),
  );
  assert.equal(server.connectionCount, 1000);
  for (const client of clients) client.close();
  await waitUntil(() => server.connectionCount === 0, 0);
});

test('an interface cannot be given twice', () => {
  const info = { vendor: '', product: '', version: '', url: '' };
  const definition = {
    name: 'org.varlink.service',
    members: [],
    documentation: '',
    detachedComments: [],
    closingComments: [],
  };
  assert.throws(() => new VarlinkServer({ ...info, interfaces: [{ definition, description: '', handlers: {} }] }));
});

test('a call that comes in many pieces', async (t) => {
  const { path } = startSample(t);
  const { socket, all } = openBare(path);
  for (const character of callText('Echo', { number: 5 })) {
    socket.write(character);
    await setImmediate();
  }
  socket.end();
  assert.equal(await all, '{"parameters":{"number":5}}\0');
});
