import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { Network } from '../../../../../service/http/connection/network.js';
import { mendHead } from '../../../../../service/http/connection/response-head.js';
import { fetchResource } from '../../../../../service/http/download.js';
import type { ResponseInfo } from '../../../../../service/http/request.js';

const body = 'the whole body';
const length = `Content-Length: ${body.length}`;

/** Serves these bytes, as they are, in answer to each request; in crumbs of so many bytes. */
async function answering(t: TestContext, answer: string, crumb = answer.length): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', async () => {
      for (let at = 0; at < answer.length; at += crumb) {
        socket.write(answer.slice(at, at + crumb), 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (!/keep-alive/i.test(answer)) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/f`;
}

async function fetched(url: string, network = new Network({ environment: {}, userAgent: 'ferry/test' })) {
  using open = network;
  const chunks: Buffer[] = [];
  let info: ResponseInfo | undefined;
  const signal = new AbortController().signal;
  const onResponse = (response: ResponseInfo): void => {
    info = response;
  };
  const outcome = await fetchResource({ network: open, url, signal, onNotice() {}, onResponse }, (chunk) => {
    chunks.push(Buffer.from(chunk));
  });
  return { outcome, info, text: Buffer.concat(chunks).toString() };
}

const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const taken: [what: string, head: string[], content?: string][] = [
  ['one of each', [length, 'ETag: "a"']],
  ['two equal Content-Length', [length, 'ETag: "a"', length]],
  ['two equal Content-Length, in other letters', [length, 'ETag: "a"', `content-length:${body.length} `]],
  ['three equal Content-Length', [length, length, length, 'ETag: "a"']],
  ['a Content-Length that lists one length twice', [`${length}, ${body.length}`, 'ETag: "a"']],
  ['a list and another one', [`${length},${body.length}`, length, 'ETag: "a"']],
  ['two equal ETags', [length, 'ETag: "a"', 'etag:  "a"']],
  ['two equal Last-Modified', [length, 'ETag: "a"', ...Array(2).fill('Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT')]],
  ['two dates', [length, 'ETag: "a"', 'Date: Sun, 06 Nov 1994 08:49:37 GMT', 'Date: Sun, 06 Nov 1994 08:49:38 GMT']],
  ['two types', [length, 'ETag: "a"', 'Content-Type: text/html', 'Content-Type: application/x-xz']],
  ['two cookies', [length, 'ETag: "a"', 'Set-Cookie: a=1', 'Set-Cookie: b=2']],
  ['chunks', ['Transfer-Encoding: chunked', 'ETag: "a"'], chunked],
  ['chunks, said twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', 'ETag: "a"'], chunked],
  ['chunks and a length', [length, 'Transfer-Encoding: chunked', 'ETag: "a"'], chunked],
  ['a header in two lines', [length, 'X-Long: a\r\n b', 'ETag:\r\n "a"']],
];

describe('the head of an answer', () => {
  for (const [what, head, content = body] of taken) {
    for (const [how, end, crumb] of [
      ['whole', '\r\n', 1e6],
      ['in crumbs', '\r\n', 7],
      ['in lines without CR', '\n', 1e6],
    ] as const) {
      test(`${what}, ${how}`, async (t) => {
        const answer = `${['HTTP/1.1 200 OK', ...head].join(end)}${end}${end}${content}`;
        const { info, text } = await fetched(await answering(t, answer, crumb));
        assert.equal(text, body);
        assert.equal(info?.etag, '"a"');
        assert.equal(info?.contentLength, content === chunked ? undefined : body.length);
      });
    }
  }

  test('after interim ones', async (t) => {
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n';
    for (const crumb of [1e6, 5, 1]) {
      const answer = `${interim}HTTP/1.1 200 OK\r\n${length}\r\n${length}\r\n\r\n${body}`;
      assert.equal((await fetched(await answering(t, answer, crumb))).text, body);
    }
  });

  test('of every answer over one connection', async (t) => {
    const answer = `HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n${length}\r\n${length}\r\n\r\n${body}`;
    const url = await answering(t, answer);
    const network = new Network({ environment: {}, userAgent: 'ferry/test' });
    const signal = new AbortController().signal;
    for (let n = 0; n < 3; n++) {
      let text = '';
      await fetchResource({ network, url, signal, onNotice() {} }, (chunk) => void (text += chunk.toString()));
      assert.equal(text, body);
    }
    network[Symbol.dispose]();
  });

  test('of a large body, which is read past the parser', async (t) => {
    const large = body.repeat(300_000);
    const lengths = `Content-Length: ${large.length}\r\n`.repeat(2);
    const answer = `HTTP/1.1 200 OK\r\n${lengths}ETag: "a"\r\nETag: "a"\r\n\r\n${large}`;
    const { text } = await fetched(await answering(t, answer));
    assert.ok(text === large);
  });

  const contradictions: [name: string, first: string, second: string][] = [
    ['Content-Length', '14', '15'],
    ['ETag', '"a"', '"b"'],
    ['ETag', '"a"', 'W/"a"'],
    ['Last-Modified', 'Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 08:49:38 GMT'],
    ['Content-Range', 'bytes 0-13/14', 'bytes 0-13/15'],
    ['Location', '/a', '/b'],
    ['Content-Disposition', 'attachment; filename=a', 'attachment; filename=b'],
  ];
  for (const [name, first, second] of contradictions) {
    test(`with two ${name} headers that differ (${second}) is refused, and they are named`, async (t) => {
      const more = name === 'Content-Length' ? '' : `${length}\r\n`;
      const answer = `HTTP/1.1 200 OK\r\n${name}: ${first}\r\n${more}${name}: ${second}\r\n\r\n${body}`;
      const url = await answering(t, answer);
      await assert.rejects(fetched(url), (error) => {
        assert.ok(error instanceof Failure);
        const { host } = new URL(url);
        assert.equal(
          error.message,
          `Cannot download ${url}: ${host} sent two ${name} headers that differ ('${first}' and '${second}')`,
        );
        return true;
      });
    });
  }

  test('with a list of lengths that differ is refused', () => {
    assert.throws(() => mendHead('HTTP/1.1 200 OK\r\nContent-Length: 14, 15\r\n\r\n'), {
      code: 'CONTRADICTORY_HEAD',
      message: "sent two Content-Length headers that differ ('14' and '15')",
    });
  });

  test('stays as it is where nothing has to be mended', () => {
    for (const head of [
      'HTTP/1.1 200 OK\r\n\r\n',
      'HTTP/1.0 200\r\nServer:\r\nX:a:b \r\nno colon\r\n\r\n',
      'HTTP/1.1 200 OK\r\nVia: 1.1 a\r\nVia: 1.1 b\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n',
    ])
      assert.equal(mendHead(head), head);
  });

  test('that is none is left to the parser', async (t) => {
    for (const answer of [
      'SSH-2.0-OpenSSH_9.2\r\n\r\n',
      'HTTP',
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    ])
      await assert.rejects(fetched(await answering(t, answer)), Failure);
  });
});
