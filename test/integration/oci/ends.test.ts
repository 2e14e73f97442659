import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { makeImage } from '../../support/registry/images.js';
import { Running } from '../../support/service/calls.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { needsService } from '../../support/service/stage.js';
import { findWorker, workersOf } from '../../support/service/workers.js';
import { nothingWasPlaced, processOfTransfer, waitingForLayer } from '../../support/texts/transfers.js';
import { waitWhile } from '../../support/wait.js';
import { bigLayer, heldBlob, leftovers, type OciScene, setOciScene } from './scene.js';

const method = 'io.ferry.Transfer.PullOci';

/** An image whose second layer stops in the middle. */
function heldImage(registry: OciScene['registry']) {
  const [first, second] = [bigLayer('first'), bigLayer('second')];
  const reference = registry.push('held', makeImage({ layers: [first, second] }), 'latest');
  const held = heldBlob(second.bytes);
  registry.blob('held', second, held.faults);
  return { reference, first, second, open: held.open };
}

async function beginHeld(scene: OciScene, name = 'x') {
  const image = heldImage(scene.registry);
  const running = await Running.begin(await scene.connect(), scene.wish(image.reference, name), method);
  await waitWhile(() => scene.layers().length < 1 || scene.registry.requestsFor(image.second.digest).length < 1, 5);
  return { ...image, running };
}

test('a pull of layers that is cancelled ends all of them, and keeps those that are complete', async (t) => {
  if (!needsService(t)) return;
  const scene = await setOciScene(t);
  const { running, first } = await beginHeld(scene);
  await new TransferClient(await scene.connect()).cancel({ id: running.id });
  await running.done;
  assert.equal(running.error?.name, 'io.ferry.Transfer.Cancelled');
  assert.deepEqual(leftovers(scene.host), []);
  assert.deepEqual(workersOf(scene.host.service.pid ?? 0), []);
  assert.deepEqual(scene.layers(), [`.oci-${first.digest}`]);
});

for (const name of ['fetch', 'decode', 'placement'] as const) {
  test(`a ${name} process of a layer that is killed is one failed pull, and the next one gets only that layer`, async (t) => {
    if (!needsService(t)) return;
    const scene = await setOciScene(t);
    const { running, first, reference, open } = await beginHeld(scene);
    process.kill(await findWorker(scene.host.service.pid ?? 0, name), 'SIGKILL');
    await running.done;
    assert.equal(running.error?.name, 'io.ferry.Transfer.WorkerFailed');
    assert.equal(
      running.error?.message,
      `${processOfTransfer(name)} ended unexpectedly, by SIGKILL; ${nothingWasPlaced}`,
    );
    assert.deepEqual(leftovers(scene.host), []);
    assert.deepEqual(scene.layers(), [`.oci-${first.digest}`]);
    open();
    await scene.pull(reference, 'x');
    assert.equal(scene.registry.requestsFor(first.digest).length, 1);
    assert.ok(scene.host.images().includes('x'));
  });
}

test('two pulls that need one layer download it once, and the second survives the end of the first', async (t) => {
  if (!needsService(t)) return;
  const scene = await setOciScene(t);
  const { running, reference, second, open } = await beginHeld(scene);
  const other = await Running.begin(await scene.connect(), scene.wish(reference, 'y'), method);
  await other.until(() => other.lines.includes(waitingForLayer(running.id)));
  assert.equal(scene.registry.requestsFor(second.digest).length, 1);
  await new TransferClient(await scene.connect()).cancel({ id: running.id });
  open();
  await other.done;
  assert.equal(other.error, null);
  assert.equal(scene.registry.requestsFor(second.digest).length, 2);
  assert.ok(scene.host.images().includes('y'));
});

test('progress is that of all layers together, and names those that come', async (t) => {
  if (!needsService(t)) return;
  const scene = await setOciScene(t);
  const { running, first, second, open } = await beginHeld(scene);
  const total = first.bytes.length + second.bytes.length;
  const current = () => running.replies.at(-1)?.progress?.layers;
  await running.until(() => Number(current()?.done) === 1 && Number(current()?.current[0]?.bytesDone) > 0);
  assert.equal(current()?.current[0]?.digest, second.digest);
  assert.equal(Number(running.replies.at(-1)?.progress?.bytesTotal), total);
  open();
  await running.done;
  assert.equal(running.error, null);
  assert.equal(running.bytesDone, total);
  assert.equal(Number(running.result?.bytes), total);
});

test('a blob that is cut off resumes where it stopped', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const layer = bigLayer('x');
  const reference = registry.push('cut', makeImage({ layers: [layer] }), 'latest');
  registry.blob('cut', layer, { cutAt: 1_000_000 });
  const { result } = await pull(reference, 'cut');
  assert.equal(Number(result?.bytes), layer.bytes.length);
  const [, second] = registry.requestsFor(layer.digest);
  assert.match(String(second?.headers['range']), /^bytes=\d+-$/);
  assert.ok(host.images().includes('cut'));
});
