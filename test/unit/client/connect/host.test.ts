import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { HostRoute } from '../../../../client/connect/host.js';
import { parseHost } from '../../../../client/connect/places.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import {
  bridgeEndedWithStatus,
  cannotReachWithout,
  connectionBroke,
  ferryNotFoundOn,
  sshCouldNotConnect,
} from '../../../support/texts/client.js';
import { noSuchFile } from '../../../support/texts/common.js';
import { fakeProcessContext } from '../support/process-context.js';

/** Stands in for ssh: makes the control socket that it is told of, and fares as $FATE says. */
const ssh = `#!/bin/sh
for word; do case $word in ControlPath=*) touch "\${word#ControlPath=}" ;; -G) exit 1 ;; esac; done
eval "$FATE"
`;

const fates: [fate: string, says: string][] = [
  ['exit 127', `${ferryNotFoundOn("'root@host'")}.`],
  ['exit 255', sshCouldNotConnect("'root@host'")],
  ['exit 3', `${bridgeEndedWithStatus("'root@host'")} 3.`],
  ['kill -9 $$', sshCouldNotConnect("'root@host'")],
  ['echo; exit 255', `${connectionBroke("'root@host'")} ended with status 255.`],
  ['echo; kill -9 $$', `${connectionBroke("'root@host'")} was ended by SIGKILL.`],
];

test('how ssh has ended is said in words', async (t) => {
  await using directory = temporaryDirectory(t);
  const program = directory.file('ssh');
  writeFileSync(program, ssh, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], SYSTEMD_SSH: program };
  for (const [FATE, says] of fates) {
    const context = fakeProcessContext({ variables: { ...env, FATE }, temporaryDirectory: directory.path });
    const route = new HostRoute(parseHost('root@host'), undefined, context);
    const stream = (await route.open()).resume();
    const [error] = await once(stream, 'error').catch((thrown) => [thrown]);
    route.close();
    assert.deepEqual([error.name, error.message], ['UserError', says]);
  }
});

test('an ssh that is gone, or was never there, is named', async (t) => {
  await using directory = temporaryDirectory(t);
  const program = directory.file('ssh');
  writeFileSync(program, ssh, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], SYSTEMD_SSH: program, FATE: 'cat' };
  const context = fakeProcessContext({ variables: env, temporaryDirectory: directory.path });
  const route = new HostRoute(parseHost('host'), undefined, context);
  t.after(() => route.close());
  const first = await route.open();
  first.write('x');
  await once(first, 'data');
  rmSync(program);
  const [error] = await once((await route.open()).resume(), 'error').catch((thrown) => [thrown]);
  first.destroy();
  assert.equal(error.message, `Cannot run '${program}': ${noSuchFile}.`);
  assert.throws(() => new HostRoute(parseHost('host'), undefined, context), {
    name: 'UserError',
    message: cannotReachWithout("'host'", program),
  });
});

test('that ssh can have no directory of its own is said with the place', async (t) => {
  await using directory = temporaryDirectory(t);
  const program = directory.file('ssh');
  writeFileSync(program, ssh, { mode: 0o755 });
  const env = { PATH: process.env['PATH'], SYSTEMD_SSH: program, FATE: 'cat' };
  const context = fakeProcessContext({ variables: env, temporaryDirectory: directory.file('none') });
  const route = new HostRoute(parseHost('host'), undefined, context);
  await assert.rejects(route.open(), {
    name: 'UserError',
    message: `Cannot reach 'host': no directory for ssh can be made in '${directory.file('none')}': ${noSuchFile}.`,
  });
});
