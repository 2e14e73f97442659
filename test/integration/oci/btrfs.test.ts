import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { layoutArchive } from '../../support/registry/archives.js';
import { FakeRegistry } from '../../support/registry/fake-registry.js';
import { makeImage } from '../../support/registry/images.js';
import { Scene } from '../../support/service/scene.js';
import { bigLayer } from './scene.js';

/** What btrfs(8) says of a subvolume: its identifier, that of what it is a snapshot of, and whether it is read-only. */
function shown(path: string) {
  const text = run('btrfs', ['subvolume', 'show', path]);
  const after = (name: string) => new RegExp(`^\\s*${name}:\\s*(\\S+)$`, 'm').exec(text)?.[1];
  return { id: after('UUID'), parent: after('Parent UUID'), isReadOnly: after('Flags') === 'readonly' };
}

test('on btrfs pulls and imports make subvolumes of layers, and trees that are snapshots of the lowest', async (t) => {
  if (!needs(t, { root: true, programs: ['btrfs'] })) return;
  const scene = await Scene.open(t, 'btrfs');
  if (scene === undefined) return;
  await using registry = await FakeRegistry.start();
  const layers = [bigLayer('low'), bigLayer('high')];
  const image = makeImage({ layers });
  const reference = registry.push('x', image, 'latest');
  await scene.succeed('pull-oci', '--layout=tree', reference, 'pulled');
  writeFileSync(scene.file('x.oci'), layoutArchive([{ image }]));
  await scene.succeed('import-oci', '--layout=tree', '--read-only', scene.file('x.oci'), 'imported');
  await scene.succeed('import-oci', '--layout=mstack', scene.file('x.oci'), 'stack');
  const [low, high] = layers.map(({ digest }) => shown(scene.image(`.oci-${digest}`)));
  assert.deepEqual([low?.isReadOnly, high?.isReadOnly], [true, true]);
  const [pulled, imported] = ['pulled', 'imported'].map((name) => shown(scene.image(name)));
  assert.deepEqual([pulled?.parent, pulled?.isReadOnly], [low?.id, false]);
  assert.deepEqual([imported?.parent, imported?.isReadOnly], [low?.id, true]);
  assert.deepEqual(compareTrees(scene.image('pulled'), scene.image('imported'), {}), []);
  // Subvolumes cannot be stacked: those that are here become one tree of the stack.
  assert.deepEqual(readdirSync(scene.image('stack.mstack')).sort(), ['layer@0', 'rw']);
  run('sync', ['-f', scene.image('pulled')]);
  const usage = run('btrfs', ['filesystem', 'du', '--raw', '-s', scene.image('pulled')])
    .trim()
    .split('\n')
    .at(-1);
  const [total, exclusive] = (usage ?? '').trim().split(/\s+/).map(Number);
  assert.deepEqual({ total, exclusive }, { total: 2 * 3 * 2 ** 20, exclusive: 0 });
  // What is left is a file system without a trace of the images.
  for (const name of ['pulled', 'imported', 'stack']) await scene.succeed('remove-image', name);
  await scene.succeed('clean');
  assert.deepEqual(
    scene.host.images().filter((name) => !name.endsWith('.lck')),
    [],
  );
  const paths = run('btrfs', ['subvolume', 'list', '-o', scene.image('..')]);
  assert.equal(paths.trim(), '');
});
