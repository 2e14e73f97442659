import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../../../common/failure.js';
import { fetchResource } from '../../../../service/http/download.js';
import { sha256 } from '../../../support/files.js';
import { like } from '../../../support/like.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import {
  brokeOffAtByte,
  downloadBrokeOff,
  downloadCancelled,
  isBusy,
  serverDoesNotAnswer,
} from '../../../support/texts/downloads.js';
import { big, completed, mebibyte, messageOf, open, small, TestClock, withFaults } from './downloading.js';

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
    assert.equal(messageOf(result), downloadCancelled(url));
  });
});
