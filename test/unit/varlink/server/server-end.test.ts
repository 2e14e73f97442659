import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { duplicate } from '../../../../linux/sockets.js';
import { VarlinkClient } from '../../../../varlink/client/client.js';
import { ConnectionClosed } from '../../../../varlink/error.js';
import { openListeningSocket } from '../../../../varlink/transport/listener.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { waitUntil } from '../../../support/wait.js';
import { startSample } from './sample.js';

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
