/** Container images are pulled on other hosts, in containers' stead by their users, with the logins of who asks. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
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
