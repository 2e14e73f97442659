import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { blobOf, digestOf, makeImage, makeIndex, makeLayer, mediaTypes } from '../../../../support/registry/images.js';
import { accessOf, having, resolve } from './resolving.js';

const layer = makeLayer([{ path: 'a' }]);
const second = makeLayer([{ path: 'b' }], { compression: 'uncompressed' });
const image = makeImage({ layers: [layer, second, layer], config: { Cmd: ['/bin/sh'] } });
const arm = makeImage({ layers: [second], platform: { os: 'linux', architecture: 'arm', variant: 'v7' } });
const index = makeIndex([arm, image]);

describe('What a reference stands for', () => {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    test(`a manifest, with its layers in order and its configuration, by ${algorithm}`, async () => {
      const layers = [makeLayer([{ path: 'a' }], { algorithm }), makeLayer([], { compression: 'uncompressed' })];
      const made = makeImage({ layers, algorithm });
      await using registry = await having(made);
      const found = await resolve(registry, algorithm === 'sha512' ? { digest: made.manifest.digest } : {});
      assert.equal(found.manifestDigest, made.manifest.digest);
      assert.equal(found.indexDigest, undefined);
      assert.equal(found.config, made.blobs[0]?.bytes.toString());
      assert.deepEqual(
        found.layers.map(({ digest, size, compression }) => [digest, size, compression]),
        layers.map(({ digest, bytes }, at) => [digest, bytes.length, ['gzip', 'uncompressed'][at]]),
      );
    });
  }

  test('the manifest for the platform, of an index of OCI and of a list of Docker', async () => {
    for (const docker of [false, true]) {
      const made = makeIndex([arm, makeImage({ layers: [layer], docker })], { docker });
      await using registry = await having(made);
      const found = await resolve(registry);
      assert.equal(found.indexDigest, made.manifest.digest);
      assert.equal(found.layers[0]?.digest, layer.digest);
      const other = await resolve(registry, { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } });
      assert.equal(other.manifestDigest, arm.manifest.digest);
    }
  });

  test('one of an index in an index, where the outer one has none', async () => {
    await using registry = await having(makeIndex([arm, makeIndex([image])]));
    assert.equal((await resolve(registry)).manifestDigest, image.manifest.digest);
  });

  test('what a digest names, whatever the tag', async () => {
    await using registry = await having(index);
    registry.push('a/b', arm, 'latest');
    const found = await resolve(registry, { digest: index.manifest.digest });
    assert.equal(found.manifestDigest, image.manifest.digest);
    assert.equal(registry.requestsFor('latest').length, 0);
  });

  test('a configuration that stands in the manifest', async () => {
    const config = blobOf('{"os":"linux"}', mediaTypes.config);
    const descriptor = { mediaType: config.mediaType, digest: config.digest, size: config.bytes.length };
    const data = config.bytes.toString('base64');
    await using registry = await having(makeImage({ layers: [layer], manifest: { config: { ...descriptor, data } } }));
    assert.equal((await resolve(registry)).config, '{"os":"linux"}');
    assert.equal(registry.requestsFor('/blobs/').length, 0);
  });
});

test('A manifest is asked for by the media types of both kinds', async () => {
  await using registry = await having(image);
  await resolve(registry);
  const accepted = registry.requestsFor('manifests')[0]?.headers.accept ?? '';
  for (const type of [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerList])
    assert.ok(accepted.includes(type), type);
});

test('A tag that moves between index and manifest is asked for again', async () => {
  await using registry = await FakeRegistry.start();
  const gone = `/v2/a/b/manifests/${image.manifest.digest}`;
  const notices: string[] = [];
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  const other = makeIndex([makeImage({ layers: [second], platform: { ...platform, variant: 'v6' } }), image]);
  registry.push('a/b', other, 'latest');
  registry.server.serve(gone, '', { hook: (_request, response) => move(registry, response) });
  assert.equal((await resolve(registry, { notices })).manifestDigest, arm.manifest.digest);
  assert.deepEqual(notices.slice(0, 1), ['The tag names another image by now: asking again']);
});

function move(registry: FakeRegistry, response: { writeHead(status: number): { end(): unknown } }): void {
  registry.push('a/b', arm, 'latest');
  response.writeHead(404).end();
}

describe('Of several places', () => {
  test('the first one that says is believed, and the others are told of', async () => {
    await using mirror = await FakeRegistry.start();
    await using registry = await having(image);
    const notices: string[] = [];
    const locations = [accessOf(mirror), accessOf(registry)];
    const found = await resolve(registry, { locations, notices });
    assert.equal(found.location, 1);
    const reason = 'the registry does not have it (HTTP status 404); check the name and the tag';
    assert.deepEqual(notices, [`Cannot find ${mirror.host}/a/b:latest: ${reason}; trying the next place`]);
    mirror.push('a/b', arm, 'latest');
    assert.equal((await resolve(registry, { locations })).location, 0);
  });

  test('that are one place by two protocols, nobody hears of the first', async () => {
    await using registry = await having(image);
    const notices: string[] = [];
    const access = accessOf(registry);
    const locations = [{ ...access, base: access.base.replace('http:', 'https:') }, access];
    assert.equal((await resolve(registry, { locations, notices })).location, 1);
    assert.deepEqual(notices, []);
  });

  test('one that refuses connections, fails, or lies is passed over', async () => {
    await using registry = await having(image);
    await using lying = await FakeRegistry.start();
    lying.manifest('a/b', 'latest', image.manifest, { headers: { 'Docker-Content-Digest': digestOf('other') } });
    await using failing = await FakeRegistry.start();
    failing.manifest('a/b', 'latest', image.manifest, { status: 500 });
    const refusing = { base: 'http://127.0.0.1:1/v2/', repository: 'a/b' };
    const locations = [refusing, accessOf(lying), accessOf(failing), accessOf(registry)];
    assert.equal((await resolve(registry, { locations })).location, 3);
  });
});

test('An image for another architecture is told of, where there is no choice', async () => {
  await using registry = await having(arm);
  const notices: string[] = [];
  assert.equal((await resolve(registry, { notices })).manifestDigest, arm.manifest.digest);
  assert.deepEqual(notices, [`${registry.host}/a/b:latest is for linux/arm/v7, and may not run on linux/amd64`]);
});

test('A server that is busy is asked again, and one that fails in the middle too', async () => {
  await using registry = await having(index);
  registry.manifest('a/b', 'latest', index.manifest, { status: 429, statusTimes: 1, headers: { 'Retry-After': '2' } });
  registry.manifest('a/b', image.manifest.digest, image.manifest, { status: 503, statusTimes: 2 });
  const config = image.blobs[0] ?? layer;
  registry.blob('a/b', config, { cutAt: 10 });
  const notices: string[] = [];
  assert.equal((await resolve(registry, { notices })).manifestDigest, image.manifest.digest);
  assert.ok(notices.some((line) => line.includes('is busy (HTTP status 429)') && line.includes('again in 2 s')));
});
