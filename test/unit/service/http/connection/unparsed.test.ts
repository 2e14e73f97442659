import { deepStrictEqual, match, ok, strictEqual } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Network } from '../../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../../service/http/download.js';
import { like } from '../../../../support/like.js';
import { connectionWasClosed } from '../../../../support/texts/downloads.js';

const body = randomBytes(3 * 1024 * 1024 + 1);
const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;

/** What the sink gets of an answer that a server sends byte by byte as it likes. Rejects as fetchResource does. */
async function received(answer: (socket: Socket) => Promise<unknown> | undefined, pause = 0): Promise<Buffer> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => void answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  ok(address !== null && typeof address === 'object');
  using network = new Network({ environment: {}, userAgent: 'test' });
  const url = `http://127.0.0.1:${address.port}/f`;
  const request = { network, url, signal: new AbortController().signal, resume: false, onNotice: () => {} };
  const chunks: Buffer[] = [];
  try {
    await fetchResource(request, async (chunk) => {
      chunks.push(Buffer.from(chunk));
      if (pause > 0) await sleep(pause);
    });
  } finally {
    server.close();
  }
  return Buffer.concat(chunks);
}

/** Sends pieces so that each arrives by itself. */
async function send(socket: Socket, ...pieces: (string | Buffer)[]): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(20);
  }
}

const ways: Record<string, (socket: Socket) => Promise<unknown> | undefined> = {
  'all at once': (socket) => send(socket, Buffer.concat([Buffer.from(head), body])),
  'the head by itself': (socket) => send(socket, head, body),
  'the head in two': (socket) => send(socket, head.slice(0, 30), head.slice(30), body),
  'one byte with the head': (socket) =>
    send(socket, Buffer.concat([Buffer.from(head), body.subarray(0, 1)]), body.subarray(1)),
  'the last byte by itself': (socket) => send(socket, head, body.subarray(0, -1), body.subarray(-1)),
  'another answer before': (socket) => send(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', head, body),
  'more than it said': (socket) => send(socket, head, Buffer.concat([body, Buffer.alloc(100_000)])),
  'in chunks': (socket) => {
    const size = body.length.toString(16);
    return send(socket, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n`, body, '\r\n0\r\n\r\n');
  },
  'until it closes': async (socket) => {
    await send(socket, 'HTTP/1.1 200 OK\r\n\r\n', body);
    socket.end();
  },
};

for (const [name, answer] of Object.entries(ways)) {
  for (const pause of [0, 2]) {
    test(`a large body, ${name}, to a sink that takes ${pause} ms`, async () => {
      strictEqual((await received(answer, pause)).compare(body), 0);
    });
  }
}

test('a large body that breaks off: everything that came is delivered, then it fails', async () => {
  const failure = await received(async (socket) => {
    await send(socket, head, body.subarray(0, -1));
    socket.destroy();
  }).catch((error: unknown) => error);
  ok(failure instanceof Error);
  match(failure.message, like`broke off after 3145728 of 3145729 bytes: ${connectionWasClosed}`);
  deepStrictEqual(failure.constructor.name, 'Failure');
});
