import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { makeTree } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { Containers } from '../../../support/oci/containers.js';
import { onEachScene } from '../../../support/service/scene.js';

test('podman loads an exported image, and shows the same tree', async (t) => {
  if (!needs(t, { root: true, features: ['mount'], programs: ['podman', 'setfacl', 'setfattr'] })) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'image');
    await scene.succeed('export-oci', '-m', 'image', scene.file('image.oci'));
    mkdirSync(scene.file('containers'));
    const containers = new Containers(scene.file('containers'));
    const loaded = containers.run('podman', 'load', '--quiet', '--input', scene.file('image.oci'));
    const name = loaded.replace(/^Loaded image: /, '');
    const mounted = containers.run('podman', 'image', 'mount', name);
    assert.deepEqual(compareTrees(scene.image('image'), mounted, { ignoreRoot: true }), []);
  });
});
