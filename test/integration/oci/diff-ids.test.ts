import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { type Layer, makeImage, makeLayer } from '../../support/registry/images.js';
import { errorOf } from '../../support/service/calls.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { contentDiffers, countDiffers } from '../../support/texts/formats.js';
import { leftovers, setOciScene } from './scene.js';

const other = `sha256:${'12'.repeat(32)}`;

/** An image whose configuration says something else of its only layer than what is in it. */
function lyingImage(layer: Layer, diffIds: readonly string[] = [other]) {
  return makeImage({ layers: [layer], wholeConfig: { rootfs: { type: 'layers', diff_ids: diffIds } } });
}

for (const compression of ['gzip', 'zstd', 'uncompressed'] as const) {
  test(`a layer whose content has another digest than the configuration says is refused: ${compression}`, async (t) => {
    if (!needsProduct(t) || (compression === 'zstd' && !needs(t, { programs: ['zstd'] }))) return;
    const { host, registry, pull } = await setOciScene(t);
    const layer = makeLayer([{ path: 'a', content: 'a'.repeat(100_000) }], { compression });
    const reference = registry.push('x', lyingImage(layer), 'latest');
    const { name, parameters } = await errorOf(pull(reference, 'x'));
    assert.equal(name, 'io.ferry.Transfer.Corrupt');
    assert.equal(parameters['message'], contentDiffers(layer.digest, layer.diffId, other));
    assert.deepEqual(host.images(), []);
    // The right one is recorded with the layer: nobody can say later that it is another one.
    const right = registry.push('x', makeImage({ layers: [layer] }), 'right');
    await pull(`${right}:right`, 'x');
    const record = join(host.imageRoot, `.oci-${layer.digest}.layer`);
    assert.equal(JSON.parse(readFileSync(record, 'utf8')).diffId, layer.diffId);
    const again = await errorOf(pull(reference, 'y'));
    assert.equal(again.parameters['message'], contentDiffers(layer.digest, layer.diffId, other));
    assert.equal(registry.requestsFor(layer.digest).length, 2);
    // What older versions have recorded does not say, and is taken.
    const { diffId: _, ...older } = JSON.parse(readFileSync(record, 'utf8'));
    rmSync(record);
    writeFileSync(record, JSON.stringify(older));
    await pull(reference, 'y');
    assert.deepEqual(leftovers(host), []);
  });
}

test('as many digests of content as layers are needed, or none at all', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const layer = makeLayer([{ path: 'a', content: 'a' }]);
  const reference = registry.push('x', lyingImage(layer, [layer.diffId, other]), 'latest');
  const { name, parameters } = await errorOf(pull(reference, 'x'));
  assert.equal(name, 'io.ferry.Transfer.Corrupt');
  assert.equal(parameters['message'], `Cannot use the configuration of ${reference}:latest: ${countDiffers(2, 1)}`);
  assert.equal(registry.requestsFor(layer.digest).length, 0);
  const silent = registry.push('y', makeImage({ layers: [layer], wholeConfig: { rootfs: null } }), 'latest');
  await pull(silent, 'y');
  assert.ok(host.images().includes('y'));
});
