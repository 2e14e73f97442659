import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { versions } from 'node:process';
import { test } from 'node:test';
import {
  examine,
  exchangeBytes,
  type Internals,
  nodeInternals,
  noInternals,
  testedVersions,
} from '../../../../../service/http/connection/internals.js';
import { LentChunks } from '../../../../../service/http/connection/lending-socket.js';
import { Network, type NetworkOptions } from '../../../../../service/http/connection/network.js';
import { fetchResource } from '../../../../../service/http/download.js';
import { like, re } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { projectFile } from '../../../../support/project.js';
import { TestAuthority } from '../../../../support/servers/certificates.js';
import { FaultServer, type Faults } from '../../../../support/servers/fault-server.js';
import { brokeOffAtByte, connectionWasClosed, serverDoesNotAnswer } from '../../../../support/texts/downloads.js';

const major = Number.parseInt(versions.node, 10);
const body = randomBytes(5 * 1024 * 1024 + 3);
const all: Internals = { requests: true, bodies: true };

/** A clock that waits for nothing. */
const clock = { now: () => 0, sleep: async () => {} };

interface Received {
  readonly bytes: Buffer;
  readonly notices: string[];
  readonly failure: unknown;
}

/** What comes of a download with these internals. The sink takes its time: `pause` turns of the event loop a chunk. */
async function download(
  url: string,
  internals: Internals,
  options: Partial<NetworkOptions> = {},
  pause = 0,
): Promise<Received> {
  using network = new Network({ environment: {}, userAgent: 'ferry/test', clock, ...options, internals });
  const chunks: Buffer[] = [];
  const notices: string[] = [];
  const signal = new AbortController().signal;
  const request = { network, url, signal, onNotice: (text: string) => void notices.push(text) };
  const failure = await fetchResource(request, async (chunk) => {
    for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setImmediate(resolve));
    chunks.push(Buffer.from(chunk));
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { bytes: Buffer.concat(chunks), notices, failure };
}

async function served(faults: Faults, internals: Internals, pause = 0): Promise<Received & { requests: number }> {
  await using server = await FaultServer.start();
  const received = await download(server.serve('/f', body, faults), internals, {}, pause);
  return { ...received, requests: server.requests.length };
}

test('on the versions of node that are tested, bodies are read past the parser; on others they are not', async () => {
  const isTested = testedVersions.includes(major);
  assert.deepEqual(await nodeInternals(), { requests: true, bodies: isTested });
  assert.equal(nodeInternals(), nodeInternals());
});

test('the versions that count as tested are those of the hosts that the tests run on', () => {
  const rows = readFileSync(projectFile('test', 'hosts', 'run.sh'), 'utf8').matchAll(/^ {2}'\w+ (\d+) \w+ \w+'$/gm);
  const run = new Set([...rows].map(([, version]) => Number(version)));
  assert.deepEqual([...run].sort(), [...testedVersions]);
});

test('an exchange goes well in both ways', async () => {
  await exchangeBytes(true);
  await exchangeBytes(false);
});

test('a version that nobody has tested reads bodies by the parser, though it could do otherwise', async () => {
  for (const version of ['18.20.0', '27.0.0', '127.1.1', 'x'])
    assert.deepEqual(await examine(version), { requests: true, bodies: false });
});

test('a version that was tested, and behaves otherwise now, reads bodies by the parser', async () => {
  const exchange = async (isLent: boolean): Promise<void> => {
    if (isLent) throw new Error('other bytes came');
  };
  assert.deepEqual(await examine(versions.node, exchange), { requests: true, bodies: false });
});

test('where requests cannot be seen either, only what is documented is used', async () => {
  const exchange = () => Promise.reject(new Error('the answer was not seen'));
  assert.deepEqual(await examine(versions.node, exchange), noInternals);
});

test('an exchange notices a parser that is fed in another way, or counts otherwise', async (t) => {
  const { of } = LentChunks;
  t.mock.method(LentChunks, 'of', (...parameters: Parameters<typeof of>) => {
    const chunks = of.apply(LentChunks, parameters);
    assert.ok(chunks !== undefined);
    const next = chunks.next.bind(chunks);
    let lost = 1;
    t.mock.method(chunks, 'next', async () => {
      const chunk = await next();
      return chunk?.subarray(lost-- > 0 ? 1 : 0);
    });
    return chunks;
  });
  await assert.rejects(exchangeBytes(true));
  assert.equal((await examine()).bodies, false);
});

for (const [name, internals] of Object.entries({ 'past the parser': all, 'the ordinary way': noInternals })) {
  test(`${name}: a body comes as it was sent`, async () => {
    for (const faults of [{}, { chunked: true }, { lengthless: true }, { lateMilliseconds: 50 }]) {
      const { bytes, failure } = await served(faults, internals);
      assert.equal(failure, null);
      assert.ok(bytes.equals(body));
    }
  });

  test(`${name}: a slow sink gets every byte`, async () => {
    const { bytes, failure } = await served({}, internals, 200);
    assert.equal(failure, null);
    assert.ok(bytes.equals(body));
  });

  test(`${name}: a sink that waits makes the server wait`, async () => {
    const size = 64 * 1024 * 1024;
    await using server = await FaultServer.start();
    const content = { length: size, subarray: (from: number, to: number) => Buffer.alloc(to - from, 7) };
    using network = new Network({ environment: {}, userAgent: 'ferry/test', internals });
    const url = server.serve('/f', content);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let received = 0;
    const fetching = fetchResource(
      { network, url, signal: new AbortController().signal, onNotice: () => {} },
      async (chunk) => {
        await held;
        received += chunk.length;
      },
    );
    // Until nothing more goes out, however long that takes.
    for (let before = -1; before !== server.sentFor('/f') || before === 0; ) {
      before = server.sentFor('/f');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(server.sentFor('/f') < size / 2, `${server.sentFor('/f')} bytes were sent`);
    release();
    await fetching;
    assert.equal(received, size);
  });

  test(`${name}: what breaks off is gone on with, and nothing comes twice`, async () => {
    for (const faults of [{ cutAt: 3_000_001 }, { cutAt: 3_000_001, reset: true }, { cutEvery: 2_500_000 }]) {
      const { bytes, failure, notices, requests } = await served(faults, internals);
      assert.equal(failure, null);
      assert.ok(bytes.equals(body));
      assert.ok(requests > 1);
      assert.match(notices[0] ?? '', like`${brokeOffAtByte(re(/\d+/), `${connectionWasClosed}${re(/.*/)}`)}`);
    }
  });

  test(`${name}: what breaks off for good fails after all that came`, async () => {
    const { bytes, failure } = await served({ cutAt: 3_000_001, etags: ['none'] }, internals);
    assert.match(String(failure), like`broke off after 3000001 of 5242883 bytes: ${connectionWasClosed}`);
    assert.ok(bytes.equals(body.subarray(0, 3_000_001)));
  });

  test(`${name}: a connection with TLS`, async (t) => {
    if (!needs(t, { programs: ['openssl'], features: ['localhost'] })) return;
    using authority = new TestAuthority();
    await using server = await FaultServer.start(authority.issue('localhost'));
    const options = { environment: { SSL_CERT_FILE: authority.file } };
    const { bytes, failure } = await download(server.serve('/f', body, { cutAt: 2_000_000 }), internals, options);
    assert.equal(failure, null);
    assert.ok(bytes.equals(body));
  });
}

test('the ordinary way: a server that answers with another protocol, or never comes to the point, is given up', async () => {
  const answers = [
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    'HTTP/1.1 102 Processing\r\n\r\n',
  ];
  for (const answer of answers) {
    await using server = await FaultServer.start();
    const url = server.serve('/f', '', { hook: (request) => void request.socket.write(answer.repeat(40)) });
    const { failure } = await download(url, noInternals, { limits: { stallMilliseconds: 600 } });
    assert.match(String(failure), like`Cannot download .*: ${serverDoesNotAnswer}`);
  }
});
