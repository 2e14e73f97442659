import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../../common/failure.js';
import { Network, type NetworkOptions } from '../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../service/http/download.js';
import type { FetchOutcome, ResourceRequest, ResponseInfo } from '../../../../service/http/request.js';
import { fetchSmall } from '../../../../service/http/small.js';
import { sha256 } from '../../../support/files.js';
import { like, re } from '../../../support/like.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import {
  answersWithStatus,
  brokeOffAtByte,
  cannotBeResumed,
  cannotDownload,
  cannotGoOn,
  cannotGoOnAtByte,
  closedBeforeAnswer,
  connectionWasClosed,
  didNotAnswerInHttp,
  downloadBrokeOff,
  fileNotThere,
  isBusy,
  mayHaveAnotherVersion,
  nameServersSilent,
  noSuchHost,
  notAnAnswer,
  notEncodedAsSaid,
  redirectsInCircle,
  redirectsNowhere,
  redirectsToNoUrl,
  redirectsToOtherScheme,
  refusesConnections,
  requestNotUnderstood,
  serverAsksForCredentials,
  serverDoesNotAnswer,
  serverFailed,
  serverForbids,
  serverHasBytes,
  serverLostWhatItSent,
  serverOverloaded,
  serverRefuses,
  serverSentRange,
  sizeChanged,
  tooManyHeaders,
  tooManyRedirects,
  tooManyRequests,
} from '../../../support/texts/downloads.js';

const mebibyte = 1024 * 1024;

/** Bytes that repeat nowhere, so that anything appended at a wrong place shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let offset = 0; offset + 4 <= length; offset += 4) bytes.writeUInt32LE(offset, offset);
  return bytes;
}

const small = pattern(100_000);
const big = pattern(3 * mebibyte);

interface Run {
  readonly outcome: FetchOutcome;
  readonly bytes: Buffer;
  readonly notices: string[];
  readonly responses: ResponseInfo[];
}

// Time is not waited for, only counted.
class TestClock {
  time = 0;
  readonly pauses: number[] = [];
  now(): number {
    return this.time;
  }
  async sleep(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds);
    this.time += milliseconds;
  }
}

function open(options: Partial<NetworkOptions> = {}): Network {
  return new Network({ environment: {}, userAgent: 'ferry/test', clock: new TestClock(), ...options });
}

async function run(url: string, options: Partial<ResourceRequest> = {}, network = open()): Promise<Run> {
  const chunks: Buffer[] = [];
  const notices: string[] = [];
  const responses: ResponseInfo[] = [];
  try {
    const request: ResourceRequest = {
      network,
      url,
      signal: new AbortController().signal,
      onNotice: (message) => notices.push(message),
      onResponse: (info) => void responses.push(info),
      ...options,
    };
    const outcome = await fetchResource(request, (chunk) => {
      chunks.push(Buffer.from(chunk));
    });
    return { outcome, bytes: Buffer.concat(chunks), notices, responses };
  } finally {
    network[Symbol.dispose]();
  }
}

/** Serves bytes with faults, fetches them, and gives back what came of it. */
async function withFaults(bytes: Buffer, faults: Faults, options: Partial<ResourceRequest> = {}, network = open()) {
  await using server = await FaultServer.start();
  const url = server.serve('/f', bytes, faults);
  const result = await run(url, options, network).catch((error: unknown) => error);
  return { result, requests: server.requests, sent: server.sentFor('/f'), url, host: `127.0.0.1:${server.port}` };
}

function completed(result: unknown): Run {
  if (result instanceof Error) throw result;
  return result as Run;
}

function messageOf(result: unknown): string {
  assert.ok(result instanceof Failure, `no failure: ${String(result)}`);
  return result.message;
}

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
      assert.equal(messageOf(result), `${url} is larger than the ${mebibyte} bytes allowed.`);
    }
  });
});

describe('broken and resumed', () => {
  const rows: [what: string, faults: Faults, refetchedMax: number][] = [
    ['cut once', { cutAt: mebibyte }, 0],
    ['cut at the first byte', { cutAt: 0 }, 0],
    ['cut at the last byte', { cutAt: big.length - 1 }, 0],
    // A reset takes with it what the receiver has not read yet.
    ['reset', { cutAt: mebibyte, reset: true }, mebibyte],
    ['cut every MiB', { cutEvery: mebibyte }, 0],
    ['chunked, cut', { cutAt: mebibyte, chunked: true }, 0],
    ['chunked, cut every MiB', { cutEvery: mebibyte, chunked: true }, 0],
    ['the server gives shorter parts than asked for', { cutAt: mebibyte, partMax: mebibyte }, 0],
    ['no connection for a moment', { hangUpTimes: 1 }, 0],
    [
      'the whole for a part, with the same ETag: its beginning is left out',
      { cutAt: 2 * mebibyte, ignoreRange: true },
      2 * mebibyte,
    ],
    ['503 to the second request', { cutAt: mebibyte, status: 503, statusAfter: 1, statusTimes: 1 }, 20],
  ];
  for (const [what, faults, refetchedMax] of rows) {
    test(what, async () => {
      const { result, sent } = await withFaults(big, faults);
      const { outcome, bytes } = completed(result);
      assert.equal(sha256(bytes), sha256(big));
      assert.ok(outcome.kind === 'complete');
      assert.equal(outcome.bytes, big.length);
      assert.ok(sent - big.length <= refetchedMax, `${sent - big.length} bytes were fetched twice`);
    });
  }

  test('what a second request says', async () => {
    const { requests } = await withFaults(big, { cutAt: mebibyte });
    assert.equal(requests[0]?.headers.range, undefined);
    assert.equal(requests[1]?.headers.range, `bytes=${mebibyte}-`);
    assert.equal(requests[1]?.headers['if-range'], '"one"');
  });

  test('every byte of a small file is a place where the connection may break', async () => {
    await using server = await FaultServer.start();
    const bytes = pattern(200);
    for (let at = 0; at < bytes.length; at++) {
      for (const chunked of [false, true]) {
        const url = server.serve(`/f${at}${chunked}`, bytes, { cutAt: at, chunked });
        assert.equal(sha256((await run(url)).bytes), sha256(bytes), `cut at ${at}`);
      }
    }
  });

  test('64 MiB, cut every 4 MiB, with a consumer that is slower than the network: at most 1 % is fetched twice', async () => {
    await using server = await FaultServer.start();
    const bytes = pattern(64 * mebibyte);
    const url = server.serve('/f', bytes, { cutEvery: 4 * mebibyte });
    const network = open();
    const hash = createHash('sha256');
    let count = 0;
    await fetchResource({ network, url, signal: new AbortController().signal, onNotice() {} }, async (chunk) => {
      hash.update(chunk);
      if (++count % 16 === 0) await sleep(1);
    });
    network[Symbol.dispose]();
    assert.equal(hash.digest('hex'), sha256(bytes));
    assert.ok(
      server.sentFor('/f') <= bytes.length * 1.01,
      `${server.sentFor('/f') - bytes.length} bytes were fetched twice`,
    );
    // One for each part; a connection that turns out to be gone when it is used again costs one more.
    assert.ok(server.requests.length >= 16, `${server.requests.length} requests`);
  });

  const failing: [
    what: string,
    faults: Faults,
    message: (url: string) => string,
    options?: Partial<ResourceRequest>,
  ][] = [
    [
      'always cut at the same place',
      { cutAt: 2 * mebibyte, cutTimes: 100 },
      (url) => `${downloadBrokeOff(url, `${2 * mebibyte} of ${big.length}`)}: ${connectionWasClosed}. Try again.`,
    ],
    [
      'resuming is turned off',
      { cutAt: mebibyte },
      (url) => `${downloadBrokeOff(url, `${mebibyte} of ${big.length}`)}: ${connectionWasClosed}. Try again.`,
      { resume: false },
    ],
    [
      'the length is a lie',
      { declaredLength: big.length + 5 },
      (url) => `${cannotGoOnAtByte(url)} ${big.length}: ${sizeChanged(big.length + 5, big.length)}.`,
    ],
    [
      'a weak ETag only',
      { cutAt: mebibyte, etags: ['W/"one"'] },
      (url) =>
        `${downloadBrokeOff(url, `${mebibyte} of ${big.length}`)}: ${connectionWasClosed}. ${cannotBeResumed} Try again.`,
    ],
    [
      'no ETag',
      { cutAt: mebibyte, etags: ['none'] },
      (url) =>
        `${downloadBrokeOff(url, `${mebibyte} of ${big.length}`)}: ${connectionWasClosed}. ${cannotBeResumed} Try again.`,
    ],
    [
      'another ETag in the middle',
      { cutAt: mebibyte, etags: ['"one"', '"two"'] },
      (url) => `${cannotGoOn} ${url}: ${serverLostWhatItSent(mebibyte)}.`,
    ],
    [
      'no ETag in the middle',
      { cutAt: mebibyte, etags: ['"one"', 'none'] },
      (url) => `${cannotGoOn} ${url}: ${serverLostWhatItSent(mebibyte)}.`,
    ],
    [
      'a part that begins too early',
      { cutAt: mebibyte, rangeShift: -7 },
      (url) =>
        `${cannotGoOnAtByte(url)} ${mebibyte}: ${serverSentRange(`bytes ${mebibyte - 7}-${big.length - 1}/${big.length}`)}.`,
    ],
    [
      'a part that begins too late',
      { cutAt: mebibyte, rangeShift: 7 },
      (url) =>
        `${cannotGoOnAtByte(url)} ${mebibyte}: ${serverSentRange(`bytes ${mebibyte + 7}-${big.length - 1}/${big.length}`)}.`,
    ],
    [
      'gone in the middle',
      { cutAt: mebibyte, status: 404, statusAfter: 1 },
      (url) => `${cannotDownload(url)} 404, ${fileNotThere}.`,
    ],
    [
      '503 from the middle on',
      { cutAt: mebibyte, status: 503, statusAfter: 1 },
      (url) => `${downloadBrokeOff(url, `${mebibyte} of ${big.length}`)}: ${answersWithStatus} 503. Try again.`,
    ],
  ];
  for (const [what, faults, message, options] of failing) {
    test(`fails: ${what}`, async () => {
      const { result, url } = await withFaults(big, faults, options);
      assert.equal(messageOf(result), message(url));
    });
  }

  test('a server that never answers is tried twice', async () => {
    const { result, url, requests, host } = await withFaults(small, { hangUpTimes: 100 });
    assert.equal(messageOf(result), `Cannot download ${url}: ${host} ${closedBeforeAnswer}`);
    assert.equal(requests.length, 2);
  });

  test('a ETag that changes is no obstacle before the first byte has arrived', async () => {
    const { result } = await withFaults(big, { cutAt: 0, etags: ['"one"', '"two"'] });
    const { outcome, bytes, responses } = completed(result);
    assert.equal(sha256(bytes), sha256(big));
    assert.ok(outcome.kind === 'complete' && outcome.etag === '"two"');
    assert.deepEqual(
      responses.map(({ etag }) => etag),
      ['"one"', '"two"'],
    );
  });

  for (const faults of [
    { cutAt: mebibyte, etags: ['"one"', '"two"'] },
    { cutAt: mebibyte, etags: ['none'] },
    { cutAt: mebibyte, etags: ['"one"', '"two"'], ignoreCondition: true },
  ]) {
    test(`starts again where the sink can: ${JSON.stringify(faults.etags)}`, async () => {
      await using server = await FaultServer.start();
      const network = open();
      const responses: (string | undefined)[] = [];
      let chunks: Buffer[] = [];
      const onRestart = () => void (chunks = []);
      const request = {
        network,
        url: server.serve('/f', big, faults),
        signal: new AbortController().signal,
        onNotice() {},
        onRestart,
      };
      const onResponse = (info: ResponseInfo) => void responses.push(info.etag);
      await fetchResource({ ...request, onResponse }, (chunk) => void chunks.push(Buffer.from(chunk)));
      network[Symbol.dispose]();
      assert.equal(sha256(Buffer.concat(chunks)), sha256(big));
      assert.equal(responses.length, 2);
    });
  }

  test('goes on from what a former process has stored', async () => {
    const startAt = { offset: mebibyte, validator: '"one"', total: big.length };
    const { result, requests, sent } = await withFaults(big, {}, { startAt });
    const { outcome, bytes } = completed(result);
    assert.equal(sha256(bytes), sha256(big.subarray(mebibyte)));
    assert.ok(outcome.kind === 'complete' && outcome.bytes === big.length && outcome.contentLength === big.length);
    assert.equal(requests[0]?.headers.range, `bytes=${mebibyte}-`);
    assert.equal(sent, big.length - mebibyte);
  });

  test('what is stored is complete already', async () => {
    const { result } = await withFaults(
      big,
      {},
      { startAt: { offset: big.length, validator: '"one"', total: big.length } },
    );
    const { outcome, bytes } = completed(result);
    assert.equal(bytes.length, 0);
    assert.ok(outcome.kind === 'complete' && outcome.bytes === big.length);
  });

  test('what is stored is more than there is', async () => {
    const offset = big.length + 5;
    const { result, url } = await withFaults(big, {}, { startAt: { offset, validator: '"one"', total: undefined } });
    assert.equal(messageOf(result), `${cannotGoOnAtByte(url)} ${offset}: ${serverHasBytes(big.length)}.`);
  });

  test('what is stored is of another version', async () => {
    const { result, url } = await withFaults(
      big,
      {},
      { startAt: { offset: 10, validator: '"zero"', total: undefined } },
    );
    assert.equal(messageOf(result), `${cannotGoOn} ${url}: ${serverLostWhatItSent(10)}.`);
  });
});

describe('stalled and slow', () => {
  const limits = { stallMilliseconds: 960, stallRate: 30_000 };

  test('a connection that goes silent is given up and resumed', async () => {
    const { result } = await withFaults(big, { stallAt: 2 * mebibyte }, {}, open({ limits }));
    const { bytes, notices } = completed(result);
    assert.equal(sha256(bytes), sha256(big));
    assert.match(
      notices.join(),
      like`${brokeOffAtByte(2097152, 'it moved less than 30000 bytes per second for 0.96 seconds')}\.$`,
    );
  });

  test('one that goes silent for ever fails', async () => {
    const { result, url } = await withFaults(big, { stallAt: 2 * mebibyte, stallTimes: 100 }, {}, open({ limits }));
    assert.equal(
      messageOf(result),
      `${downloadBrokeOff(url, `${2 * mebibyte} of ${big.length}`)}: it moved less than 30000 bytes per second for 0.96 seconds. Try again.`,
    );
  });

  test('a server that accepts and says nothing', async () => {
    const { result, url, requests } = await withFaults(small, { hook: () => {} }, {}, open({ limits }));
    assert.equal(messageOf(result), `Cannot download ${url}: ${serverDoesNotAnswer}. Try again.`);
    assert.equal(requests.length, 2);
  });

  test('headers that come a byte now and then', async () => {
    const hook: Faults['hook'] = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    };
    const { result, url, requests } = await withFaults(small, { hook }, {}, open({ limits }));
    assert.equal(messageOf(result), `Cannot download ${url}: ${serverDoesNotAnswer}. Try again.`);
    assert.equal(requests.length, 2);
  });

  test('a byte now and then is not enough', async () => {
    const { result } = await withFaults(small, { dripMilliseconds: 20 }, {}, open({ limits }));
    assert.match(messageOf(result), /it moved less than 30000 bytes per second/);
  });

  test('a consumer that takes long is not the network’s fault', async () => {
    await using server = await FaultServer.start();
    const network = open({ limits });
    const url = server.serve('/f', big);
    const notices: string[] = [];
    let isFirst = true;
    await fetchResource(
      { network, url, signal: new AbortController().signal, onNotice: (text) => notices.push(text) },
      async () => {
        if (isFirst) await sleep(2500);
        isFirst = false;
      },
    );
    network[Symbol.dispose]();
    assert.deepEqual(notices, []);
  });

  test('the rate is limited: the pauses add up to the bytes', async () => {
    const clock = new TestClock();
    const { result } = await withFaults(big, {}, { limitRate: mebibyte }, open({ clock }));
    assert.equal(completed(result).bytes.length, big.length);
    assert.ok(Math.abs(clock.time - 2750) < 10, `${clock.time} ms`);
  });

  test('pauses between tries', async () => {
    const clock = new TestClock();
    await withFaults(big, { cutEvery: mebibyte, cutAt: 0 }, {}, open({ clock }));
    assert.deepEqual(clock.pauses, [200, 200]);
    const second = new TestClock();
    await withFaults(small, { hangUpTimes: 1 }, {}, open({ clock: second }));
    assert.deepEqual(second.pauses, [400]);
  });
});

describe('a server that is busy', () => {
  const busy = (status: number, statusTimes: number, headers: Record<string, string> = {}): Faults => ({
    status,
    statusTimes,
    headers,
  });
  const day = 'Sun, 06 Nov 1994 08:49:37 GMT';
  const waits: [what: string, faults: Faults, pauses: number[]][] = [
    ['429, once', busy(429, 1), [1000]],
    ['503, three times', busy(503, 3), [1000, 2000, 4000]],
    ['429 with seconds', busy(429, 2, { 'Retry-After': '7' }), [7000, 7000]],
    ['503 with seconds, many times', busy(503, 9, { 'Retry-After': '20' }), Array(9).fill(20_000)],
    ['503 with a date', busy(503, 1, { 'Retry-After': 'Sun, 06 Nov 1994 08:50:37 GMT', Date: day }), [60_000]],
    [
      '503 with a date that is over',
      busy(503, 1, { 'Retry-After': 'Sun, 06 Nov 1994 08:40:37 GMT', Date: day }),
      [1000],
    ],
    ['429 with zero seconds', busy(429, 2, { 'Retry-After': '0' }), [1000, 2000]],
    ['429 with nonsense', busy(429, 2, { 'Retry-After': 'soon' }), [1000, 2000]],
    ['202 with seconds', busy(202, 1, { 'Retry-After': '3' }), [3000]],
    ['500 with seconds', busy(500, 1, { 'Retry-After': '3' }), [3000]],
  ];
  for (const [what, faults, pauses] of waits) {
    test(`is asked again: ${what}`, async () => {
      const clock = new TestClock();
      const { result, host, url } = await withFaults(small, faults, {}, open({ clock }));
      const { bytes, notices } = completed(result);
      assert.equal(sha256(bytes), sha256(small));
      assert.deepEqual(clock.pauses, pauses);
      const said = pauses.map((pause) => `${host} ${isBusy(faults.status, url, pause / 1000)}`);
      assert.deepEqual(notices, said);
    });
  }

  test('is asked again in the middle of a download', async () => {
    const clock = new TestClock();
    const faults = { cutAt: mebibyte, status: 429, statusAfter: 1, statusTimes: 2, headers: { 'Retry-After': '9' } };
    const { result } = await withFaults(big, faults, {}, open({ clock }));
    assert.equal(sha256(completed(result).bytes), sha256(big));
    assert.deepEqual(clock.pauses.slice(-2), [9000, 9000]);
  });

  test('is not waited for longer than five minutes', async () => {
    for (const [seconds, pauses] of [
      ['3600', []],
      ['301', []],
      ['99999999', []],
      ['140', [140_000, 140_000]],
    ] as const) {
      const clock = new TestClock();
      const { result, url } = await withFaults(small, busy(429, 99, { 'Retry-After': seconds }), {}, open({ clock }));
      assert.equal(
        messageOf(result),
        `Cannot download ${url}: HTTP status 429, the server asks to wait ${Number(seconds)} s; try again then`,
      );
      assert.deepEqual(clock.pauses, pauses);
    }
  });

  test('is not asked again where resuming is turned off', async () => {
    const { result, requests } = await withFaults(small, busy(503, 1, { 'Retry-After': '1' }), { resume: false });
    assert.ok(result instanceof Failure);
    assert.equal(requests.length, 1);
  });

  test('can be left while it is waited for', async () => {
    const controller = new AbortController();
    const clock = new TestClock();
    clock.sleep = async () => {
      controller.abort();
      throw new Error('aborted');
    };
    const { result, url } = await withFaults(small, busy(503, 9), { signal: controller.signal }, open({ clock }));
    assert.equal(messageOf(result), `The download of ${url} was cancelled.`);
  });
});

describe('another server that answers for the rest', () => {
  /** A sink that cannot forget, and what it has had. */
  const repeatable = () => {
    const had = createHash('sha256');
    const onRepeat = () => {
      const before = had.copy().digest('hex');
      const again = createHash('sha256');
      return { update: (chunk: Buffer) => void again.update(chunk), isSame: () => again.digest('hex') === before };
    };
    return { had, onRepeat };
  };

  async function download(faults: Faults, content = big, later = content) {
    await using server = await FaultServer.start();
    using network = open();
    const { had, onRepeat } = repeatable();
    const chunks: Buffer[] = [];
    const notices: string[] = [];
    const url = server.serve('/f', content, faults);
    const request = { network, url, signal: new AbortController().signal, onRepeat };
    const onNotice = (message: string) => {
      notices.push(message);
      if (later !== content) server.serve('/f', later, { ...faults, etags: ['"two"'], cutTimes: 0 });
    };
    const result = await fetchResource({ ...request, onNotice }, (chunk) => {
      chunks.push(Buffer.from(chunk));
      had.update(chunk);
    }).catch((error: unknown) => error);
    return { result, bytes: Buffer.concat(chunks), notices, url, requests: server.requests };
  }

  const same: [what: string, faults: Faults][] = [
    ['with another ETag', { cutAt: mebibyte, etags: ['"one"', '"two"'] }],
    [
      'with another ETag, taking no notice of If-Range',
      { cutAt: mebibyte, etags: ['"one"', '"two"'], ignoreCondition: true },
    ],
    ['with another ETag, knowing no parts', { cutAt: mebibyte, etags: ['"one"', '"two"'], ignoreRange: true }],
    ['with no ETag', { cutAt: mebibyte, etags: ['"one"', 'none'] }],
    ['with weak ETags', { cutAt: mebibyte, etags: ['W/"one"', 'W/"two"'] }],
    ['without ETags', { cutAt: mebibyte, etags: ['none'] }],
    ['after the last byte but one', { cutAt: big.length - 1, etags: ['"one"', '"two"'] }],
    ['after the first byte', { cutAt: 1, etags: ['"one"', '"two"'] }],
  ];
  for (const [what, faults] of same) {
    test(`is gone on with where it has the same bytes: ${what}`, async () => {
      const { result, bytes, notices } = await download(faults);
      assert.ok(!(result instanceof Error), String(result));
      assert.equal(sha256(bytes), sha256(big));
      assert.match(notices.at(-1) ?? '', like`${mayHaveAnotherVersion(re(/\S+/), re(/\d+/))}$`);
    });
  }

  test('is gone on with from there when it breaks off later', async () => {
    const etags = ['"one"', '"two"'];
    const { result, bytes, requests } = await download({ cutEvery: 2 * mebibyte, etags });
    assert.ok(!(result instanceof Error), String(result));
    assert.equal(sha256(bytes), sha256(big));
    assert.equal(requests.length, 3);
  });

  test('is not taken for the same where it has other bytes', async () => {
    const other = Buffer.from(big);
    other[5] = 0xff;
    const { result, url } = await download({ cutAt: mebibyte }, big, other);
    assert.equal(
      messageOf(result as Failure),
      `Cannot resume ${url}: it has changed in its first ${mebibyte} bytes; pull again`,
    );
  });

  test('is not compared where it has another size', async () => {
    const { result, url } = await download({ cutAt: mebibyte }, big, big.subarray(0, -1));
    assert.equal(messageOf(result as Failure), `${cannotGoOn} ${url}: ${serverLostWhatItSent(mebibyte)}.`);
  });

  test('is compared once', async () => {
    const { result } = await download({ cutEvery: mebibyte, etags: ['"one"', '"two"', '"three"', '"four"'] });
    assert.ok(result instanceof Failure);
  });
});

describe('redirects', () => {
  test('name the host that does not answer, not the one that redirects to it', async () => {
    await using server = await FaultServer.start();
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await new Promise((resolve) => closed.close(resolve));
    const url = server.serve('/x', '', { redirect: `http://127.0.0.1:${port}/y?secret` });
    await assert.rejects(run(url), (error) => {
      assert.ok(error instanceof Failure);
      const { host } = new URL(url);
      const says = `Cannot download http://${host}/x, which redirects to 127.0.0.1:${port}: 127.0.0.1:${port} refuses`;
      assert.ok(error.message.startsWith(says), error.message);
      return true;
    });
  });

  for (const status of [300, 301, 302, 303, 307, 308]) {
    test(`status ${status}`, async () => {
      await using server = await FaultServer.start();
      const target = server.serve('/target', small);
      const { outcome, bytes } = await run(server.serve('/f', '', { redirect: '/target', redirectStatus: status }));
      assert.equal(sha256(bytes), sha256(small));
      assert.ok(outcome.kind === 'complete');
      assert.equal(outcome.url, target);
    });
  }

  const failing: [string, string, (url: string) => string][] = [
    ['in a circle', '/f', (url) => `${redirectsInCircle} ${url}`],
    ['to a file', 'file:///etc/shadow', () => redirectsToOtherScheme('file:///etc/shadow')],
    ['to ftp', 'ftp://user:pw@h/x', () => redirectsToOtherScheme('ftp://h/x')],
    ['to data', 'data:text/plain,x', () => redirectsToOtherScheme('data:text/plain,x')],
    ['to nowhere', '', () => redirectsNowhere],
    ['to rubbish', 'http://[', () => redirectsToNoUrl],
  ];
  for (const [what, redirect, reason] of failing) {
    test(what, async () => {
      const { result, url } = await withFaults(small, { redirect });
      assert.equal(messageOf(result), `Cannot download ${url}: ${reason(url)}.`);
    });
  }

  test('a Location in UTF-8, which ought to be percent-encoded, is followed', async () => {
    await using server = await FaultServer.start();
    server.serve('/b%C3%BCcher/a%20b', small);
    const redirect = Buffer.from('/bücher/a b').toString('latin1');
    const { bytes } = await run(server.serve('/f', '', { redirect }));
    assert.equal(sha256(bytes), sha256(small));
  });

  test('20 are followed, 21 are not', async () => {
    await using server = await FaultServer.start();
    server.serve('/0', small);
    for (let index = 1; index <= 21; index++) server.serve(`/${index}`, '', { redirect: `/${index - 1}` });
    assert.equal((await run(server.url('/20'))).bytes.length, small.length);
    await assert.rejects(run(server.url('/21')), {
      message: `Cannot download ${server.url('/21')}: ${tooManyRedirects(20)}.`,
    });
  });

  test('a resumed download is redirected anew', async () => {
    await using server = await FaultServer.start();
    server.serve('/target', big, { cutAt: mebibyte });
    const { bytes } = await run(server.serve('/f', '', { redirect: '/target' }));
    assert.equal(sha256(bytes), sha256(big));
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      ['/f', '/target', '/f', '/target'],
    );
  });
});

describe('small files', () => {
  const request = { signal: new AbortController().signal, onNotice() {} };

  test('whole, absent, too large, cut, gzip-encoded', async () => {
    const { gzipSync } = await import('node:zlib');
    await using server = await FaultServer.start();
    const network = open();
    const fetch = (url: string, limit = mebibyte) => fetchSmall(url, limit, { ...request, network });
    assert.deepEqual(await fetch(server.serve('/a', 'text')), Buffer.from('text'));
    assert.equal(await fetch(server.url('/none')), undefined);
    await assert.rejects(fetch(server.serve('/b', small), 1000), {
      message: `${server.url('/b')} is larger than the 1000 bytes allowed.`,
    });
    assert.deepEqual(await fetch(server.serve('/c', small, { cutAt: 50_000, etags: ['none'] })), small);
    const encoded = { headers: { 'Content-Encoding': 'gzip' } };
    assert.deepEqual(await fetch(server.serve('/d', gzipSync('text'), encoded)), Buffer.from('text'));
    const message = (path: string) => `Cannot decode ${server.url(path)}: ${notEncodedAsSaid('gzip', mebibyte)}`;
    await assert.rejects(fetch(server.serve('/e', small, encoded)), { message: message('/e') });
    await assert.rejects(fetch(server.serve('/g', gzipSync(Buffer.alloc(1e8)), encoded)), { message: message('/g') });
    network[Symbol.dispose]();
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
      assert.equal(result.message, `The download of ${url} was cancelled.`);
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
