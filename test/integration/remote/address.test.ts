import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { needsPeer } from '../../support/peer/peer.js';
import { clientProgram, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { runInPeer } from '../varlink/peer-program.js';
import { runClient, startClient } from './client.js';
import { remote } from './remote.js';

test('an address that leads through ssh serves every way of moving bytes', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const configuration = readFileSync(there.ssh.configuration, 'utf8');
  writeFileSync(there.ssh.configuration, configuration.replace('Host *', `Host *\n  Port ${there.ssh.port}`));
  const place = ['--address=ssh-exec:root@127.0.0.1:ferryctl bridge', `--image-root=${there.ferry.imageRoot}`];
  const { environment } = there.ssh;
  const bytes = Buffer.alloc(2_000_000, 'a disk');
  const imported = await runClient([...place, 'import-raw', '-', 'disk'], { environment, input: bytes });
  assert.equal(imported.status, 0, imported.stderr);
  const exported = await runClient([...place, 'export-raw', 'disk'], { environment });
  assert.equal(exported.status, 0, exported.stderr);
  assert.deepEqual(exported.stdout, bytes);
  const failed = await runClient(['--address=ssh-exec:root@127.0.0.1:false', 'list'], { environment });
  assert.equal(failed.status, 13);
  assert.match(failed.stderr, /the connection through ssh broke: status 1/);
});

/** In the place of ssh, which systemd's root lacks: runs the command here, as a shell there would. */
const sshStandIn = `#!/bin/sh
while [ "$1" != host ]; do shift; done
shift
exec /bin/sh -c "$*"
`;

test('varlinkctl reaches the service through the bridge', async (t) => {
  if (!needsProduct(t) || !needsPeer(t)) return;
  await using host = await ferryHost(t);
  const ssh = join(host.home, 'ssh');
  writeFileSync(ssh, sshStandIn, { mode: 0o755 });
  const address = `ssh-exec:host:node ${clientProgram} --address=unix:${host.socket} bridge`;
  const words = ['varlinkctl', '--json=short', 'call', address, 'io.ferry.Transfer.List', '{}'];
  const { stdout, stderr } = await runInPeer(['env', `SYSTEMD_SSH=${ssh}`, ...words]);
  // What shells on the way have to say on standard error is not our business.
  assert.equal(stdout, '{"transfers":[]}\n', stderr);
});

test('the bridge passes on ends of both sides', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  const bridge = startClient([`--address=unix:${host.socket}`, 'bridge'], { open: true });
  bridge.child.stdin?.end(`${JSON.stringify({ method: 'io.ferry.Transfer.List', parameters: {} })}\0`);
  const { status, stdout, stderr } = await bridge.ended;
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(String(stdout), '{"parameters":{"transfers":[]}}\0');
});

test('the bridge ends when the service does', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  const bridge = startClient([`--address=unix:${host.socket}`, 'bridge'], { open: true });
  // What is no call ends the connection.
  bridge.child.stdin?.write('nonsense\0');
  assert.deepEqual((await bridge.ended).status, 0);
});

test('the bridge ends when nobody reads any more', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using host = await ferryHost(t);
  const bridge = startClient([`--address=unix:${host.socket}`, 'bridge'], { open: true });
  bridge.ended.catch(() => {});
  bridge.child.stdout?.destroy();
  const exit = once(bridge.child, 'exit');
  bridge.child.stdin?.write(`${JSON.stringify({ method: 'io.ferry.Transfer.List', parameters: {} })}\0`);
  assert.deepEqual(await exit, [0, null]);
});

test('the bridge starts a service where none runs', async (t) => {
  if (!needsProduct(t)) return;
  await using user = ferryUser(t);
  const input = `${JSON.stringify({ method: 'io.ferry.Transfer.List', parameters: {} })}\0`;
  const { status, stdout, stderr } = await user.ferryctl(['bridge'], { input });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(stdout, '{"parameters":{"transfers":[]}}\0');
});
