/** A table of raw calls: Ferry answers as systemd's services do, and systemd's services answer as the table says. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { parseInterface } from '../../../varlink/idl/parse.js';
import { VarlinkServer } from '../../../varlink/server/server.js';
import { needsPeer } from '../../support/peer/peer.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import type { Answer } from './raw-call.js';
import { type RawCall, rawCalls, upgradeCalls, upgradeMethod } from './raw-calls.js';
import { startServiceInPeer } from './service-in-peer.js';

/** A call whose answer tells that everything before it was answered. */
const lastMethod = 'last.of.All';
const lastCall = `{"method":"${lastMethod}"}\0`;

interface Heard extends Answer {
  /** What came, byte by byte. */
  readonly bytes: Buffer;
}

/** All that a service answers until it closes the connection, or answers the last call. */
function converse(path: string, sent: string | Buffer): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let bytes = Buffer.alloc(0);
    const end = (isClosed: boolean) => {
      socket.destroy();
      resolve({ ...readAnswer(bytes, isClosed), bytes });
    };
    socket.on('error', (error) => ('code' in error && error.code === 'ENOENT' ? reject(error) : undefined));
    socket.on('close', () => end(true));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.includes(`"${lastMethod}"}}\0`)) end(false);
    });
    socket.write(Buffer.concat([Buffer.from(sent), Buffer.from(lastCall)]));
  });
}

/** Absent parameters are empty ones. */
function readAnswer(bytes: Buffer, isClosed: boolean): Answer {
  const messages = bytes.toString().split('\0').slice(0, -1);
  const replies = messages.map((message) => {
    const { parameters = {}, ...rest } = JSON.parse(message);
    return Object.keys(parameters).length === 0 ? rest : { ...rest, parameters };
  });
  return { replies: isClosed ? replies : replies.slice(0, -1), isClosed };
}

const plain = ({ replies, isClosed }: Answer): Answer => ({ replies, isClosed });

async function judge(t: TestContext, calls: readonly RawCall[], path: string, expected: (call: RawCall) => Answer) {
  for (const each of calls)
    await t.test(each.name, async () => {
      const heard = await converse(path, each.bytes);
      assert.deepEqual(plain(heard), plain(expected(each)));
    });
}

/** What sd-varlink's parser does not read. */
const unreadable = /[\x7f\ufdd0-\ufdef\ufffe\uffff]|\p{Noncharacter_Code_Point}|\\u0000|\\ud[89a-f]/u;

test('raw calls get the answers of systemd 262, or those that are meant to differ', async (t) => {
  if (!needsProduct(t)) return;
  assert.ok(rawCalls.length >= 64, String(rawCalls.length));
  const host = await ferryHost(t);
  await judge(t, rawCalls, host.socket, ({ systemd, ferry }) => ferry?.answer ?? systemd);
});

test('no answer holds what the parser of sd-varlink does not read', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  for (const { name, bytes } of rawCalls)
    assert.doesNotMatch((await converse(host.socket, bytes)).bytes.toString(), unreadable, name);
});

test('a method that requires upgrade is not called without it', async (t) => {
  const path = temporaryDirectory(t).file('socket');
  const description = `interface org.example.serve\n\n# [Requires 'upgrade' flag]\nmethod Upper() -> ()\n`;
  const called: string[] = [];
  const handlers = {
    async Upper() {
      called.push('Upper');
    },
  };
  const info = { vendor: '', product: '', version: '', url: '' };
  const definition = parseInterface(description);
  const server = new VarlinkServer({ ...info, interfaces: [{ definition, description, handlers }] });
  server.listen({ path });
  t.after(() => server.close());
  await judge(t, upgradeCalls, path, ({ systemd }) => systemd);
  assert.deepEqual(called, []);
});

test("systemd's own services answer as the table says", async (t) => {
  if (!needsPeer(t)) return;
  const service = await startServiceInPeer(t, ['/usr/lib/systemd/systemd-importd']);
  await judge(t, rawCalls, service, ({ systemd }) => systemd);
  const upgrading = await startServiceInPeer(t, ['varlinkctl', 'serve', upgradeMethod, 'tr', 'a-z', 'A-Z']);
  await judge(t, upgradeCalls, upgrading, ({ systemd }) => systemd);
});
