import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeArtefact, makeImage, makeLayer } from '../../support/registry/images.js';
import type { Faults } from '../../support/servers/fault-server.js';
import { errorOf } from '../../support/service/calls.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { setOciScene } from './scene.js';

const layers = ['one', 'two'].map((name) => makeLayer([{ path: name, content: name.repeat(1000) }]));
const [first, second] = layers;
const image = makeImage({ layers });

/** A registry, and a mirror of it that the database of the service names first. Both want to know who asks. */
async function setMirrorScene(t: TestContext) {
  const scene = await setOciScene(t, process.getuid?.() === 0 ? { user: 1000 } : {});
  const mirror = await FakeRegistry.start();
  t.after(() => mirror[Symbol.asyncDispose]());
  const directory = join(scene.host.home, 'home/.config/systemd/oci-registry');
  mkdirSync(directory, { recursive: true });
  const name = `registry.${scene.registry.host.replace(':', '%3a')}.oci-registry`;
  const entry = { defaultProtocol: 'http', mirrors: [`http://${mirror.host}/mirrored`] };
  writeFileSync(join(directory, name), JSON.stringify(entry));
  scene.registry.door = { kind: 'basic', user: 'origin', password: 'o-secret' };
  mirror.door = { kind: 'basic', user: 'mirror', password: 'm-secret' };
  const credentials = [
    { registry: scene.registry.host, user: 'origin', password: 'o-secret' },
    { registry: mirror.host, user: 'mirror', password: 'm-secret' },
  ];
  return { ...scene, mirror, credentials };
}

function loginsAt(registry: FakeRegistry): Set<string> {
  const sent = registry.requests.flatMap(({ headers }) => headers.authorization ?? []);
  return new Set(sent.map((each) => Buffer.from(each.replace('Basic ', ''), 'base64').toString()));
}

const lacks: [what: string, faults: Faults, bytes?: Buffer][] = [
  ['does not have', { status: 404 }],
  ['fails to give', { status: 500 }],
  ['keeps where nobody answers', { redirect: 'http://127.0.0.1:1/blob' }],
  ['has other bytes for', {}, Buffer.alloc(second?.bytes.length ?? 0, 1)],
];

for (const [what, faults, bytes] of lacks) {
  test(`a layer that a mirror ${what} comes from the next place, and each place hears its own login alone`, async (t) => {
    if (!needsProduct(t)) return;
    const { host, registry, mirror, credentials, pull } = await setMirrorScene(t);
    assert.ok(first !== undefined && second !== undefined);
    const reference = registry.push('team/x', image, 'latest');
    mirror.push('mirrored/team/x', image, 'latest');
    mirror.blob('mirrored/team/x', { ...second, bytes: bytes ?? second.bytes }, faults);
    const { result } = await pull(reference, 'x', { credentials });
    assert.equal(result?.manifestDigest, image.manifest.digest);
    assert.equal(readFileSync(join(host.imageRoot, 'x/two'), 'utf8'), 'two'.repeat(1000));
    assert.ok(mirror.requestsFor(second.digest).length > 0);
    assert.deepEqual(
      registry.requests.map(({ url }) => url).filter((url) => !url.endsWith(second.digest)),
      [],
      'all but that layer came from the mirror',
    );
    assert.deepEqual([...loginsAt(mirror)], ['mirror:m-secret']);
    assert.deepEqual([...loginsAt(registry)], ['origin:o-secret']);
    assert.match(host.log(), /; trying the next/);
  });
}

test('a layer that no place has is a failure about the last one, and nothing is placed', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, mirror, credentials, pull, host } = await setMirrorScene(t);
  assert.ok(second !== undefined);
  const reference = registry.push('team/x', image, 'latest');
  mirror.push('mirrored/team/x', image, 'latest');
  for (const [each, repository] of [
    [registry, 'team/x'],
    [mirror, 'mirrored/team/x'],
  ] as const)
    each.blob(repository, second, { status: 404 });
  const { name, parameters } = await errorOf(pull(reference, 'x', { credentials }));
  assert.equal(name, 'io.ferry.Transfer.DownloadFailed');
  assert.ok(String(parameters['message']).includes(registry.host), String(parameters['message']));
  assert.ok(!host.images().includes('x'));
});

test('a file of an artefact that a mirror lacks comes from the next place', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, mirror, credentials, connect, host } = await setMirrorScene(t);
  const content = Buffer.alloc(8192, 1);
  const artefact = makeArtefact([{ content, title: 'disk.raw' }]);
  const url = `oci://${registry.push('team/os', artefact, 'latest')}`;
  mirror.push('mirrored/team/os', artefact, 'latest');
  const digest = artefact.blobs[1]?.digest ?? '';
  mirror.blob('mirrored/team/os', { digest, bytes: content }, { status: 404 });
  const { imageRoot } = host;
  const wish = { url, format: 'raw', class: 'machine', imageRoot, credentials } as const;
  const transfers = new TransferClient(await connect());
  const plan = await transfers.plan(wish);
  assert.deepEqual([plan.answeredBy, plan.obstacles], [`${registry.base}team/os/blobs/${digest}`, []]);
  await transfers.pull(wish);
  assert.ok(readFileSync(join(imageRoot, 'disk.raw')).equals(content));
  assert.deepEqual([...loginsAt(mirror)], ['mirror:m-secret']);
  assert.deepEqual([...loginsAt(registry)], ['origin:o-secret']);
});
