import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../../support/temporary.js';

export const echo = 'org.example.sample.Echo';

interface FakeServer {
  readonly path: string;
  /** What clients have sent. */
  readonly received: () => string;
}

/** A server that answers every call by `answer`, whatever it is. */
export function startFake(t: TestContext, answer: (socket: Socket, count: number) => void): FakeServer {
  const path = temporaryDirectory(t).file('socket');
  let received = '';
  let count = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received += bytes;
      for (const byte of bytes) if (byte === 0) answer(socket, ++count);
    });
  });
  server.listen(path);
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { path, received: () => received };
}
