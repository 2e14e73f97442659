import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatBytes } from '../../../common/sizes.js';
import { type Image, type Layer, makeImage, makeLayer } from '../../support/registry/images.js';
import { errorOf } from '../../support/service/calls.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { leftovers, type OciScene, setOciScene } from './scene.js';

const layer = makeLayer([{ path: 'file', content: 'x'.repeat(50_000) }]);
const image = makeImage({ layers: [layer] });
const other = Buffer.from('something else');

type Registry = OciScene['registry'];

const faults: [what: string, error: string, spoil: (registry: Registry) => void][] = [
  [
    'a manifest with another digest than was asked for',
    'VerificationFailed',
    (registry) => registry.manifest('x', image.manifest.digest, { ...image.manifest, bytes: other }),
  ],
  [
    'a layer with another digest than the manifest says',
    'VerificationFailed',
    (registry) => registry.blob('x', { ...layer, bytes: Buffer.alloc(layer.bytes.length, 1) }),
  ],
  [
    'a configuration with another digest than the manifest says',
    'VerificationFailed',
    (registry) => {
      const [config] = image.blobs;
      assert.ok(config);
      registry.blob('x', { ...config, bytes: Buffer.alloc(config.bytes.length, 0x20) });
    },
  ],
  ['a layer that is not there', 'DownloadFailed', (registry) => registry.blob('x', layer, { status: 404 })],
  [
    'a registry that wants to know who asks, for ever',
    'DownloadFailed',
    (registry) => {
      registry.door = { kind: 'closed', challenges: ['Basic realm="closed"'] };
    },
  ],
];

for (const [what, error, spoil] of faults) {
  test(`nothing is placed of an image when the registry has ${what}`, async (t) => {
    if (!needsProduct(t)) return;
    const { host, registry, pull, layers } = await setOciScene(t);
    const reference = `${registry.push('x', image)}@${image.manifest.digest}`;
    spoil(registry);
    const { name, parameters } = await errorOf(pull(reference, 'x'));
    assert.equal(name, `io.ferry.Transfer.${error}`, JSON.stringify(parameters));
    assert.deepEqual(layers(), []);
    assert.deepEqual(leftovers(host), []);
    assert.ok(!host.images().includes('x'));
  });
}

function lying(size: number): Image {
  const { diffId: _, ...blob } = layer;
  return makeImage({
    layers: [layer],
    manifest: { layers: [{ mediaType: blob.mediaType, digest: blob.digest, size }] },
  });
}

for (const size of [layer.bytes.length - 1, layer.bytes.length + 1]) {
  test(`a layer of ${size - layer.bytes.length} bytes more than the manifest says is refused`, async (t) => {
    if (!needsProduct(t)) return;
    const { host, registry, pull, layers } = await setOciScene(t);
    const reference = registry.push('x', lying(size), 'latest');
    const { name, parameters } = await errorOf(pull(reference, 'x'));
    assert.match(name, /^io\.ferry\.Transfer\.(VerificationFailed|DownloadFailed)$/, JSON.stringify(parameters));
    assert.deepEqual(layers(), []);
    assert.deepEqual(leftovers(host), []);
  });
}

test('layers that cannot fit are refused before any of them comes', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const size = 2 ** 50;
  const huge: Layer = { ...layer };
  const reference = registry.push(
    'x',
    makeImage({
      layers: [huge],
      manifest: { layers: [{ mediaType: huge.mediaType, digest: huge.digest, size }] },
    }),
    'latest',
  );
  const { name, parameters } = await errorOf(pull(reference, 'x'));
  assert.equal(name, 'io.ferry.Transfer.InsufficientSpace', JSON.stringify(parameters));
  const free = formatBytes(Number(parameters['available']));
  assert.equal(
    parameters['message'],
    `Cannot pull the image to ${host.imageRoot}: its layers need more than 1P, and ${free} are free; make room`,
  );
  assert.equal(registry.requestsFor(huge.digest).length, 0);
});

test('an image of 4096 layers becomes a tree, and one of 5,000 is refused before a layer comes', async (t) => {
  if (!needsProduct(t)) return;
  const { host, registry, pull } = await setOciScene(t);
  const kinds = ['a', 'b', 'c'].map((path) => makeLayer([{ path, content: path }]));
  const layersOf = (count: number) => Array.from({ length: count }, (_, index) => kinds[index % 3] ?? layer);
  await pull(registry.push('many', makeImage({ layers: layersOf(4096) }), 'latest'), 'many');
  assert.deepEqual(readdirSync(join(host.imageRoot, 'many')).sort(), ['a', 'b', 'c']);
  const reference = registry.push('more', makeImage({ layers: layersOf(5000) }), 'latest');
  const { name, parameters } = await errorOf(pull(reference, 'more'));
  assert.equal(name, 'io.ferry.Transfer.Corrupt');
  assert.match(String(parameters['message']), /: layers has 5000 items, and 4096 are/);
  assert.equal(registry.requestsFor('more/blobs').length, 0);
});

test('references and credentials that make no sense are refused by name', async (t) => {
  if (!needsProduct(t)) return;
  const { pull } = await setOciScene(t);
  assert.equal((await errorOf(pull('http://', 'x'))).name, 'io.ferry.Transfer.InvalidUrl');
  const credentials = [{ registry: 'r', user: 'u' }];
  const { name, parameters } = await errorOf(pull('127.0.0.1:1/x', 'x', { credentials }));
  assert.deepEqual([name, parameters], ['org.varlink.service.InvalidParameter', { parameter: 'credentials' }]);
});
