import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchResource } from '../../../../service/http/download.js';
import type { ResourceRequest, ResponseInfo } from '../../../../service/http/request.js';
import { sha256 } from '../../../support/files.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import {
  answersWithStatus,
  cannotBeResumed,
  cannotDownload,
  cannotGoOn,
  cannotGoOnAtByte,
  closedBeforeAnswer,
  connectionWasClosed,
  downloadBrokeOff,
  fileNotThere,
  serverHasBytes,
  serverLostWhatItSent,
  serverSentRange,
  sizeChanged,
} from '../../../support/texts/downloads.js';
import { big, completed, mebibyte, messageOf, open, pattern, run, small, withFaults } from './downloading.js';

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
