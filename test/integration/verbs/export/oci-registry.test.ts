import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../../support/command.js';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { makeTree } from '../../../support/images/sources.js';
import { dockerRegistry, needsDockerRegistry } from '../../../support/registry/docker-registry.js';
import { onEachScene } from '../../../support/service/scene.js';

test('an exported image goes into a registry and comes back from it as the same tree', async (t) => {
  if (!needsDockerRegistry(t, 'skopeo', 'umoci', 'setfacl', 'setfattr')) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    await using registry = await dockerRegistry();
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'image');
    const said = await scene.succeed('export-oci', '-m', 'image', scene.file('image.oci'));
    const there = `docker://${registry.host}/made/by/ferry:1`;
    run('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', `oci-archive:${scene.file('image.oci')}`, there]);
    const { Digest: digest } = JSON.parse(run('skopeo', ['inspect', '--tls-verify=false', there]));
    assert.ok(said.includes(`, ${digest})`), said);
    mkdirSync(scene.file('layout'));
    run('skopeo', ['copy', '--quiet', '--src-tls-verify=false', there, `oci:${scene.file('layout')}:back`]);
    run('umoci', ['unpack', '--image', `${scene.file('layout')}:back`, scene.file('bundle')]);
    assert.deepEqual(compareTrees(scene.image('image'), scene.file('bundle/rootfs'), { ignoreRoot: true }), []);
  });
});
