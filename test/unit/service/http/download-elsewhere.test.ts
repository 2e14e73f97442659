import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { Failure } from '../../../../common/failure.js';
import { fetchResource } from '../../../../service/http/download.js';
import { sha256 } from '../../../support/files.js';
import { like, re } from '../../../support/like.js';
import { FaultServer, type Faults } from '../../../support/servers/fault-server.js';
import {
  cannotGoOn,
  mayHaveAnotherVersion,
  redirectsInCircle,
  redirectsNowhere,
  redirectsToNoUrl,
  redirectsToOtherScheme,
  serverLostWhatItSent,
  tooManyRedirects,
} from '../../../support/texts/downloads.js';
import { big, mebibyte, messageOf, open, run, small, withFaults } from './downloading.js';

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
