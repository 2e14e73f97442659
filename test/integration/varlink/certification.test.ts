/** Our server and client against those of python-varlink and varlink-go, and each other. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { VarlinkServer } from '../../../varlink/server/server.js';
import { needsPeer } from '../../support/peer/peer.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { waitFor } from '../../support/wait.js';
import { certification, runClient } from './certification.js';
import { runInPeer, startInPeer } from './peer-program.js';

const python = ['/usr/bin/python3', '/usr/lib/python3/dist-packages/varlink/tests/test_certification.py'];

function startServer(t: TestContext): string {
  const path = temporaryDirectory(t).file('socket');
  const server = new VarlinkServer({
    vendor: 'Vendor',
    product: 'Certification',
    version: '1',
    url: 'https://example.org',
    interfaces: [certification()],
  });
  server.listen({ path });
  t.after(() => server.close());
  return path;
}

async function certifyClient(t: TestContext, command: (path: string) => string[]): Promise<void> {
  const path = temporaryDirectory(t).file('socket');
  const child = startInPeer(command(path));
  const ended = once(child, 'close');
  try {
    // There is a path before anybody listens at it.
    using client = await waitFor(() => {
      assert.equal(child.exitCode, null, 'the server ended');
      return VarlinkClient.connect(`unix:${path}`).catch(() => undefined);
    }, 20);
    assert.equal(await runClient(client), true);
  } finally {
    child.kill();
    await ended;
  }
}

test('our client, our server', async (t) => {
  using client = await VarlinkClient.connect(startServer(t));
  assert.equal(await runClient(client), true);
});

test('our server notices a wrong message', async (t) => {
  using client = await VarlinkClient.connect(startServer(t));
  const { client_id } = await client.call('org.varlink.certification.Start');
  await client.call('org.varlink.certification.Test01', { client_id });
  await assert.rejects(client.call('org.varlink.certification.Test02', { client_id, bool: false }), {
    name: 'org.varlink.certification.CertificationError',
  });
  await assert.rejects(client.call('org.varlink.certification.Test02', { client_id, bool: true }), {
    name: 'org.varlink.certification.ClientIdError',
  });
});

test("python-varlink's client, our server", async (t) => {
  if (!needsPeer(t)) return;
  const { status, stdout, stderr } = await runInPeer([...python, '--client', `--varlink=unix:${startServer(t)}`]);
  assert.match(stdout, /Certification passed/, stderr);
  assert.equal(status, 0);
});

test("varlink-go's client, our server", async (t) => {
  if (!needsPeer(t)) return;
  const { status, stdout, stderr } = await runInPeer([
    'varlink-go-certification',
    '-client',
    '-varlink',
    `unix:${startServer(t)}`,
  ]);
  assert.match(stdout, /End.*all_ok|Certification passed|true/i, stderr);
  assert.equal(status, 0, stderr);
});

test("our client, python-varlink's server", async (t) => {
  if (!needsPeer(t)) return;
  await certifyClient(t, (path) => [...python, `--varlink=unix:${path}`]);
});

test("our client, varlink-go's server", async (t) => {
  if (!needsPeer(t)) return;
  await certifyClient(t, (path) => ['varlink-go-certification', '-varlink', `unix:${path}`]);
});
