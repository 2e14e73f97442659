/** Several callers, several services, and cleanings, all at the same layers. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { filesystemNeeds, forEachType, mountedFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { layoutArchive } from '../../support/registry/archives.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeImage, makeLayer } from '../../support/registry/images.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { makesImageAlready, waitingForLayer } from '../../support/texts/transfers.js';
import { waitUntil, waitWhile } from '../../support/wait.js';
import { startClient } from '../remote/client.js';
import { bigLayer, heldBlob, leftovers, type OciScene, setOciScene } from './scene.js';

const method = 'io.ferry.Transfer.PullOci';
const everyLayer = /^\.oci-/;

async function beginHeld(scene: OciScene, name = 'x') {
  const [first, second] = [bigLayer('first', 100_000), bigLayer('second', 500_000)];
  const reference = scene.registry.push('held', makeImage({ layers: [first, second] }), 'latest');
  const held = heldBlob(second.bytes);
  scene.registry.blob('held', second, held.faults);
  const running = await Running.begin(await scene.connect(), scene.wish(reference, name), method);
  await waitWhile(() => scene.layers().length < 1 || scene.registry.requestsFor(second.digest).length < 1, 5);
  return { reference, first, second, running, open: held.open };
}

test('of two pulls to one name the second is refused, whatever it pulls and however it is kept', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const { running, open } = await beginHeld(scene);
  const other = scene.registry.push('other', makeImage({ layers: [bigLayer('other', 1000)] }), 'latest');
  for (const layout of ['tree', 'mstack'] as const) {
    const { name, parameters } = await errorOf(scene.pull(other, 'x', { layout }));
    assert.equal(name, 'io.ferry.Transfer.TransferInProgress');
    assert.equal(parameters['message'], makesImageAlready(String(running.id), 'x'));
  }
  open();
  await running.done;
  assert.equal(running.error, null);
  assert.deepEqual(readdirSync(join(scene.host.imageRoot, 'x')).sort(), ['first', 'second']);
});

test('neither clean nor remove-image takes layers from a pull that is under way, nor from one of another service', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const { host } = scene;
  const { running, first, open } = await beginHeld(scene);
  const other = await ferryHost(t, { imageRoot: host.imageRoot });
  for (const service of [host, other]) {
    assert.equal((await service.ferryctl(['clean'])).status, 0);
    const removed = await service.ferryctl(['remove-image', `.oci-${first.digest}`]);
    assert.equal(removed.status, 5, removed.stderr);
    assert.ok(removed.stderr.includes('is a layer that a transfer may need'), removed.stderr);
    assert.deepEqual(scene.layers(), [`.oci-${first.digest}`]);
  }
  open();
  await running.done;
  assert.equal(running.error, null);
  assert.equal((await other.ferryctl(['clean'])).status, 0);
  assert.deepEqual(
    host.images().filter((name) => everyLayer.test(name)),
    [],
  );
  assert.deepEqual(readdirSync(join(host.imageRoot, 'x')).sort(), ['first', 'second']);
});

test('clean takes no layers from an import that is under way', async (t) => {
  if (!needsProduct(t)) return;
  const host = await ferryHost(t);
  const [low, high] = [makeLayer([{ path: 'low' }]), bigLayer('high', 300_000)];
  const archive = layoutArchive([{ image: makeImage({ layers: [low, high] }) }]);
  const first = await host.ferryctl(['import-oci', '--layout=tree', '-', 'first'], { input: archive });
  assert.equal(first.status, 0, first.stderr);
  const layers = () => host.images().filter((name) => everyLayer.test(name));
  const before = layers();
  assert.equal(before.length, 4);
  const place = [`--address=unix:${host.socket}`, `--image-root=${host.imageRoot}`];
  const importing = startClient([...place, 'import-oci', '--layout=tree', '-', 'second'], { open: true });
  importing.child.stdin?.write(archive.subarray(0, 10_000));
  const list = async () => JSON.parse((await host.ferryctl(['-j', 'list-transfers'])).stdout);
  await waitWhile(async () => !(await list()).some(({ phase }: { phase: string }) => phase === 'importing'));
  assert.equal((await host.ferryctl(['clean'])).status, 0);
  assert.deepEqual(layers(), before);
  importing.child.stdin?.end(archive.subarray(10_000));
  const { status, stderr } = await importing.ended;
  assert.equal(status, 0, stderr);
  assert.deepEqual(readdirSync(join(host.imageRoot, 'second')).sort(), ['high', 'low']);
  assert.equal((await host.ferryctl(['clean'])).status, 0);
  assert.deepEqual(layers(), []);
});

/** Several pulls of one image by each of several services at once. */
async function pullTogether(registry: FakeRegistry, services: readonly FerryHost[], round: number): Promise<void> {
  const layers = ['a', 'b', 'c'].map((name) => bigLayer(`${name}${round}`, 50_000));
  const reference = registry.push(`x${round}`, makeImage({ layers }), 'latest');
  const pulls = services.flatMap((service, index) =>
    (['tree', 'mstack'] as const).map((layout) =>
      service.ferryctl(['pull-oci', `--layout=${layout}`, reference, `${layout}${index}${round}`]),
    ),
  );
  for (const { status, stderr } of await Promise.all(pulls)) assert.equal(status, 0, stderr);
  const [service] = services;
  const images = service?.images() ?? [];
  for (const { digest } of layers)
    assert.deepEqual(
      images.filter((name) => name.startsWith(`.oci-${digest}`)),
      [`.oci-${digest}`, `.oci-${digest}.layer`],
    );
  for (const index of services.keys())
    assert.deepEqual(readdirSync(join(service?.imageRoot ?? '', `tree${index}${round}`)).sort(), [
      `a${round}`,
      `b${round}`,
      `c${round}`,
    ]);
}

test('services that place the same layers at once share them, on each file system', async (t: TestContext) => {
  if (!needsService(t)) return;
  await forEachType(t, ['ext4', 'btrfs'], async (t, type) => {
    if (!needs(t, filesystemNeeds(type))) return;
    const { path } = mountedFilesystem(t, type, 256);
    const imageRoot = join(path, 'images');
    mkdirSync(imageRoot);
    await using registry = await FakeRegistry.start();
    const services = [await ferryHost(t, { imageRoot }), await ferryHost(t, { imageRoot })];
    for (let round = 0; round < 4; round++) await pullTogether(registry, services, round);
    for (const service of services) assert.deepEqual(leftovers(service), []);
  });
});

test('two pulls and an import of one image by one service share the layers that come', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const { running, first, second, reference, open } = await beginHeld(scene);
  const archive = temporaryDirectory(t).file('x.tar');
  writeFileSync(archive, layoutArchive([{ image: makeImage({ layers: [first, second] }) }]));
  const place = [`--address=unix:${scene.host.socket}`, `--image-root=${scene.host.imageRoot}`];
  const importing = startClient([...place, 'import-oci', '--layout=tree', archive, 'imported']);
  const other = await Running.begin(await scene.connect(), scene.wish(reference, 'y'), method);
  const waits = waitingForLayer(running.id);
  await other.until(() => other.lines.includes(waits));
  await waitUntil(() => importing.messages().includes(waits));
  open();
  await Promise.all([running.done, other.done]);
  assert.deepEqual([running.error, other.error, (await importing.ended).status], [null, null, 0]);
  assert.equal(scene.registry.requestsFor(first.digest).length, 1);
  assert.equal(scene.registry.requestsFor(second.digest).length, 1);
  for (const name of ['x', 'y', 'imported'])
    assert.ok(readFileSync(join(scene.host.imageRoot, name, 'second')).length === 500_000, name);
});
