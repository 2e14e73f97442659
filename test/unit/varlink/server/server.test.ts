import assert from 'node:assert/strict';
import { closeSync, existsSync, lstatSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { duplicate, openSocketPair } from '../../../../linux/sockets.js';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { ConnectionClosed } from '../../../../varlink/error.js';
import { VarlinkServer } from '../../../../varlink/server/server.js';
import { openListeningSocket } from '../../../../varlink/transport/listener.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitUntil } from '../../../support/wait.js';
import { countDescriptors, openText, readAndClose } from '../transport/descriptors-open.js';
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

test('descriptors come and go, and none stays open', async (t) => {
  const { path, bugs } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.callForDescriptors('org.example.sample.Open', { texts: [] });
  const before = countDescriptors();
  for (let round = 0; round < 1000; round++) {
    const descriptors = [openText(`a${round}`), openText(`b${round}`)];
    const { texts } = await client.call<{ texts: string[] }>(
      'org.example.sample.Read',
      { fileDescriptors: [1, 0] },
      { descriptors },
    );
    assert.deepEqual(texts, [`b${round}`, `a${round}`]);
    for (const [index, descriptor] of descriptors.entries()) assert.equal(readAndClose(descriptor), '', `${index}`);
    const opened = await client.callForDescriptors('org.example.sample.Open', { texts: ['c', 'd'] });
    assert.equal(readAndClose(opened.descriptors.take(1) ?? -1), 'd');
    opened.descriptors[Symbol.dispose]();
  }
  assert.equal(countDescriptors(), before);
  assert.deepEqual(bugs, []);
  client.close();
});

test('descriptors that nobody asked for, or that are missing', async (t) => {
  const { path, sample } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.callForDescriptors('org.example.sample.Open', { texts: [] });
  const before = countDescriptors();
  const text = openText('text');
  const invalid = { name: 'org.varlink.service.InvalidParameter' };
  const read = (fileDescriptors: number[]) =>
    client.call('org.example.sample.Read', { fileDescriptors }, { descriptors: [text] });
  await client.call('org.example.sample.Echo', {}, { descriptors: [text, text] });
  await client.callOneway('org.example.sample.Echo', {}, { descriptors: [text, text] });
  await assert.rejects(client.call('org.example.sample.List', {}, { descriptors: [text] }));
  await assert.rejects(client.call('org.example.sample.Read', {}, { descriptors: [text] }), invalid);
  await assert.rejects(client.call('a.b.C', {}, { descriptors: [text] }));
  for (const indices of [[1], [-1], [0, 0], [0.5]]) await assert.rejects(read(indices), invalid);
  await client.call('org.example.sample.Open', { texts: ['unwanted'] });
  await client.call('org.example.sample.Echo');
  readAndClose(text);
  assert.equal(countDescriptors(), before);
  assert.equal(sample.calls.length, 3);
  client.close();
});

test('descriptors of a call that takes none are closed at once, not when it ends', async (t) => {
  const { path, sample } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await client.call('org.example.sample.Echo', {}, { descriptors: [0] });
  const before = countDescriptors();
  const call = client.call('org.example.sample.Linger', {}, { descriptors: Array(200).fill(0) });
  await waitUntil(() => sample.lingerBegun === 1 && countDescriptors() === before, 0);
  assert.equal(sample.lingerEnded, 0);
  client.close();
  await assert.rejects(call, ConnectionClosed);
});

test('the process of a peer can be had as a descriptor', async (t) => {
  const { path, sample } = startSample(t);
  await converse(path, callText('Need', { text: '' }), true);
  const [descriptor] = sample.processes;
  // Before Linux 6.5 there is none.
  if (typeof descriptor !== 'number') return assert.equal(descriptor, undefined);
  const information = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  closeSync(descriptor);
  assert.match(information, new RegExp(`^Pid:\\s+${process.pid}$`, 'm'));
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

test('connections beyond the limit wait until others end', async (t) => {
  const { path, server } = startSample(t, { limits: { connections: 2 } });
  const clients = await Promise.all(Array.from({ length: 3 }, () => VarlinkClient.connect(path)));
  const answered: number[] = [];
  const calls = clients.map(async (client, number) => {
    await client.call('org.example.sample.Echo', { number });
    answered.push(number);
  });
  await Promise.all(calls.slice(0, 2));
  await setTimeout(20);
  assert.equal(server.connectionCount, 2);
  assert.deepEqual(answered, [0, 1]);
  clients[0]?.close();
  await calls[2];
  assert.deepEqual(answered, [0, 1, 2]);
  for (const client of clients) client.close();
});

test('idleness is told', async (t) => {
  const { path, server } = startSample(t);
  const seen: boolean[] = [];
  server.onIdleChange = (isIdle) => seen.push(isIdle);
  const one = await VarlinkClient.connect(path);
  await one.call('org.example.sample.Echo');
  const two = await VarlinkClient.connect(path);
  await two.call('org.example.sample.Echo');
  one.close();
  await waitUntil(() => server.connectionCount === 1, 0);
  assert.deepEqual(seen, [false]);
  two.close();
  await waitUntil(() => server.connectionCount === 0, 0);
  assert.deepEqual(seen, [false, true]);
});

test('clients in the queue of a passed socket are left to the next server', async (t) => {
  const path = temporaryDirectory(t).file('socket');
  const { descriptor } = openListeningSocket(path, 0o600);
  const passed = duplicate(descriptor);
  const { server: first } = startSample(t);
  first.listen({ descriptor });
  const accepted = await VarlinkClient.connect(path);
  await accepted.call('org.example.sample.Echo');
  first.stopListening();
  const waiting = await VarlinkClient.connect(path);
  const call = waiting.call('org.example.sample.Echo', { number: 2 });
  assert.deepEqual(await accepted.call('org.example.sample.Echo', { number: 1 }), { number: 1 });
  await first.close();
  await assert.rejects(accepted.call('org.example.sample.Echo'), ConnectionClosed);
  const { server: second } = startSample(t);
  second.listen({ descriptor: passed });
  assert.deepEqual(await call, { number: 2 });
  waiting.close();
  assert.ok(existsSync(path));
});

test('clients in the queue of a path of our own are still served', async (t) => {
  const { path, server } = startSample(t);
  const sockets = Array.from({ length: 10 }, () => connect(path));
  // Connecting needs no turn of the event loop, accepting does.
  server.stopListening();
  assert.equal(server.connectionCount, 10);
  for (const socket of sockets) socket.destroy();
});

test('close() with drain answers what has come', async (t) => {
  const { path, server } = startSample(t);
  const busy = await VarlinkClient.connect(path);
  const idle = await VarlinkClient.connect(path);
  const early = await VarlinkClient.connect(path);
  await Promise.all([
    busy.call('org.example.sample.Echo'),
    idle.call('org.example.sample.Echo'),
    early.call('org.example.sample.Echo'),
  ]);
  const calls = [
    busy.call('org.example.sample.Wait', { turns: 200 }),
    busy.call('org.example.sample.Echo', { number: 1 }),
  ];
  calls.push(early.call('org.example.sample.Echo', { number: 2 }));
  await server.close({ drain: true });
  assert.deepEqual(await Promise.all(calls), [{ turns: 200 }, { number: 1 }, { number: 2 }]);
  await assert.rejects(idle.call('org.example.sample.Echo'), ConnectionClosed);
  for (const client of [busy, idle, early]) client.close();
});

test('close() with drain waits for the first call of who was accepted already', async (t) => {
  const { path, server } = startSample(t);
  const client = await VarlinkClient.connect(path);
  await waitUntil(() => server.connectionCount === 1, 0);
  const closed = server.close({ drain: true });
  await setTimeout(20);
  assert.deepEqual(await client.call('org.example.sample.Echo', { number: 1 }), { number: 1 });
  await closed;
  await assert.rejects(client.call('org.example.sample.Echo'), ConnectionClosed);
  client.close();
});

test('close() without drain ends calls at once', async (t) => {
  const { path, server, sample } = startSample(t);
  const client = await VarlinkClient.connect(path);
  const call = client.call('org.example.sample.Linger');
  await waitUntil(() => sample.lingerBegun === 1, 0);
  await Promise.all([server.close(), assert.rejects(call, ConnectionClosed)]);
  assert.equal(sample.lingerEnded, 1);
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
