import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMessage } from '../../../../../service/processes/ipc/message-policy.js';
import { readOrder } from '../../../../../service/processes/ipc/orders.js';
import { like } from '../../../../support/like.js';
import { FakeRegistry } from '../../../../support/registry/fake-registry.js';
import { amd64, digestOf, type Layer, makeImage, makeIndex, makeLayer } from '../../../../support/registry/images.js';
import { isLargerThan } from '../../../../support/texts/downloads.js';
import { outcome, url } from '../worker-process.js';

const layer = makeLayer([{ path: 'a', content: 'x'.repeat(200_000) }], { compression: 'uncompressed' });
const image = makeImage({ layers: [layer], config: { Cmd: ['/bin/sh'] } });

/** What a process says of an order that has been checked, without what it says for people. */
async function answer(module: string, action: string, order: object): Promise<Record<string, unknown>[]> {
  const script = `const { ${module} } = await import(${url(`processes/fetch/${fileOf(module)}.js`)});
    const order = ${JSON.stringify(order)};
    await runWorker(process.env, async () => ${action});`;
  const { messages } = await outcome(script);
  return (messages as Record<string, unknown>[]).filter(({ type }) => !/^(log|phase|progress)$/.test(String(type)));
}

function fileOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const name = { repository: 'r.example.com/a/b', tag: 'latest' };

async function resolve(registry: FakeRegistry, demands: object[] = []): Promise<Record<string, unknown>[]> {
  const locations = [{ base: registry.base, repository: 'a/b' }];
  const sought = { locations, tag: 'latest', digest: null, platform: amd64, name, demands, environment: {} };
  readOrder('fetch', { type: 'resolveOci', sought });
  const action = `tell({ type: 'resolved', image: await resolveReference(order) })`;
  return await answer('resolveReference', action, { ...sought, digest: undefined });
}

test('What the fetch process says of a reference is what the service may hear', async () => {
  await using registry = await FakeRegistry.start();
  registry.push('a/b', makeIndex([image]), 'latest');
  registry.door = { kind: 'bearer' };
  const [said, ...more] = await resolve(registry);
  assert.deepEqual(more, []);
  assert.deepEqual(readMessage('fetch', Buffer.from(JSON.stringify(said))), {
    type: 'resolved',
    image: {
      location: 0,
      manifestDigest: image.manifest.digest,
      indexDigest: makeIndex([image]).manifest.digest,
      config: image.blobs[0]?.bytes.toString(),
      layers: [{ digest: layer.digest, bytes: layer.bytes.length, compression: 'uncompressed', diffId: layer.diffId }],
      signers: [],
      token: 'token-1',
    },
  });
});

test('The largest configuration, of 4096 layers, can be said and heard', async () => {
  await using registry = await FakeRegistry.start();
  const layers = Array.from({ length: 4096 }, () => layer);
  const config = { Env: ['"\u0001'.repeat(85_000)] };
  registry.push('a/b', makeImage({ layers, config }), 'latest');
  const [said] = await resolve(registry);
  const heard = readMessage('fetch', Buffer.from(JSON.stringify(said)));
  assert.equal(heard.type === 'resolved' && heard.image.layers.length, 4096);
  assert.ok(heard.type === 'resolved' && heard.image.config.length > 900_000);
});

test('A manifest that cannot be used is told as a failure', async () => {
  await using registry = await FakeRegistry.start();
  registry.manifest('a/b', 'latest', { ...image.manifest, bytes: Buffer.from('{"a":1,"a":2}') });
  const [said] = await resolve(registry);
  const heard = readMessage('fetch', Buffer.from(JSON.stringify(said)));
  assert.equal(heard.type === 'failure' && heard.kind, 'Corrupt');
});

async function pull(registry: FakeRegistry, { digest, bytes }: { digest: string; bytes: number }) {
  const registryAccess = { base: registry.base, repository: 'a/b', user: 'u', password: 'p' };
  const download = {
    url: `${registry.base}a/b/blobs/${digest}`,
    format: 'tar',
    verification: 'no',
    digest,
    registry: registryAccess,
    bytes,
    resume: true,
    keyrings: [],
    cached: [],
    sidecars: [],
    credentials: [],
    environment: {},
  };
  readOrder('fetch', { type: 'fetchPull', download });
  return await answer('fetchPull', `tell({ type: 'fetched', outcome: await fetchPull(order) })`, download);
}

function wanted({ digest, bytes }: Layer) {
  return { digest, bytes: bytes.length };
}

test('A layer behind a login is fetched, and its token renewed in the middle', async () => {
  await using registry = await FakeRegistry.start();
  registry.push('a/b', image);
  registry.blob('a/b', layer, { cutAt: 60_000 });
  registry.door = { kind: 'bearer', user: 'u', password: 'p', usesMax: 1 };
  const [said] = await pull(registry, wanted(layer));
  const heard = readMessage('fetch', Buffer.from(JSON.stringify(said)));
  assert.equal(heard.type === 'fetched' && heard.outcome.record?.sha256, layer.digest.slice('sha256:'.length));
  assert.equal(registry.tokens, 2);
});

const other = Buffer.from(layer.bytes).fill(1, 600, 700);
const bad: [what: string, serve: (registry: FakeRegistry) => void, bytes: number, message: RegExp][] = [
  [
    'A layer of other bytes',
    (registry) => registry.blob('a/b', { digest: layer.digest, bytes: other }),
    layer.bytes.length,
    new RegExp(`sha256:[0-9a-f]+.*${digestOf(other).slice('sha256:'.length)}`),
  ],
  [
    'A layer that is longer than its manifest says',
    () => {},
    layer.bytes.length - 1,
    like`${isLargerThan(layer.bytes.length - 1)}$`,
  ],
  [
    'A layer that is shorter than its manifest says',
    () => {},
    layer.bytes.length + 1,
    new RegExp(`it has ${layer.bytes.length} bytes, and what names it says ${layer.bytes.length + 1}$`),
  ],
];
for (const [what, serve, bytes, message] of bad) {
  test(`${what} is refused`, async () => {
    await using registry = await FakeRegistry.start();
    registry.push('a/b', image);
    serve(registry);
    const said = await pull(registry, { digest: layer.digest, bytes });
    assert.equal(said.length, 1);
    assert.equal(said[0]?.['type'], 'failure');
    assert.match(String(said[0]?.['message']), message);
  });
}
