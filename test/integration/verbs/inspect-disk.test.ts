import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { ImageDetails } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { needs } from '../../support/needs.js';
import { callAs } from '../../support/service/calls.js';
import { type FerryHost, ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

const nobody = 65534;

const printed = {
  hostname: 'inside',
  osRelease: ['ID=inside', 'PRETTY_NAME=Inside 1'],
  useBootableContainer: true,
  mounts: [{ designator: 'root', fstype: 'ext4', partition_label: 'x\u001b[31m' }],
};

/** Programs that note how they are called, in the place of those of systemd. */
function fakePrograms(t: TestContext): { environment: { PATH: string }; calls: () => string[] } {
  const directory = temporaryDirectory(t);
  const [bin, calls] = [directory.file('bin'), directory.file('calls')];
  chmodSync(directory.path, 0o755);
  mkdirSync(bin);
  const note = `printf '%s %s\\n' "\${0##*/}" "$*" >>'${calls}'`;
  const dissect = `#!/bin/sh\n${note}\nprintf '%s' '${JSON.stringify(printed)}'\n`;
  const run = `#!/bin/sh\n${note}\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n`;
  writeFileSync(`${bin}/systemd-dissect`, dissect, { mode: 0o755 });
  writeFileSync(`${bin}/systemd-run`, run, { mode: 0o755 });
  writeFileSync(calls, '');
  chmodSync(calls, 0o666);
  const environment = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  return { environment, calls: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean) };
}

function placeImages(root: string): void {
  mkdirSync(`${root}/tree`, { recursive: true });
  writeFileSync(`${root}/disk.raw`, Buffer.alloc(4096, 1));
}

async function show(host: FerryHost, ...parameters: string[]): Promise<ImageDetails> {
  const { status, stdout, stderr } = await host.ferryctl(['show', '--json=short', ...parameters]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout)[0];
}

test('a disk is mounted with --inspect-disk only, and then systemd-dissect tells what is in it', async (t) => {
  if (!needsProduct(t)) return;
  const { environment, calls } = fakePrograms(t);
  await using host = await ferryHost(t, { environment });
  placeImages(host.imageRoot);
  const plain = await show(host, 'disk');
  assert.equal(plain.inspection, null);
  const tree = await show(host, '--inspect-disk', 'tree');
  assert.deepEqual([tree.inspection, calls()], [null, []]);

  const { inspection, release, releaseFile, releaseProblem } = await show(host, '--inspect-disk', 'disk');
  assert.deepEqual([release, releaseFile, releaseProblem], [printed.osRelease, null, null]);
  assert.deepEqual([inspection?.uses, inspection?.hostname], [['BootableContainer'], 'inside']);
  const dissected = calls().at(-1);
  assert.equal(dissected, `systemd-dissect --json=short --no-pager --read-only -- ${host.imageRoot}/disk.raw`);
  // The service of the system has no rights over devices.
  assert.equal(calls().filter((call) => call.startsWith('systemd-run ')).length, process.getuid?.() === 0 ? 1 : 0);

  const { stdout } = await host.ferryctl(['show', '--inspect-disk', 'disk']);
  assert.match(stdout, /^ +System: Inside 1$/m);
  assert.match(stdout, /^ +Partition: root ext4 'x\\x1b\[31m'$/m);
});

test('a stranger has no disk mounted, and is shown all else', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['setpriv', 'socat'] })) return;
  const { environment, calls } = fakePrograms(t);
  await using host = await ferryHost(t, { environment });
  chmodSync(host.home, 0o755);
  const parameters = { name: '.host' };
  const ask = (inspectDisk: boolean) =>
    callAs(nobody, host.socket, 'io.ferry.Image.Show', { ...parameters, inspectDisk });
  assert.equal(ask(false).error, undefined);
  assert.match(ask(true).error ?? '', /PermissionDenied|InteractiveAuthenticationRequired/);
  assert.deepEqual(calls(), []);
});

test('a user has systemd-dissect started with the rights of the user', async (t) => {
  if (!needsProduct(t)) return;
  const { environment, calls } = fakePrograms(t);
  await using user = ferryUser(t, { environment, ...(process.getuid?.() === 0 ? { user: nobody } : {}) });
  mkdirSync(user.imageRoot, { recursive: true });
  placeImages(user.imageRoot);
  assert.ok(existsSync(`${user.imageRoot}/disk.raw`));
  const { status, stdout, stderr } = await user.ferryctl(['show', '--inspect-disk', '--json=short', 'disk']);
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout)[0].inspection.hostname, 'inside');
  assert.deepEqual(
    calls().map((call) => call.split(' ')[0]),
    ['systemd-dissect'],
  );
});
