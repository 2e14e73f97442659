import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FaultServer } from '../../support/servers/fault-server.js';
import { GateServer } from '../../support/servers/gate-server.js';
import { makeRelease } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { onEachScene } from '../../support/service/scene.js';
import { waitUntil } from '../../support/wait.js';

interface Told {
  path: string;
  bytes: number;
  reason: string;
}

async function clean(host: FerryHost, ...options: string[]): Promise<Told[]> {
  const { status, stdout, stderr } = await host.ferryctl(['--json=short', 'clean', ...options]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const disk = (fill: number) => Buffer.alloc(1 << 20, fill);

test('clean --unused removes the downloads that no image came from, and says so before it does', async (t) => {
  if (!needsProduct(t)) return;
  await using server = await FaultServer.start();
  await using host = await ferryHost(t);
  const run = async (...parameters: string[]) => {
    const { status, stdout, stderr } = await host.ferryctl(parameters);
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  };
  const pull = async (file: string, fill: number) =>
    await run('--verify=no', 'pull-raw', server.serve(`/${file}.raw`, disk(fill)), file);
  for (const [index, name] of ['kept', 'cloned', 'gone'].entries()) await pull(name, index + 1);
  await run('clone-image', 'cloned', 'copy');
  await run('rename-image', 'copy', 'renamed');
  await run('remove-image', 'cloned', 'gone');
  const before = host.images();
  const planned = await clean(host, '--unused', '--dry-run');
  assert.deepEqual(
    planned.map(({ path, reason }) => [path.includes('gone'), reason]),
    [[true, 'original']],
  );
  assert.match(await run('clean', '--unused', '--dry-run'), /^1 leftover would be removed, 1M/m);
  assert.deepEqual(host.images(), before);
  assert.deepEqual(await clean(host, '--unused', '--keep=1'), []);
  assert.deepEqual(await clean(host, '--unused', '--older-than=1d'), []);
  assert.deepEqual(await clean(host, '--unused'), planned);
  assert.deepEqual(
    host.images(),
    before.filter((name) => !name.includes('gone')),
  );
  await run('remove-image', 'renamed');
  writeFileSync(join(host.imageRoot, 'of-machinectl.raw'), disk(1));
  assert.deepEqual(await clean(host, '--unused'), [], 'an image without a record may come from any download');
  await run('remove-image', 'of-machinectl');
  const [last, ...others] = await clean(host, '--unused');
  assert.match(last?.path ?? '', /cloned/);
  assert.deepEqual(others, []);
});

test('a pull under way keeps the download that it may copy', async (t) => {
  if (!needsProduct(t)) return;
  const server = await GateServer.start(t);
  await using host = await ferryHost(t);
  const url = server.serve('/disk.raw', disk(1));
  assert.equal((await host.ferryctl(['--verify=no', 'pull-raw', url, 'first'])).status, 0);
  assert.equal((await host.ferryctl(['remove-image', 'first'])).status, 0);
  const [download] = await clean(host, '--unused', '--dry-run');
  assert.ok(download !== undefined);
  server.serve('/disk.raw', disk(2), 1 << 16);
  const pulling = host.ferryctl(['--verify=no', 'pull-raw', url, 'second']);
  await waitUntil(() => server.statuses('/disk.raw').length === 2);
  for (const options of [['--unused'], []]) assert.deepEqual(await clean(host, ...options), []);
  server.open('/disk.raw');
  assert.equal((await pulling).status, 0);
  assert.deepEqual(
    (await clean(host, '--unused')).map(({ path }) => path),
    [download.path],
  );
});

test('clean --unused knows trees by their records, read-only ones and changed ones too', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const release = makeRelease(scene.place);
    const server = await GateServer.start(t);
    const url = server.serve('/tiny.tar', readFileSync(join(release.path, 'tiny.tar')));
    await scene.succeed('pull-tar', '--verify=no', url, 'first');
    await scene.succeed('clone-image', '--read-only', 'first', 'second');
    writeFileSync(scene.image('first', 'new'), '');
    assert.deepEqual(await clean(scene.host, '--unused'), []);
    await scene.succeed('remove-image', 'second');
    assert.deepEqual(await clean(scene.host, '--unused'), []);
    await scene.succeed('rename-image', 'first', 'third');
    mkdirSync(scene.image('disk.raw.v'));
    writeFileSync(scene.image('disk.raw.v', 'disk_1.raw'), 'x');
    assert.deepEqual(await clean(scene.host, '--unused'), []);
    await scene.succeed('remove-image', 'third');
    const removed = await clean(scene.host, '--unused');
    assert.deepEqual(
      removed.map(({ path, reason }) => [path.startsWith(scene.image('.tar-')), reason]),
      [[true, 'original']],
    );
    assert.deepEqual(scene.host.images(), ['disk.raw.v']);
  });
});
