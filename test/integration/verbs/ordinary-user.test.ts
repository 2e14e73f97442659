import assert from 'node:assert/strict';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { notMarkedReadOnly } from '../../support/texts/images.js';

const nobody = 65534;

test('a user who is not root hears why a tree cannot be marked, and of a kept download nothing', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, programs: ['tar'] })) return;
  await using user = ferryUser(t, { user: nobody });
  const tree = join(user.home, 'tree');
  mkdirSync(tree);
  chownSync(tree, nobody, nobody);
  const imported = await user.ferryctl(['import-fs', '--read-only', tree, 'own']);
  assert.equal(imported.status, 0, imported.stderr);
  const path = join(user.imageRoot, 'own');
  const reason = 'only root can mark a directory tree';
  assert.match(imported.stderr, new RegExp(`^${path} ${notMarkedReadOnly}: ${reason}$`, 'm'));
  const marked = await user.ferryctl(['read-only-image', 'own']);
  assert.deepEqual(
    [marked.status, marked.stderr],
    [15, `Failed to make image 'own' read-only: Cannot make ${path} read-only: ${reason}.\n`],
  );
});
