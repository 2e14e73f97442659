import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sendSignal } from '../../../linux/process.js';
import { lineLike, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { connectionBroke, ferryNotFoundOn, sshCouldNotConnect } from '../../support/texts/client.js';
import { waitUntil, waitWhile } from '../../support/wait.js';
import { runClient } from './client.js';
import { type Remote, remote } from './remote.js';
import { sshHost } from './ssh-host.js';

const chunk = Buffer.alloc(1 << 20, 'some bytes of a disk ');

async function transfers(there: Remote): Promise<{ id: number }[]> {
  const { stdout } = await there.ferry.ferryctl(['list-transfers', '--json=short']);
  return stdout.trim() === '' ? [] : JSON.parse(stdout);
}

/** Ends ssh processes as a broken line would: without a word. */
const cuts: [what: string, cut: (there: Remote) => void][] = [
  ['the connection', ({ ssh }) => kill([...ssh.clients().connecting, ...ssh.clients().sharing])],
  ['the channel of the bytes alone', ({ ssh }) => kill(ssh.clients().sharing)],
];

function kill(pids: readonly number[]): void {
  assert.notEqual(pids.length, 0, 'there is something to be cut');
  // The end of one may have been that of another.
  for (const pid of pids) sendSignal(pid, constants.signals.SIGKILL);
}

for (const [what, cut] of cuts) {
  test(`${what} is cut in the middle of an import: no image there`, async (t) => {
    const there = await remote(t);
    if (there === undefined) return;
    const importing = there.start(['import-raw', '-', 'half'], { open: true });
    for (let count = 0; count < 4; count++) importing.child.stdin?.write(chunk);
    await waitUntil(() => there.ferry.images().length > 0);
    cut(there);
    const { status, stderr } = await importing.ended;
    assert.equal(status, 13);
    assert.match(
      stderr,
      lineLike`^${connectionBroke(re(/'root@127\.0\.0\.1:\d+'/))} (was ended by SIGKILL|ended with status 255)\.$`,
    );
    await waitWhile(async () => (await transfers(there)).length > 0);
    assert.deepEqual(there.ferry.images(), []);
  });

  test(`${what} is cut in the middle of an export: no file here`, async (t) => {
    const there = await remote(t);
    if (there === undefined) return;
    const image = join(there.ferry.imageRoot, 'big.raw');
    writeFileSync(image, '');
    for (let count = 0; count < 200; count++) writeFileSync(image, chunk, { flag: 'a' });
    const target = join(there.ssh.directory, 'out');
    const exporting = there.start(['export-raw', 'big', `${target}.raw`]);
    const half = () => readdirSync(there.ssh.directory).filter((name) => name.startsWith('.#out.raw'));
    await waitUntil(() => half().some((name) => statSync(there.file(name)).size > 0));
    cut(there);
    const { status, stderr } = await exporting.ended;
    assert.equal(status, 13);
    assert.match(
      stderr,
      lineLike`^${connectionBroke(re(/'root@127\.0\.0\.1:\d+'/))} (was ended by SIGKILL|ended with status 255)\.$`,
    );
    assert.ok(!existsSync(`${target}.raw`));
    assert.deepEqual(half(), []);
    await waitWhile(async () => (await transfers(there)).length > 0);
  });
}

test('Ctrl-C in the middle of an import cancels it there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const importing = there.start(['import-raw', '-', 'half'], { open: true });
  importing.child.stdin?.write(chunk);
  // From then on the client is the one that Ctrl-C is for.
  await waitUntil(() => /^Transfer \d+ started\. Ctrl-C cancels it\.$/m.test(importing.messages()));
  await waitUntil(() => there.ferry.images().length > 0);
  // As a terminal does: to the client and to all that it has started in its group.
  process.kill(-(importing.child.pid ?? 0), 'SIGINT');
  const { status, stderr } = await importing.ended;
  assert.equal(status, 10);
  assert.match(stderr, /^Transfer \d+ was cancelled\.$/m);
  assert.deepEqual(await transfers(there), []);
  assert.deepEqual(there.ferry.images(), []);
});

test('the user is asked by ssh once, however many connections are needed', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const importing = there.start(['import-raw', '-', 'disk'], { open: true });
  importing.child.stdin?.write(chunk);
  await waitUntil(() => there.ferry.images().length > 0);
  const { connecting, sharing } = there.ssh.clients();
  assert.deepEqual([connecting.length, sharing.length], [1, 1]);
  assert.equal(there.ssh.logins(), 1);
  importing.child.stdin?.end();
  const { status, stderr } = await importing.ended;
  assert.equal(status, 0, stderr);
});

test("where the user's own configuration shares connections, it does", async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  const control = there.file('own-control');
  writeFileSync(there.ssh.configuration, `  ControlPath ${control}\n  ControlMaster auto\n`, { flag: 'a' });
  const importing = there.start(['import-raw', '-', 'disk'], { open: true });
  importing.child.stdin?.write(chunk);
  await waitUntil(() => there.ferry.images().length > 0);
  assert.ok(existsSync(control));
  assert.deepEqual(there.ssh.clients(), { connecting: [], sharing: [] }, 'no options of ours');
  assert.equal(there.ssh.logins(), 1);
  importing.child.stdin?.end();
  assert.equal((await importing.ended).status, 0);
});

test('a host without Ferry is named', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['sshd', 'ssh'] })) return;
  const ssh = await sshHost(t, undefined);
  const { status, stderr } = await runClient([`--host=${ssh.name}`, 'list'], { environment: ssh.environment });
  assert.equal(status, 13);
  assert.match(stderr, new RegExp(`^${ferryNotFoundOn(`'${ssh.name}'`)}\\.$`, 'm'));
});

test('a host that cannot be reached is named', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['sshd', 'ssh'] })) return;
  const ssh = await sshHost(t, undefined);
  const { status, stderr } = await runClient(['--host=nobody@127.0.0.1:1', 'list'], { environment: ssh.environment });
  assert.equal(status, 13);
  assert.match(stderr, lineLike`^${sshCouldNotConnect("'nobody@127.0.0.1:1'")}$`);
});

test('what looks like an option or a command does not reach ssh', async (t) => {
  if (!needsProduct(t)) return;
  await using directory = temporaryDirectory(t);
  const ssh = directory.file('ssh');
  writeFileSync(ssh, `#!/bin/sh\ntouch '${directory.file('called')}'\n`, { mode: 0o755 });
  for (const host of ['-oProxyCommand=x', 'h;x', 'h/$(x)', 'a b', '-l@h', 'u@-h', 'h/-c']) {
    const { status, stderr } = await runClient([`--host=${host}`, 'list'], { environment: { SYSTEMD_SSH: ssh } });
    assert.equal(status, 2);
    assert.match(stderr, /is not a host for --host=/);
  }
  assert.ok(!existsSync(directory.file('called')));
});
