import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LossCounter } from '../../../service/formats/metadata/losses.js';
import { OpenLayers } from '../../../service/images/layers/apply.js';
import { makeStack } from '../../../service/images/layers/stack.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { placeForStack } from '../../support/oci/placed-layers.js';
import { type LayerEntry, packLayer } from '../../support/registry/tar-layer.js';
import { onEachScene } from '../../support/service/scene.js';
import { temporaryDirectory } from '../../support/temporary.js';

const file = (path: string, content = path, more: Partial<LayerEntry> = {}): LayerEntry => ({ path, content, ...more });
const directory = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({ path: `${path}/`, ...more });

/** Two layers, and a container's changes over them. */
function makeImage(imageRoot: string): string {
  using root = ImageRoot.open(imageRoot);
  const base = [directory('.', { mode: 0o751 }), directory('etc', { mode: 0o711 }), file('etc/a'), file('etc/b')];
  const over = [directory('etc', { mode: 0o700 }), file('etc/.wh.a', ''), file('etc/c', 'c', { uid: 5, gid: 6 })];
  const digests = [base, over].map((entries) => placeForStack(root, packLayer(entries)));
  using layers = new OpenLayers(root, digests);
  const losses = new LossCounter(root.descriptor);
  const options = { subvolumes: true, synchronize: false, losses, sizeMax: 2 ** 32, readOnly: false };
  using stack = makeStack(root, layers, options);
  const path = root.pathOf('img.mstack');
  renameSync(root.pathOf(stack.name), path);
  stack.settle();
  return path;
}

test('a stack is exported as the tree that a container sees', async (t) => {
  if (!needs(t, { root: true, programs: ['tar', 'mount', 'setfattr'], features: ['mount'] })) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    await using scratch = temporaryDirectory();
    const stack = makeImage(scene.image(''));
    const seen = scratch.file('seen');
    mkdirSync(seen);
    mkdirSync(join(stack, 'rw/work'));
    const lower = `${join(stack, 'layer@1')}:${join(stack, 'layer@0')}`;
    const upper = `upperdir=${join(stack, 'rw/data')},workdir=${join(stack, 'rw/work')}`;
    run('mount', ['-t', 'overlay', 'overlay', '-o', `userxattr,lowerdir=${lower},${upper}`, seen]);
    // What is changed, removed and made anew in a container.
    writeFileSync(join(seen, 'etc/b'), 'changed');
    rmSync(join(seen, 'etc/c'));
    mkdirSync(join(seen, 'new'));
    writeFileSync(join(seen, 'new/file'), 'new');
    rmSync(join(seen, 'etc'), { recursive: true });
    mkdirSync(join(seen, 'etc'));
    writeFileSync(join(seen, 'etc/d'), 'd');
    const before = readdirSync(scene.image('')).sort();
    const { status, stderr } = await scene.host.ferryctl(['export-tar', 'img', scratch.file('img.tar')]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(scene.image('')).sort(), before);
    mkdirSync(scratch.file('found'));
    run('tar', [
      '--xattrs',
      '--xattrs-include=*',
      '--numeric-owner',
      '-xpf',
      scratch.file('img.tar'),
      '-C',
      scratch.file('found'),
    ]);
    const options = { ignoreAttribute: (name: string) => name.startsWith('trusted.overlay.'), ignoreTimes: true };
    assert.deepEqual(compareTrees(seen, scratch.file('found'), options), []);
    assert.deepEqual(readdirSync(scratch.file('found/etc')), ['d']);
    run('umount', [seen]);
    run('ln', ['-sfn', 'nowhere', join(stack, 'layer@1')]);
    const failed = await scene.host.ferryctl(['export-tar', 'img', scratch.file('again.tar')]);
    assert.notEqual(failed.status, 0);
    assert.match(failed.stderr, /Cannot read the image: its layer@1 is missing; pull it again/);
    assert.deepEqual(readdirSync(scene.image('')).sort(), before);
  });
});
