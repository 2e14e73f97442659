/** Images are pushed from other hosts and by ordinary users, of every kind, and a push that is ended leaves nothing. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import { needs } from '../../support/needs.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { UploadRegistry } from '../../support/registry/upload-registry.js';
import { ferryHost, ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { needsService, someBytes } from '../../support/service/stage.js';
import { workersOf } from '../../support/service/workers.js';
import { waitWhile } from '../../support/wait.js';
import { leftovers, smallImage } from '../oci/scene.js';
import { startClient } from '../remote/client.js';
import { remote } from '../remote/remote.js';

function makeTree(imageRoot: string): void {
  mkdirSync(join(imageRoot, 'app/etc'), { recursive: true });
  writeFileSync(join(imageRoot, 'app/etc/os-release'), 'ID=app\n');
}

interface PushedManifest {
  readonly artifactType?: string;
  readonly layers: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
}

function manifestIn(registry: UploadRegistry, name: string): PushedManifest {
  return JSON.parse(String(registry.manifests.get(name)?.bytes ?? assert.fail(`${name} was not pushed`)));
}

test('with -H the image is that of the other host, and the same there and here', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  await using registry = await UploadRegistry.start();
  makeTree(there.ferry.imageRoot);
  const pushed = await there.ferryctl(['push-oci', 'app', `${registry.host}/team/app:there`]);
  assert.equal(pushed.status, 0, pushed.stderr);
  const here = await there.ferry.ferryctl(['push-oci', 'app', `${registry.host}/team/app:here`]);
  assert.equal(here.status, 0, here.stderr);
  assert.deepEqual(
    registry.manifests.get('team/app there')?.bytes ?? assert.fail('nothing was pushed'),
    registry.manifests.get('team/app here')?.bytes,
  );
});

test('an ordinary user pushes images of their own', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['setpriv', 'tar'] })) return;
  await using registry = await UploadRegistry.start();
  await using images = await FakeRegistry.start();
  await using user = ferryUser(t, { user: 1000 });
  const pulled = await user.ferryctl(['pull-oci', '--layout=tree', images.push('small', smallImage().image, 'latest')]);
  assert.equal(pulled.status, 0, pulled.stderr);
  const pushed = await user.ferryctl(['push-oci', 'small', `${registry.host}/team/small:1`]);
  assert.equal(pushed.status, 0, pushed.stderr);
  assert.equal(manifestIn(registry, 'team/small 1').layers.length, 1);
});

test('stacks are pushed as the tree of their layers, and system extensions as artefacts', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using registry = await UploadRegistry.start();
  await using images = await FakeRegistry.start();
  await using host = await ferryHost(t);
  const reference = images.push('small', smallImage().image, 'latest');
  for (const layout of ['tree', 'mstack']) {
    const pulled = await host.ferryctl(['pull-oci', `--layout=${layout}`, reference, layout]);
    assert.equal(pulled.status, 0, pulled.stderr);
    const pushed = await host.ferryctl(['push-oci', layout, `${registry.host}/${layout}:1`]);
    assert.equal(pushed.status, 0, pushed.stderr);
  }
  const [tree, stack] = ['tree 1', 'mstack 1'].map((name) => manifestIn(registry, name));
  assert.deepEqual(stack?.layers, tree?.layers);
  writeFileSync(join(host.home, 'tools.raw'), someBytes(100_000));
  for (const parameters of [
    ['import-raw', '--class=sysext', join(host.home, 'tools.raw'), 'tools'],
    ['push-oci', '--class=sysext', 'tools', `${registry.host}/tools:1`],
  ]) {
    const { status, stderr } = await host.ferryctl(parameters);
    assert.equal(status, 0, stderr);
  }
  const { artifactType, layers } = manifestIn(registry, 'tools 1');
  assert.equal(artifactType, 'application/vnd.ferry.image.v1');
  assert.match(layers[0]?.annotations?.['org.opencontainers.image.title'] ?? '', /^tools\.raw\.gz$/);
});

for (const how of ['SIGINT', 'SIGKILL', 'nothing'] as const) {
  test(`a push whose client ends by ${how} goes on, and when it is cancelled has no tag and leaves nothing here`, async (t) => {
    if (!needsService(t)) return;
    await using registry = await UploadRegistry.start();
    await using host = await ferryHost(t);
    makeTree(host.imageRoot);
    writeFileSync(join(host.imageRoot, 'app/bytes'), someBytes(20_000_000));
    const listed = async () => JSON.parse((await host.ferryctl(['-j', 'list-transfers'])).stdout);
    const own = [`--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`];
    const client = startClient([...own, 'push-oci', '--limit-rate=20K', 'app', `${registry.host}/team/app:1`]);
    await waitWhile(() => !registry.requests.some(({ method, received }) => method === 'PATCH' && received > 0));
    if (how !== 'nothing') {
      client.child.kill(how);
      const { status } = await client.ended;
      assert.equal(status, how === 'SIGINT' ? exitStatus.detached : null);
    }
    const [transfer] = await listed();
    assert.deepEqual([transfer.type, transfer.phase], ['push-oci', 'uploading']);
    assert.equal((await host.ferryctl(['cancel-transfer', String(transfer.id)])).status, 0);
    if (how === 'nothing') assert.equal((await client.ended).status, exitStatus.cancelled);
    await waitWhile(async () => (await listed()).length > 0);
    assert.deepEqual(workersOf(host.service.pid ?? 0), []);
    assert.deepEqual([...registry.manifests.keys()], []);
    assert.deepEqual(readdirSync(host.imageRoot), ['app']);
    assert.deepEqual(leftovers(host), []);
    assert.doesNotMatch(host.log(), /at .*\.js:|made a mistake/);
  });
}
