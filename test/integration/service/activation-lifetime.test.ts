import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { gate, heldBytes, needsService, stageOn } from '../../support/service/stage.js';
import { waitWhile } from '../../support/wait.js';
import { holdingProgram } from '../sandbox/attacks.js';
import { listenForNotes } from './service-manager.js';

const ping = 'io.systemd.service.Ping';

/** What a client gives to a service that it starts for a transfer: until it has connected, the service waits a little longer. */
const clientEnvironment = { FERRY_READY_FD: '3', FERRY_TRANSFER_FOLLOWS: 'pull-raw', FERRY_SPARE_PROCESSES: 'no' };

test('the service manager hears that the service stops before transfers are ended, and the watchdog is fed meanwhile', async (t) => {
  if (!needsService(t, 'python3')) return;
  const here = place(t);
  await using manager = await listenForNotes(t, here.directory.file('notify'));
  const environment = { NOTIFY_SOCKET: manager.address };
  const go = here.directory.file('go');
  const program = holdingProgram(here.directory.file('dist'), 'cleanup', go);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], { environment, program });
  await manager.until('READY=1');
  const server = await GateServer.start(t);
  const { connect, pull } = await stageOn(t, here.socket, here.directory.file('images'));
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  await waitWhile(() => readdirSync(here.directory.file('images')).length === 0);
  service.child.kill('SIGTERM');
  await manager.until('STOPPING=1');
  const hasEnded = running.error !== null;
  assert.equal(hasEnded, false);
  // What it has made is removed before it ends.
  assert.notDeepEqual(readdirSync(here.directory.file('images')), []);
  writeFileSync(go, '');
  await running.done;
  assert.equal(running.error?.name, 'io.ferry.Transfer.ServiceStopping');
  assert.deepEqual(await service.exit, { code: 0, signal: null });
});

test('a service that a client started is gone right after its last connection', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], {
    environment: clientEnvironment,
    descriptors: ['pipe'],
  });
  const pipe = service.child.stdio[3];
  assert.ok(pipe && 'setEncoding' in pipe);
  const [word] = await once(pipe, 'data');
  assert.equal(String(word), 'ready\n');
  const client = await VarlinkClient.connect(`unix:${here.socket}`);
  await client.call(ping);
  await pause(400);
  assert.equal(service.child.exitCode, null);
  client.close();
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  assert.equal(existsSync(here.socket), false);
});

test('a service with a transfer stays, though nobody is connected, and goes when it has ended', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], {
    environment: clientEnvironment,
    descriptors: ['pipe'],
  });
  const server = await GateServer.start(t);
  // It ends right after its last connection.
  const first = await connected(here.socket);
  const stage = await stageOn(t, here.socket, here.directory.file('images'));
  const running = await Running.begin(await stage.connect(), stage.pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  await running.untilHeld();
  first.close();
  stage.client.close();
  running.hangUp();
  await pause(500);
  assert.equal(service.child.exitCode, null);
  server.open('/x.raw');
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  assert.ok(existsSync(join(here.directory.file('images'), 'x.raw')));
});

test('SYSTEMD_EXIT_ON_IDLE=0 keeps a service', async (t) => {
  if (!needsService(t)) return;
  const here = place(t);
  const service = startService(t, here, ['--user', `--listen=${here.socket}`], {
    environment: { FERRY_READY_FD: '3', SYSTEMD_EXIT_ON_IDLE: '0' },
    descriptors: ['pipe'],
  });
  (await connected(here.socket)).close();
  await pause(600);
  assert.equal(service.child.exitCode, null);
});
