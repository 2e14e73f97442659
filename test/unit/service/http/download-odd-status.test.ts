import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Network } from '../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../service/http/download.js';

/** A server that says this to whoever asks, and then nothing any more; the connection stays open. */
async function silentAfter(t: TestContext, ...words: string[]): Promise<{ url: string; asked: () => number }> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      asked++;
      for (const word of words) socket.write(word);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`, asked: () => asked };
}

async function download(url: string): Promise<unknown> {
  // As long as anybody would wait: a test that comes near it has failed.
  using network = new Network({ environment: {}, userAgent: 'ferry/test' });
  const signal = new AbortController().signal;
  return await fetchResource({ network, url, signal, onNotice: () => {} }, () => {});
}

const rows: [what: string, words: string[], status: number][] = [
  ['101 with another protocol', ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'], 101],
  ['101 without one', ['HTTP/1.1 101 Switching Protocols\r\n\r\n'], 101],
  ['101 with a length', ['HTTP/1.1 101 Switching\r\nContent-Length: 5\r\n\r\n'], 101],
  ['interim answers without end', Array.from({ length: 40 }, () => 'HTTP/1.1 103 Early Hints\r\n\r\n'), 103],
  ['102 again and again', Array.from({ length: 40 }, () => 'HTTP/1.1 102 Processing\r\n\r\n'), 102],
  ['204 without a body', ['HTTP/1.1 204 No Content\r\n\r\n'], 204],
  ['205', ['HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n'], 205],
  ['299', ['HTTP/1.1 299 What\r\nContent-Length: 5\r\n\r\n'], 299],
  ['a status nobody knows', ['HTTP/1.1 999 Nonsense\r\n\r\n'], 999],
  ['status 600', ['HTTP/1.1 600 Nonsense\r\n\r\n'], 600],
];

for (const [what, words, status] of rows) {
  test(`a server that answers ${what} is not waited for`, { timeout: 60_000 }, async (t) => {
    const server = await silentAfter(t, ...words);
    const failed = { name: 'Failure', kind: 'DownloadFailed', facts: { url: server.url, status } };
    await assert.rejects(download(server.url), failed);
    assert.equal(server.asked(), 1);
  });
}

test('interim answers before the real one are passed over', async (t) => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n';
  const server = await silentAfter(
    t,
    hints,
    hints,
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  const outcome = await download(server.url);
  assert.deepEqual(
    Object.entries(outcome as object).find(([name]) => name === 'bytes'),
    ['bytes', 2],
  );
});

for (const line of [
  'HTTP/1.1 42\r\n\r\n',
  'HTTP/1.1 xyz What\r\n\r\n',
  'HTTP/9.9 200 OK\r\n\r\n',
  'nonsense\r\n\r\n',
  'HTTP/1.1 099 Low\r\n\r\n',
  'HTTP/1.1 000 Zero\r\n\r\n',
]) {
  test(`a server that says ${JSON.stringify(line)} is not waited for`, { timeout: 60_000 }, async (t) => {
    const server = await silentAfter(t, line);
    await assert.rejects(download(server.url), { name: 'Failure', kind: 'DownloadFailed' });
  });
}
