import assert from 'node:assert/strict';
import { linkSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DiskUsageReply, ImageClient } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { VarlinkClient } from '../../../varlink/client/client.js';
import { run } from '../../support/command.js';
import { onEachScene, type Scene } from '../../support/service/scene.js';

function makeDirectory(scene: Scene, path: string): void {
  if (scene.type === 'btrfs') run('btrfs', ['subvolume', 'create', path]);
  else mkdirSync(path);
}

/** A tree with a subvolume in it on btrfs, with a file of two names and something mounted. Gives back what it takes on the disk. */
function placeTree(scene: Scene, mountpoint: string): number {
  const tree = scene.image('tree');
  makeDirectory(scene, tree);
  makeDirectory(scene, join(tree, 'inner'));
  for (const name of ['one', 'inner/two']) writeFileSync(join(tree, name), Buffer.alloc(100_000, 1));
  linkSync(join(tree, 'one'), join(tree, 'again'));
  mkdirSync(join(tree, mountpoint));
  run('sync', ['-f', tree]);
  const counted = ['.', 'one', 'inner', 'inner/two'].map((name) => statSync(join(tree, name)).blocks * 512);
  return counted.reduce((sum, bytes) => sum + bytes, 0);
}

async function usageOf(scene: Scene): Promise<unknown> {
  return JSON.parse(await scene.succeed('df', '--class=machine', '--json=short'));
}

test('df counts trees with the subvolumes in them, files of two names once, and nothing that is mounted there', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const bytes = placeTree(scene, 'mounted');
    const mounted = scene.image('tree', 'mounted');
    run('mount', ['-t', 'tmpfs', 'none', mounted]);
    try {
      writeFileSync(join(mounted, 'file'), Buffer.alloc(100_000, 1));
      assert.deepEqual(await usageOf(scene), [{ class: 'machine', kind: 'image', count: 1, bytes, reclaimable: 0 }]);
    } finally {
      run('umount', [mounted]);
    }
  });
});

test('a directory of images on which something else is mounted takes nothing', async (t) => {
  await onEachScene(t, ['ext4'], async (_t, scene) => {
    mkdirSync(scene.image('tree'));
    run('mount', ['-t', 'tmpfs', 'none', scene.image('tree')]);
    try {
      assert.deepEqual(await usageOf(scene), [{ class: 'machine', kind: 'image', count: 1, bytes: 0, reclaimable: 0 }]);
    } finally {
      run('umount', [scene.image('tree')]);
    }
  });
});

test('the sums come with the last reply to DiskUsage with more, after any progress', async (t) => {
  await onEachScene(t, ['ext4'], async (_t, scene) => {
    writeFileSync(scene.image('disk.raw'), Buffer.alloc(4096, 1));
    using client = await VarlinkClient.connect(`unix:${scene.host.socket}`);
    const images = new ImageClient(client);
    const replies: DiskUsageReply[] = [];
    for await (const reply of images.diskUsageMore({ imageRoot: scene.host.imageRoot })) replies.push(reply);
    const last = replies.pop();
    const entry = { class: 'machine', kind: 'image', count: 1, bytes: 4096, reclaimable: 0 };
    assert.deepEqual(last, { entries: [entry], progress: null });
    for (const { entries, progress } of replies) assert.ok(entries === null && progress !== null);
    assert.deepEqual(await images.diskUsage({ imageRoot: scene.host.imageRoot }), last);
  });
});
