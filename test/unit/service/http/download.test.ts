import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchResource } from '../../../../service/http/download.js';
import type { FetchOutcome } from '../../../../service/http/request.js';
import { sha256 } from '../../../support/files.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import { cannotDownload, notAnAnswer } from '../../../support/texts/downloads.js';
import { big, completed, mebibyte, messageOf, open, small, withFaults } from './downloading.js';

describe('complete', () => {
  const rows: [string, Faults][] = [
    ['plain', {}],
    ['chunked', { chunked: true }],
    ['until the end of the connection', { lengthless: true }],
    ['late last byte', { lateMilliseconds: 200 }],
  ];
  for (const [what, faults] of rows) {
    test(what, async () => {
      const { result, url } = await withFaults(small, faults);
      const { outcome, bytes, responses } = completed(result);
      const contentLength = faults.chunked || faults.lengthless ? undefined : small.length;
      assert.deepEqual(outcome, {
        kind: 'complete',
        etag: '"one"',
        lastModified: undefined,
        bytes: small.length,
        contentLength,
        url,
      });
      assert.equal(sha256(bytes), sha256(small));
      assert.deepEqual(responses, [
        {
          status: 200,
          url,
          etag: '"one"',
          lastModified: undefined,
          validator: '"one"',
          contentLength,
          contentEncoding: undefined,
          fileName: undefined,
          contentType: undefined,
          contentDigest: undefined,
        },
      ]);
    });
  }

  test('206 for the whole, and for its beginning', async () => {
    const whole = await withFaults(small, { partUnasked: true });
    assert.equal(sha256(completed(whole.result).bytes), sha256(small));
    const first = { 'Content-Range': `bytes 0-${mebibyte - 1}/${big.length}`, 'Content-Length': String(mebibyte) };
    const { result, requests } = await withFaults(big, {
      hook: (request, response) => {
        if (request.headers.range === undefined)
          response.writeHead(206, { ETag: '"one"', ...first }).end(big.subarray(0, mebibyte));
        else
          response
            .writeHead(206, { ETag: '"one"', 'Content-Range': `bytes ${mebibyte}-${big.length - 1}/${big.length}` })
            .end(big.subarray(mebibyte));
      },
    });
    assert.equal(sha256(completed(result).bytes), sha256(big));
    assert.ok(requests.length === 2 && requests[1]?.headers.range === `bytes=${mebibyte}-`);
  });

  test('an empty file', async () => {
    const { result } = await withFaults(Buffer.alloc(0), {});
    assert.equal(completed(result).bytes.length, 0);
    assert.equal(completed(result).outcome.kind, 'complete');
  });

  test('what is sent', async () => {
    const { requests } = await withFaults(small, {}, { headers: { 'X-Test': 'yes' } });
    const { host, connection, ...headers } = requests[0]?.headers ?? {};
    assert.deepEqual(headers, {
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'ferry/test',
      'x-test': 'yes',
    });
    assert.equal(connection, 'keep-alive');
    assert.match(host ?? '', /^127\.0\.0\.1:/);
  });

  test('Last-Modified', async () => {
    const { result } = await withFaults(small, { headers: { 'Last-Modified': 'Wed, 21 Oct 2015 07:28:00 GMT' } });
    const { outcome } = completed(result);
    assert.ok(outcome.kind === 'complete');
    assert.equal(outcome.lastModified?.toISOString(), '2015-10-21T07:28:00.000Z');
  });

  test('progress is told', async () => {
    let last: [number, number | undefined] = [0, 0];
    await withFaults(small, {}, { onProgress: (bytes, total) => (last = [bytes, total]) });
    assert.deepEqual(last, [small.length, small.length]);
  });

  test('a Content-Encoding that nobody asked for is left as it is', async () => {
    const { result } = await withFaults(small, { headers: { 'Content-Encoding': 'gzip' } });
    assert.equal(sha256(completed(result).bytes), sha256(small));
    assert.equal(completed(result).responses[0]?.contentEncoding, 'gzip');
  });

  test('a slow consumer gets everything, in order', async () => {
    await using server = await FaultServer.start();
    const network = open();
    const hash = createHash('sha256');
    await fetchResource(
      { network, url: server.serve('/f', big), signal: new AbortController().signal, onNotice() {} },
      async (chunk) => {
        await sleep(1);
        hash.update(chunk);
      },
    );
    network[Symbol.dispose]();
    assert.equal(hash.digest('hex'), sha256(big));
  });
});

describe('unmodified and absent', () => {
  const rows: [string, Faults, string[], FetchOutcome | 'complete', number][] = [
    ['304', {}, ['"one"'], { kind: 'unmodified', etag: '"one"' }, 1],
    ['304 to one of several', {}, ['"a"', '"one"', 'W/"x"'], { kind: 'unmodified', etag: '"one"' }, 1],
    ['304 without ETag to a single one', { bare304: true }, ['"one"'], { kind: 'unmodified', etag: '"one"' }, 1],
    [
      '304 without ETag to several: asked again',
      { bare304: true },
      ['"a"', '"one"'],
      { kind: 'unmodified', etag: '"one"' },
      2,
    ],
    ['200 with the known ETag', { alwaysFresh: true }, ['"one"'], { kind: 'unmodified', etag: '"one"' }, 1],
    ['200 with another ETag', {}, ['"other"'], 'complete', 1],
    ['weak ETag', { etags: ['W/"w"'] }, ['W/"w"'], { kind: 'unmodified', etag: 'W/"w"' }, 1],
  ];
  for (const [what, faults, ifNoneMatch, expected, count] of rows) {
    test(what, async () => {
      const { result, requests } = await withFaults(small, faults, { ifNoneMatch });
      const { outcome, bytes } = completed(result);
      assert.deepEqual(expected === 'complete' ? outcome.kind : outcome, expected);
      assert.equal(bytes.length, expected === 'complete' ? small.length : 0);
      assert.equal(requests.length, count);
      assert.equal(requests[0]?.headers['if-none-match'], ifNoneMatch.join(', '));
    });
  }

  for (const status of [404, 410] as const) {
    test(`status ${status}, with a body of a megabyte`, async () => {
      const { result, url } = await withFaults(small, { status, statusBytes: mebibyte });
      assert.deepEqual(completed(result).outcome, { kind: 'absent', status, url });
      assert.equal(completed(result).bytes.length, 0);
    });
  }

  test('a server that says to everything that it has not changed is asked twice, and not for ever', async () => {
    const hook: NonNullable<Faults['hook']> = (_request, response) => response.writeHead(304).end();
    const { result, url, requests } = await withFaults(small, { hook }, { ifNoneMatch: ['"a"', '"b"'] });
    assert.equal(messageOf(result), `${cannotDownload(url)} 304, ${notAnAnswer}.`);
    assert.deepEqual(
      requests.map(({ headers }) => headers['if-none-match']),
      ['"a", "b"', undefined],
    );
  });

  test('304 that nobody asked for', async () => {
    const { result, url } = await withFaults(small, { status: 304 });
    assert.equal(messageOf(result), `${cannotDownload(url)} 304, ${notAnAnswer}.`);
  });
});
