/** Container images are pulled on other hosts, in containers' stead by their users, with the logins of who asks. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { compareTrees } from '../../support/images/compare-trees.js';
import { like, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeImage, makeLayer } from '../../support/registry/images.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { cannotStoreExactly } from '../../support/texts/transfers.js';
import { remote } from '../remote/remote.js';
import { smallImage } from './scene.js';

test('with -H the logins are those of the client’s host, and the image is made there', async (t) => {
  const there = await remote(t);
  if (there === undefined) return;
  await using registry = await FakeRegistry.start();
  registry.door = { kind: 'basic', user: 'me', password: 's3cret' };
  const reference = registry.push('small', smallImage().image, 'latest');
  const authFile = there.file('auth.json');
  const auth = Buffer.from('me:s3cret').toString('base64');
  writeFileSync(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
  const pulled = await there.ferryctl(['pull-oci', '--layout=tree', `--authfile=${authFile}`, reference]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.equal(readFileSync(join(there.ferry.imageRoot, 'small/etc/changed'), 'utf8'), 'after');
  assert.doesNotMatch(there.ferry.log(), /s3cret/);
});

test('an ordinary user pulls container images, with a service of their own', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['setpriv'] })) return;
  await using registry = await FakeRegistry.start();
  const reference = registry.push('small', smallImage().image, 'latest');
  await using user = ferryUser(t, { user: 1000 });
  const pulled = await user.ferryctl(['pull-oci', '--layout=tree', reference]);
  assert.equal(pulled.status, 0, pulled.stderr);
  assert.equal(readFileSync(join(user.imageRoot, 'small/etc/changed'), 'utf8'), 'after');
});

/** What only root can store: owners, devices, set-id bits of others. */
function rootsImage() {
  const layer = makeLayer([
    { path: 'etc/' },
    { path: 'etc/plain', content: 'plain' },
    { path: 'etc/theirs', content: 'theirs', uid: 5, gid: 6, mode: 0o4755 },
    { path: 'dev/' },
    { path: 'dev/null', type: 'characterDevice', device: [1, 3] },
  ]);
  return makeImage({ layers: [layer, makeLayer([{ path: 'etc/.wh.plain' }, { path: 'etc/own', content: 'own' }])] });
}

test('an ordinary user takes from images what a user can have, hears of the rest, and sends images on', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['setpriv', 'tar'] })) return;
  await using registry = await FakeRegistry.start();
  const reference = registry.push('roots', rootsImage(), 'latest');
  await using user = ferryUser(t, { user: 1000 });
  const strict = await user.ferryctl(['pull-oci', '--layout=tree', '--strict', reference]);
  assert.equal(strict.status, 17, strict.stderr);
  for (const layout of ['tree', 'mstack']) {
    const pulled = await user.ferryctl(['pull-oci', `--layout=${layout}`, reference, layout]);
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.match(pulled.stderr, like`${cannotStoreExactly(re(/\d files/))} .*owners`);
  }
  const tree = join(user.imageRoot, 'tree');
  assert.deepEqual(readdirSync(join(tree, 'etc')).sort(), ['own', 'theirs']);
  assert.equal(statSync(join(tree, 'etc/theirs')).uid, 1000);
  assert.deepEqual(readdirSync(join(tree, 'dev')), []);
  for (const name of ['tree', 'mstack']) {
    const archive = join(user.home, 'home', `${name}.oci`);
    const exported = await user.ferryctl(['export-oci', name, archive]);
    assert.equal(exported.status, 0, exported.stderr);
    const imported = await user.ferryctl(['import-oci', '--layout=tree', archive, `${name}-again`]);
    assert.equal(imported.status, 0, imported.stderr);
    assert.deepEqual(compareTrees(tree, join(user.imageRoot, `${name}-again`), { ignoreRoot: true }), []);
  }
});
