import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { fetchResource } from '../../../../service/http/download.js';
import { like, re } from '../../../support/like.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import {
  cannotDownload,
  didNotAnswerInHttp,
  downloadCancelled,
  isLargerThan,
  nameServersSilent,
  noSuchHost,
  notAnAnswer,
  refusesConnections,
  requestNotUnderstood,
  serverAsksForCredentials,
  serverFailed,
  serverForbids,
  serverOverloaded,
  serverRefuses,
  tooManyHeaders,
  tooManyRequests,
} from '../../../support/texts/downloads.js';
import { big, mebibyte, messageOf, open, run, small, withFaults } from './downloading.js';

describe('refused', () => {
  const advice: Record<number, string> = {
    204: notAnAnswer,
    400: requestNotUnderstood,
    401: serverAsksForCredentials,
    403: serverForbids,
    418: serverRefuses,
    429: tooManyRequests,
    500: serverFailed,
    503: serverOverloaded,
    599: serverFailed,
  };
  for (const [status, text] of Object.entries(advice)) {
    test(`status ${status}, nothing of its body reaches the sink`, async () => {
      const { result, url, requests } = await withFaults(small, {
        status: Number(status),
        statusBytes: status === '204' ? 0 : mebibyte,
      });
      assert.equal(messageOf(result), `${cannotDownload(url)} ${status}, ${text}.`);
      assert.deepEqual((result as Failure).facts, { url, status: Number(status) });
      assert.equal(requests.length, ['429', '503'].includes(status) ? 4 : 1);
    });
  }

  test('a part that nobody asked for, and that is not all', async () => {
    for (const [range, which] of [
      ['bytes 5-9/10', "('bytes 5-9/10')"],
      ['bytes 0-9/*', "('bytes 0-9/*')"],
      ['nonsense', "('nonsense')"],
      ['', 'without saying which'],
    ] as const) {
      const headers: Record<string, string> = range === '' ? {} : { 'Content-Range': range };
      const { result, url } = await withFaults(small, { status: 206, headers });
      assert.equal(
        messageOf(result),
        `Cannot download ${url}: the server sent a part that was not requested (HTTP status 206) ${which}`,
      );
    }
  });

  test('nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = (server.address() as { port: number }).port;
    await new Promise((resolve) => server.close(resolve));
    const url = `http://127.0.0.1:${port}/f`;
    await assert.rejects(run(url), {
      message: `Cannot download ${url}: 127.0.0.1:${port} ${refusesConnections}`,
    });
  });

  test('no such host', async () => {
    await assert.rejects(run('http://no-such-host.invalid/f'), {
      message: like`^Cannot download http:\/\/no-such-host\.invalid\/f: (${noSuchHost('no-such-host.invalid')}|${nameServersSilent('no-such-host.invalid')})$`,
    });
  });

  test('100 MB of headers', async () => {
    const { result, url, host } = await withFaults(small, {
      hook: (_, response) => response.socket?.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100e6)}`),
    });
    assert.equal(messageOf(result), `Cannot download ${url}: ${host} ${tooManyHeaders}`);
  });

  test('something else than HTTP', async () => {
    const { result, url, host } = await withFaults(small, {
      hook: (_, response) => response.socket?.end('220 mail.example.com ESMTP\r\n'),
    });
    assert.match(
      messageOf(result),
      like`^Cannot download ${url}: ${host} ${didNotAnswerInHttp(re(/HPE_INVALID_\w+/))}$`,
    );
  });

  test('userinfo is in no message and no request line', async () => {
    await using server = await FaultServer.start();
    const url = server.serve('/f', small, { status: 403 });
    const error = await run(url.replace('//', '//me:secret@')).catch((reason: unknown) => reason);
    assert.doesNotMatch(messageOf(error), /secret/);
    assert.doesNotMatch(JSON.stringify((error as Failure).facts), /secret/);
    assert.equal(server.requests[0]?.headers.authorization, `Basic ${Buffer.from('me:secret').toString('base64')}`);
  });

  test('too large: known before, found on the way, and without end', async () => {
    for (const faults of [{}, { chunked: true }, { endless: 1 }]) {
      const { result, url } = await withFaults(big, faults, { sizeMax: mebibyte });
      assert.equal(messageOf(result), `${url} ${isLargerThan(mebibyte)}`);
    }
  });
});

describe('cancelled', () => {
  const rows: [string, Faults][] = [
    ['before it answers', { hook: () => {} }],
    ['in the middle', { stallAt: mebibyte, stallTimes: 100 }],
    ['while it pours', { endless: 1 }],
  ];
  for (const [what, faults] of rows) {
    test(what, async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      const { result, url } = await withFaults(big, faults, { signal: controller.signal });
      assert.ok(result instanceof Failure && result.kind === 'Cancelled');
      assert.equal(result.message, downloadCancelled(url));
    });
  }

  test('before it began', async () => {
    const { result, requests } = await withFaults(big, {}, { signal: AbortSignal.abort() });
    assert.ok(result instanceof Failure && result.kind === 'Cancelled');
    assert.equal(requests.length, 0);
  });

  test('what the sink throws comes out as it is, and ends the download', async () => {
    await using server = await FaultServer.start();
    const network = open();
    const full = new Error('disk full');
    const request = { network, url: server.serve('/f', big), signal: new AbortController().signal, onNotice() {} };
    await assert.rejects(
      fetchResource(request, () => {
        throw full;
      }),
      full,
    );
    network[Symbol.dispose]();
    assert.equal(server.requests.length, 1);
  });
});
