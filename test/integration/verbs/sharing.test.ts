import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { digestOf, sharesAllBlocks } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { isReadOnlySubvolume } from '../../support/images/image-root.js';
import { makeDisk, makeTree } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { inShell } from '../../support/service/client-streams.js';
import { onEachScene, Scene } from '../../support/service/scene.js';

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['filefrag', 'setfacl', 'setfattr', 'btrfs'] });
}

test('a disk on the same filesystem is not copied: blocks are shared, in and out', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['btrfs', 'xfs'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    const [image, exported] = [scene.image('image.raw'), scene.file('exported.raw')];
    await t.test('import-raw of a path', async () => {
      await scene.succeed('import-raw', '-m', disk, 'image');
      assert.ok(sharesAllBlocks(image), run('filefrag', ['-v', image]));
      assert.equal(digestOf(image), digestOf(disk));
    });
    await t.test('import-raw of standard input', () => {
      assert.equal(inShell(scene, `"$@" import-raw -m --force - image <${disk}`).status, 0);
      assert.ok(sharesAllBlocks(image), run('filefrag', ['-v', image]));
    });
    await t.test('export-raw to a path', async () => {
      await scene.succeed('export-raw', '-m', 'image', exported);
      assert.ok(sharesAllBlocks(exported), run('filefrag', ['-v', exported]));
      assert.equal(digestOf(exported), digestOf(disk));
    });
    await t.test('export-raw to standard output', () => {
      assert.equal(inShell(scene, `"$@" export-raw -m image >${exported}`).status, 0);
      assert.ok(sharesAllBlocks(exported), run('filefrag', ['-v', exported]));
    });
    await t.test('clone-image', async () => {
      await scene.succeed('clone-image', '-m', 'image', 'copy');
      assert.ok(sharesAllBlocks(scene.image('copy.raw')));
    });
    await t.test('a disk that is kept without copy-on-write stays so and is shared', async () => {
      if (scene.type !== 'btrfs') return;
      shell('touch "$1"; chattr +C "$1"; cat "$2" >"$1"', [scene.file('nocow.raw'), disk]);
      await scene.succeed('import-raw', '-m', scene.file('nocow.raw'), 'nocow');
      assert.ok(sharesAllBlocks(scene.image('nocow.raw')));
      assert.match(run('lsattr', [scene.image('nocow.raw')]), /C.* /);
    });
  });
});

test('a tree on the same filesystem is not copied: its files share blocks', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['btrfs', 'xfs'], async (_, scene) => {
    const tree = makeTree(scene.file('tree'));
    makeDisk(`${tree}/large`);
    await scene.succeed('import-fs', '-m', tree, 'image');
    assert.ok(sharesAllBlocks(scene.image('image', 'large')));
    assert.deepEqual(compareTrees(tree, scene.image('image')), []);
  });
});

test('a subvolume becomes a snapshot, and is exported from one', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['btrfs'], async (t, scene) => {
    const tree = scene.file('subvolume');
    run('btrfs', ['subvolume', 'create', tree]);
    makeTree(tree);
    makeDisk(`${tree}/large`);
    await t.test('import-fs', async () => {
      await scene.succeed('import-fs', '-m', tree, 'image');
      assert.equal(parentOf(scene.image('image')), uuidOf(tree));
      assert.deepEqual(compareTrees(tree, scene.image('image')), []);
      assert.equal(isReadOnlySubvolume(scene.image('image')), false);
    });
    await t.test('import-fs of a read-only one, to a writable and a read-only image', async () => {
      run('btrfs', ['property', 'set', '-ts', tree, 'ro', 'true']);
      for (const [name, options] of [
        ['writable', []],
        ['fixed', ['--read-only']],
      ] as const) {
        await scene.succeed('import-fs', '-m', ...options, tree, name);
        assert.equal(parentOf(scene.image(name)), uuidOf(tree));
        assert.equal(isReadOnlySubvolume(scene.image(name)), name === 'fixed');
      }
      run('btrfs', ['property', 'set', '-f', '-ts', tree, 'ro', 'false']);
    });
    await t.test('import-fs with subvolumes within', async () => {
      run('btrfs', ['subvolume', 'create', `${tree}/var`]);
      shell('echo data >"$1"/file', [`${tree}/var`]);
      await scene.succeed('import-fs', '-m', tree, 'nested');
      assert.deepEqual(compareTrees(tree, scene.image('nested'), { ignoreTimes: true }), []);
    });
    await t.test('import-fs with SYSTEMD_IMPORT_BTRFS_SUBVOL=0 makes a directory', async (t) => {
      const plain = await Scene.open(t, 'btrfs', { environment: { SYSTEMD_IMPORT_BTRFS_SUBVOL: '0' } });
      if (plain === undefined) return;
      await plain.succeed('import-fs', '-m', makeTree(plain.file('tree')), 'image');
      assert.notEqual(statSync(plain.image('image')).ino, 256);
      assert.deepEqual(compareTrees(plain.file('tree'), plain.image('image')), []);
    });
    await t.test('export-tar leaves no snapshot behind', async () => {
      await scene.succeed('export-tar', '-m', 'image', scene.file('image.tar'));
      assert.deepEqual(subvolumesIn(scene), ['fixed', 'image', 'nested', 'nested/var', 'writable']);
    });
  });
});

function subvolumesIn(scene: Scene): string[] {
  return run('btrfs', ['subvolume', 'list', scene.host.imageRoot])
    .split('\n')
    .flatMap((line) => /path images\/(.*)$/.exec(line)?.[1] ?? [])
    .sort();
}

function show(path: string, field: string): string {
  return new RegExp(`${field}:\\s+(\\S+)`).exec(run('btrfs', ['subvolume', 'show', path]))?.[1] ?? '';
}

function uuidOf(path: string): string {
  return show(path, '\\n\\s+UUID');
}

function parentOf(path: string): string {
  return show(path, 'Parent UUID');
}

test('another filesystem gets a copy with holes', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['btrfs'], async (_, scene) => {
    const other = scene.file('other');
    mkdirSync(other);
    run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', other]);
    const disk = makeDisk(`${other}/disk.raw`);
    await scene.succeed('import-raw', '-m', disk, 'image');
    assert.equal(digestOf(scene.image('image.raw')), digestOf(disk));
    assert.ok(statSync(scene.image('image.raw')).blocks * 512 < 600_000);
    await scene.succeed('export-raw', '-m', 'image', `${other}/again.raw`);
    assert.equal(statSync(`${other}/again.raw`).blocks, statSync(disk).blocks);
    const tree = makeTree(`${other}/tree`);
    await scene.succeed('import-fs', '-m', tree, 'tree');
    assert.deepEqual(compareTrees(tree, scene.image('tree')), []);
  });
});
