import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { Network } from '../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../service/http/download.js';
import { tally } from '../../../support/tally.js';
import {
  closedBeforeAnswer,
  connectionWasClosed,
  didNotAnswerInHttp,
  downloadBrokeOff,
} from '../../../support/texts/downloads.js';

/** A small file, and an answer that carries it, byte for byte. */
const file = Buffer.from(Array.from({ length: 64 }, (_, index) => 33 + index));
const head = 'HTTP/1.1 200 OK\r\nETag: "one"\r\n';
const whole = Buffer.from(`${head}Content-Length: ${file.length}\r\n\r\n${file}`);
const chunked = Buffer.from(
  `${head}Transfer-Encoding: chunked\r\n\r\n${[0, 16, 48].map((from, index) => chunk(file.subarray(from, [16, 48, 64][index]))).join('')}0\r\n\r\n`,
);

function chunk(part: Buffer): string {
  return `${part.length.toString(16)}\r\n${part}\r\n`;
}

function rest(from: number): Buffer {
  if (from === file.length)
    return Buffer.from(`HTTP/1.1 416 No\r\nContent-Range: bytes */${from}\r\nContent-Length: 0\r\n\r\n`);
  const range = `Content-Range: bytes ${from}-${file.length - 1}/${file.length}\r\n`;
  const part = file.subarray(from);
  return Buffer.from(`HTTP/1.1 206 Partial\r\nETag: "one"\r\n${range}Content-Length: ${part.length}\r\n\r\n${part}`);
}

type End = 'end' | 'reset';

/** Sends so many bytes of an answer, and ends the connection: at once, or when they have arrived. */
function sendCut(socket: Socket, answer: Buffer, at: number, end: End): void {
  socket.write(answer.subarray(0, at), () => {
    if (end === 'end') socket.end();
    else setTimeout(() => socket.resetAndDestroy(), 2);
  });
}

/** A server that speaks bytes. `answer` is given the offset that a request asks for, or null, and which request it is. */
async function startServer(answer: (socket: Socket, from: number | null, count: number) => void): Promise<Server> {
  let count = 0;
  const server = createServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      request += data.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      const from = /^range: bytes=(\d+)-/im.exec(request)?.[1];
      request = '';
      answer(socket, from === undefined ? null : Number(from), count++);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

let time = 0;
const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };

interface Fetched {
  bytes: Buffer;
  message: string | null;
  /** Where the server is. */
  host: string;
  requests: number;
}

async function fetchFrom(answer: (socket: Socket, from: number | null, count: number) => void): Promise<Fetched> {
  let requests = 0;
  const server = await startServer((socket, from, count) => {
    requests++;
    answer(socket, from, count);
  });
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const chunks: Buffer[] = [];
  using network = new Network({ environment: {}, userAgent: 'ferry/test', clock });
  const request = { network, url: `http://${host}/f`, signal: new AbortController().signal, onNotice() {} };
  const message = await fetchResource(request, (part) => void chunks.push(Buffer.from(part))).then(
    () => null,
    (error: Error) => error.message,
  );
  network[Symbol.dispose]();
  server.close();
  tally('faults injected');
  return { bytes: Buffer.concat(chunks), message, host, requests };
}

const answers: [what: string, answer: Buffer][] = [
  ['with a length', whole],
  ['in chunks', chunked],
];
for (const [what, answer] of answers) {
  for (const end of ['end', 'reset'] as const) {
    test(`an answer ${what}: after each of its bytes comes a ${end}, once`, async () => {
      for (let at = 0; at < answer.length; at++) {
        const { bytes, message, requests } = await fetchFrom((socket, from, count) => {
          if (count === 0) sendCut(socket, answer, at, end);
          else socket.end(from === null ? answer : rest(from));
        });
        assert.equal(message, null, `after ${at} bytes`);
        assert.equal(bytes.toString(), file.toString(), `after ${at} bytes`);
        assert.equal(requests, 2, `after ${at} bytes`);
      }
    });
  }

  test(`an answer ${what}: after each of its bytes the connection ends, again and again`, async () => {
    const bodyAt = answer.indexOf('\r\n\r\n') + 4;
    for (let at = 0; at < answer.length; at++) {
      const { bytes, message, host } = await fetchFrom((socket) => sendCut(socket, answer, at, 'end'));
      assert.equal(file.indexOf(bytes), 0, `after ${at} bytes`);
      const url = `http://${host}/f`;
      const total = what === 'in chunks' ? '' : ` of ${file.length}`;
      const expected =
        at < bodyAt
          ? `Cannot download ${url}: ${host} ${closedBeforeAnswer}`
          : `${downloadBrokeOff(url, `${bytes.length}${total}`)}: ${connectionWasClosed}. Try again.`;
      assert.equal(message, expected, `after ${at} bytes`);
    }
  });
}

/** Answers that break the rules of HTTP, and what is said of them; `{}` stands for the host. */
const malformed: [what: string, answer: string | Buffer, message: string][] = [
  ['a mail server', '220 mail.example.com ESMTP\r\n', didNotAnswerInHttp('HPE_INVALID_CONSTANT')],
];
for (const [what, answer, message] of malformed) {
  test(`${what} is told as what it is`, async () => {
    const fetched = await fetchFrom((socket) => socket.end(answer));
    assert.equal(fetched.message, `Cannot download http://${fetched.host}/f: ${fetched.host} ${message}`);
    assert.equal(fetched.bytes.length, 0);
  });
}
