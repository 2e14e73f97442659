/** What a service knows of images is asked in each way in which one is reached. Led elsewhere, a command finds no such image. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../../../client/cli/run.js';
import { needs } from '../../support/needs.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import {
  clientProgram,
  ferryUser,
  imageRootFor,
  needsProduct,
  serviceProgram,
} from '../../support/service/ferry-host.js';
import { waitUntil } from '../../support/wait.js';
import { fakeProcessContext } from '../../unit/client/support/process-context.js';
import { handmadeContainer, serviceScript } from './handmade-container.js';
import { knowThere, serveDisk } from './know.js';
import { remote } from './remote.js';

test('with -H, everything that is known of an image is asked of the service there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  await using server = await FaultServer.start();
  let calls = 0;
  const ferryctl = async (...words: string[]) => {
    const before = there.ssh.commands().length;
    const ended = await there.ferryctl(words);
    assert.ok(there.ssh.commands().length > before, words.join(' '));
    calls += 1;
    return ended;
  };
  await knowThere(ferryctl, serveDisk(server));
  assert.ok(calls > 0);
  assert.deepEqual(there.ferry.images(), ['disk.raw']);
});

/** A container in which a script starts a service, and a client here that is led there. */
async function inContainer(t: TestContext, machine: string, script: string, socket: string) {
  const programs = ['unshare', 'nsenter', 'setpriv', 'chroot', 'mount'];
  if (!needsProduct(t) || !needs(t, { root: true, programs, features: ['mount', 'userns'] })) return undefined;
  const container = await handmadeContainer(t, { privateUsers: true, script });
  await waitUntil(() => existsSync(container.inside(socket)));
  const ferryctl = async (...words: string[]) => {
    const context = fakeProcessContext({
      variables: { PATH: process.env['PATH'] },
      runtimeDirectory: container.runtimeDirectory,
      clientProgram,
      temporaryDirectory: container.runtimeDirectory,
      now: Date.now,
    });
    const status = await run([`--machine=${machine}`, '--quiet', ...words], context);
    return { status, ...context.written };
  };
  return { container, ferryctl };
}

test('with -M, everything that is known of an image is asked of the service in the container', async (t) => {
  const there = await inContainer(t, 'handmade', serviceScript('true'), 'ferry/io.ferry.Transfer');
  if (there === undefined) return;
  await using server = await FaultServer.start();
  const ferryctl = (...words: string[]) => there.ferryctl(...imageRootFor(words, '/run/images'), ...words);
  await knowThere(ferryctl, serveDisk(server));
  assert.ok(existsSync(there.container.inside('images/disk.raw')));
});

test('with -M and --user, it is asked of the service of a user in the container', async (t) => {
  const home = '/run/user/1234/home';
  const script = `mkdir -p -m 0755 /run/user; mkdir -p -m 0700 /run/user/1234/ferry ${home}
    cp /etc/passwd /run/passwd; echo 'someone:x:1234:1234::${home}:/bin/sh' >>/run/passwd
    mount --bind /run/passwd /etc/passwd; chown -R 1234:1234 /run/user/1234
    export HOME=${home} XDG_RUNTIME_DIR=/run/user/1234
    exec setpriv --reuid=1234 --regid=1234 --clear-groups ${process.execPath} ${serviceProgram} --user --listen=/run/user/1234/ferry/io.ferry.Transfer`;
  const there = await inContainer(t, 'someone@handmade', script, 'user/1234/ferry/io.ferry.Transfer');
  if (there === undefined) return;
  await using server = await FaultServer.start();
  await knowThere((...words) => there.ferryctl('--user', ...words), serveDisk(server));
  assert.ok(existsSync(there.container.inside('user/1234/home/.local/state/machines/disk.raw')));
});

test('an ordinary user is told everything by a service of their own', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  await using user = ferryUser(t, process.getuid?.() === 0 ? { user: 54321 } : {});
  await knowThere((...words) => user.ferryctl(words), serveDisk(server));
  assert.ok(existsSync(join(user.imageRoot, 'disk.raw')));
});
