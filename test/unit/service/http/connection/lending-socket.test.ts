import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LentChunks, lendingAgent } from '../../../../../service/http/connection/lending-socket.js';

const bytes = randomBytes(700_000);
const room = 200_000;

/** Both ends of a connection that a lending agent has made. */
async function connection(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const near = lendingAgent({}).createConnection({ host: '127.0.0.1', port: address.port });
  assert.ok(near instanceof Socket);
  const [far]: Socket[] = await once(server, 'connection');
  assert.ok(far !== undefined);
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

async function collect(chunks: LentChunks, length: number): Promise<Buffer> {
  const copies: Buffer[] = [];
  for (let left = length; left > 0; ) {
    const chunk = await chunks.next();
    assert.ok(chunk !== undefined && chunk.length <= room);
    copies.push(Buffer.from(chunk));
    left -= chunk.length;
    await sleep(2);
  }
  return Buffer.concat(copies);
}

test('those who listen are given bytes of their own', async (t) => {
  const { near, far } = await connection(t);
  const heard: Buffer[] = [];
  near.on('data', (chunk) => heard.push(chunk));
  far.end(bytes);
  await once(near, 'end');
  assert.ok(Buffer.concat(heard).equals(bytes));
});

test('a reader gets everything in order, in few pieces of one buffer, and then the end', async (t) => {
  const { near, far } = await connection(t);
  const chunks = LentChunks.of(near, room);
  assert.ok(chunks !== undefined);
  far.end(bytes);
  await sleep(100);
  assert.ok((await collect(chunks, bytes.length)).equals(bytes));
  assert.equal(await chunks.next(), undefined);
  assert.equal(await chunks.next(), undefined);
});

test('nothing is lost when somebody else has the socket go on', async (t) => {
  const { near, far } = await connection(t);
  const chunks = LentChunks.of(near, room);
  assert.ok(chunks !== undefined);
  far.write(bytes);
  for (let times = 0; times < 10; times += 1) {
    near.resume();
    await sleep(10);
  }
  assert.ok((await collect(chunks, bytes.length)).equals(bytes));
});

test('what has come is given out before what broke the connection', async (t) => {
  const { near, far } = await connection(t);
  const chunks = LentChunks.of(near, room);
  assert.ok(chunks !== undefined);
  far.write(bytes.subarray(0, 1000));
  near.resume();
  await sleep(50);
  near.destroy(new Error('cut'));
  await sleep(10);
  assert.ok((await chunks.next())?.equals(bytes.subarray(0, 1000)));
  await assert.rejects(chunks.next(), /^Error: cut$/);
  await assert.rejects(chunks.next(), /^Error: cut$/);
});

test('sockets of other agents lend nothing', async (t) => {
  const { far } = await connection(t);
  assert.equal(LentChunks.of(far, room), undefined);
});
