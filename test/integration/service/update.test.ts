import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { listing } from '../../support/files.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { connected, place, startService } from '../../support/service/daemons.js';
import { serviceProgram } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, someBytes, stageOn } from '../../support/service/stage.js';

const updated = 'Ferry was updated; its service starts anew, try again';

test('after an update no worker of the new program is started: what runs ends well, and then the service ends', async (t) => {
  if (!needsService(t, 'qemu-img')) return;
  const here = place(t);
  const [library, next] = [here.directory.file('ferry'), here.directory.file('ferry.new')];
  for (const path of [library, next]) cpSync(dirname(serviceProgram), path, { recursive: true });
  const parameters = ['--system', `--listen=${here.socket}`];
  const program = here.directory.file('ferry', 'ferryd.js');
  // It would stay for ever if it had nothing to do.
  const service = startService(t, here, parameters, { program, environment: { SYSTEMD_EXIT_ON_IDLE: 'no' } });
  (await connected(here.socket)).close();
  const server = await GateServer.start(t);
  const root = here.directory.file('images');
  const { client, connect, transfers, pull } = await stageOn(t, here.socket, root);
  const running = await Running.begin(await connect(), pull(server.serve('/x.raw', heldBytes, gate), 'x'));
  const [raw, qcow2] = [here.directory.file('disk.raw'), here.directory.file('disk.qcow2')];
  writeFileSync(raw, heldBytes);
  run('qemu-img', ['convert', '-O', 'qcow2', raw, qcow2]);
  const held = server.serve('/q.qcow2', readFileSync(qcow2), gate);
  const converting = await Running.begin(await connect(), pull(held, 'q'));
  await Promise.all([running.untilHeld(), converting.untilHeld()]);
  const url = server.serve('/y.raw', someBytes(1000));
  const assertRefusals = async () => {
    const refusal = await errorOf(transfers.pull(pull(url, 'y')));
    assert.deepEqual([refusal.name, refusal.message], ['io.ferry.Transfer.ServiceStopping', updated]);
    const verb = client.call('io.ferry.Image.Remove', { class: 'machine', name: 'z', imageRoot: root });
    const refused = await errorOf(verb);
    assert.deepEqual([refused.name, refused.message], ['io.ferry.Image.ServiceStopping', updated]);
  };
  // As install.sh does it: for a moment there is no program at all.
  rmSync(library, { recursive: true });
  await assertRefusals();
  renameSync(next, library);
  await assertRefusals();
  assert.deepEqual(
    listing(root).filter((name) => !name.startsWith('.#')),
    [],
  );
  server.open('/q.qcow2');
  await converting.done;
  assert.equal(converting.error?.message, updated);
  server.open('/x.raw');
  await running.done;
  assert.equal(running.error, null);
  assert.deepEqual(await service.exit, { code: 0, signal: null });
  assert.deepEqual(listing(root), ['x.raw']);
  // The next one is the new program, and does what the old one refused.
  startService(t, here, parameters, { program });
  (await connected(here.socket)).close();
  const after = await stageOn(t, here.socket, root);
  await after.transfers.pull(after.pull(url, 'y'));
  assert.deepEqual(listing(root), ['x.raw', 'y.raw']);
  assert.doesNotMatch(service.log(), /\bat .*\.js:\d+|made a mistake/);
});
