import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeImage } from '../../support/registry/images.js';
import { FaultServer } from '../../support/servers/fault-server.js';
import { needsProduct } from '../../support/service/ferry-host.js';
import { bigLayer, setOciScene } from './scene.js';

test('layers behind tokens that run out, one of them on another server, become an image, and no token leaves', async (t) => {
  if (!needsProduct(t)) return;
  const { registry, pull, layers } = await setOciScene(t);
  await using store = await FaultServer.start();
  const [here, there] = [bigLayer('here'), bigLayer('there')];
  const reference = registry.push('team/two', makeImage({ layers: [here, there] }), 'latest');
  registry.door = { kind: 'bearer', user: 'u', password: 'p', usesMax: 1 };
  registry.blob('team/two', here, { cutAt: 1024 * 1024 });
  registry.blob('team/two', there, { redirect: store.serve('/blob', there.bytes, { cutAt: 1024 * 1024 }) });
  const { host } = registry;
  await pull(reference, 'two', { credentials: [{ registry: host, user: 'u', password: 'p' }] });
  assert.equal(layers().length, 2);
  assert.deepEqual(
    store.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  );
  assert.ok(registry.tokens >= 5, `${registry.tokens} tokens`);
});
