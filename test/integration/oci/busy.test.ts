import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { type Layer, makeImage, makeLayer } from '../../support/registry/images.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { bigLayer, leftovers, type OciScene, setOciScene } from './scene.js';

/** How many of some blobs are being sent at once: each is held until others come, or have had the time to. */
function countingTogether(registry: OciScene['registry'], repository: string, layers: readonly Layer[]) {
  const seen = { open: 0, most: 0 };
  for (const layer of layers) {
    const hook = async (_: IncomingMessage, response: ServerResponse) => {
      seen.most = Math.max(seen.most, ++seen.open);
      response.on('close', () => {
        seen.open -= 1;
      });
      for (let waits = 0; waits < 50 && seen.most < 2; waits++) await pause(10);
      response.writeHead(200, { 'Content-Length': layer.bytes.length }).end(layer.bytes);
    };
    registry.blob(repository, layer, { hook: (request, response) => void hook(request, response) });
  }
  return seen;
}

test('a limit of the rate is one of all layers together: they come one after the other', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, pull } = await setOciScene(t);
  for (const [name, limitRate, most] of [
    ['limited', 2 ** 40, (count: number) => count === 1],
    ['free', null, (count: number) => count > 1],
  ] as const) {
    const layers = ['a', 'b', 'c'].map((each) => bigLayer(name + each, 200_000));
    const reference = registry.push(name, makeImage({ layers }), 'latest');
    const seen = countingTogether(registry, name, layers);
    await pull(reference, name, { limitRate });
    assert.ok(most(seen.most), `${name}: ${seen.most} at once`);
  }
});

test('layers do not come faster than the limit says', async (t) => {
  if (!needsProduct(t)) return;
  const scene = await setOciScene(t);
  const { registry, wish, pull } = scene;
  const layer = bigLayer('slow');
  const reference = registry.push('slow', makeImage({ layers: [layer] }), 'latest');
  // All that is read at once, and then nothing for hours.
  const wanted = wish(reference, 'slow', { limitRate: 1 });
  const slow = await Running.begin(await scene.connect(), wanted, 'io.ferry.Transfer.PullOci');
  await slow.until(() => slow.bytesDone > 0);
  for (const name of ['one', 'two']) {
    const other = makeImage({ layers: [bigLayer(name)] });
    await pull(registry.push(name, other, 'latest'), name);
  }
  await new TransferClient(await scene.connect()).cancel({ id: slow.id });
  await slow.done;
  assert.equal(slow.error?.name, 'io.ferry.Transfer.Cancelled');
  assert.ok(slow.bytesDone < layer.bytes.length);
});

test('a registry that is busy, or fails in the middle, is asked again for layers', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const [busy, broken] = [bigLayer('busy', 200_000), bigLayer('broken')];
  const reference = registry.push('x', makeImage({ layers: [busy, broken] }), 'latest');
  registry.blob('x', busy, { status: 429, statusTimes: 2, headers: { 'Retry-After': '1' } });
  registry.blob('x', broken, { cutAt: 1_000_000, status: 503, statusAfter: 1, statusTimes: 1 });
  await pull(reference, 'x');
  assert.deepEqual(
    registry.requestsFor(busy.digest).map(({ status }) => status),
    [429, 429, 200],
  );
  const requests = registry.requestsFor(broken.digest);
  assert.deepEqual(
    requests.map(({ status }) => status),
    [200, 503, 206],
  );
  assert.match(String(requests[2]?.headers['range']), /^bytes=[1-9]\d*-$/);
  assert.ok(host.images().includes('x'));
});

const small = makeLayer([{ path: 'file', content: 'x' }]);
const described = ({ mediaType, digest }: Layer, size: number) => ({ mediaType, digest, size });

test('layers whose sizes no number holds together are refused, and no mistake of the service', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const layers = Array.from({ length: 900 }, (_, index) => makeLayer([{ path: `${index}` }]));
  const manifest = { layers: layers.map((each) => described(each, Number.MAX_SAFE_INTEGER)) };
  const reference = registry.push('x', makeImage({ layers, manifest }), 'latest');
  const { name, parameters } = await errorOf(pull(reference, 'x'));
  assert.equal(name, 'io.ferry.Transfer.Corrupt', String(parameters['message']));
  const { status, stderr } = await host.ferryctl(['pull-oci', '--dry-run', '--layout=tree', reference]);
  assert.equal(status, 12, stderr);
  assert.deepEqual(leftovers(host), []);
});

test('a layer that is named twice has to be the same both times', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull, layers } = await setOciScene(t);
  const size = small.bytes.length;
  for (const sizes of [
    [size, size + 1],
    [size + 1, size],
  ]) {
    const manifest = { layers: sizes.map((each) => described(small, each)) };
    const reference = registry.push('x', makeImage({ layers: [small], manifest }), 'latest');
    const { name, parameters } = await errorOf(pull(reference, 'x'));
    assert.match(name, /^io\.ferry\.Transfer\.(Corrupt|VerificationFailed)$/, JSON.stringify(parameters));
    assert.deepEqual(layers(), []);
    assert.deepEqual(leftovers(host), []);
  }
});
