import assert from 'node:assert/strict';
import { chownSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exitStatus } from '../../../common/exit-statuses.js';
import type { ImageDetails } from '../../../interfaces/generated/io.ferry.Image.generated.js';
import { run } from '../../support/command.js';
import { write } from '../../support/files.js';
import { needs } from '../../support/needs.js';
import { ferryUser, needsProduct } from '../../support/service/ferry-host.js';
import { onEachScene, type Scene } from '../../support/service/scene.js';
import { noReleaseInLayers } from '../../support/texts/images.js';

const nobody = 65534;

/** Lays a tree in the image root: a subvolume on btrfs. */
function placeTree(scene: Scene, name: string): string {
  const path = scene.image(name);
  if (scene.type === 'btrfs') run('btrfs', ['subvolume', 'create', path]);
  else mkdirSync(path);
  mkdirSync(join(path, 'etc'));
  writeFileSync(join(path, 'etc/os-release'), 'ID=own\nPRETTY_NAME="Own \\"1\\"\x1b[31m"\n');
  writeFileSync(join(path, 'file'), Buffer.alloc(10_000, 1));
  return path;
}

async function show(scene: Scene, ...parameters: string[]): Promise<ImageDetails[]> {
  return JSON.parse(await scene.succeed('show', '--json=short', ...parameters));
}

async function showOne(scene: Scene, ...parameters: string[]): Promise<ImageDetails> {
  const [details, ...others] = await show(scene, ...parameters);
  assert.ok(details);
  assert.deepEqual(others, []);
  return details;
}

/** Block by block, what is shown of images by its name. */
function fieldsOf(text: string): Map<string, string>[] {
  return text.split('\n\n').map((block) => {
    const pairs = block.split('\n').map((line) => /^ *([^:]+): (.*)$/.exec(line)?.slice(1) ?? ['', '']);
    return new Map(pairs as [string, string][]);
  });
}

test('show tells all that is known of a tree and of a disk, and escapes what an image says of itself', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const tree = placeTree(scene, 'tree');
    write(scene.image('tree.nspawn'), '[Exec]\n');
    writeFileSync(scene.image('disk.raw'), Buffer.alloc(4096, 1));
    truncateSync(scene.image('disk.raw'), 1 << 20);
    const text = await scene.succeed('show', 'tree', 'disk');
    const [ofTree, ofDisk] = fieldsOf(text);
    const entries = ['', 'etc', 'etc/os-release', 'file'].map((name) => statSync(join(tree, name)));
    const onDisk = entries.reduce((sum, { blocks }) => sum + blocks * 512, 0);
    const bytes = 10_000 + Number(entries[2]?.size);
    const { image, size, sidecars, startCommands } = await showOne(scene, 'tree');
    assert.deepEqual(
      [image.class, image.name, image.type, image.path, image.readOnly],
      ['machine', 'tree', scene.type === 'btrfs' ? 'subvolume' : 'directory', tree, false],
    );
    assert.deepEqual([size?.bytes, size?.bytesOnDisk, size?.files, size?.unreadable], [bytes, onDisk, 4, 0]);
    assert.deepEqual(sidecars, [scene.image('tree.nspawn')]);
    assert.deepEqual(startCommands, [`systemd-nspawn -D ${tree}`]);
    assert.equal(ofTree?.get('System'), 'Own "1"\\x1b[31m');
    assert.match(ofTree?.get('Size') ?? '', new RegExp(`\\(${bytes} bytes\\)$`));
    assert.match(ofTree?.get('On Disk') ?? '', new RegExp(`\\(${onDisk} bytes\\)$`));
    assert.equal(ofTree?.get('Sidecar'), scene.image('tree.nspawn'));
    assert.equal(ofTree?.get('State'), 'idle');
    assert.equal(ofDisk?.get('Type'), 'raw');
    assert.equal(ofDisk?.get('Size'), '1M (1048576 bytes)');
    assert.equal(ofDisk?.get('System'), 'not known: The image is a disk; --inspect-disk reads it');
    assert.equal(ofDisk?.get('Start With'), `systemd-nspawn -i ${scene.image('disk.raw')}`);
  });
});

test('the size of a tree is used again as long as it is known to hold, and counted again on demand', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const tree = placeTree(scene, 'tree');
    const state = async (...options: string[]) => (await showOne(scene, 'tree', ...options)).size;
    const first = await state();
    assert.equal(first?.state, 'counted');
    const again = await state();
    assert.deepEqual(
      [again?.state, again?.countedAt],
      [scene.type === 'btrfs' ? 'unchanged' : 'earlier', first?.countedAt],
    );
    writeFileSync(join(tree, 'etc', 'more'), Buffer.alloc(5000, 1));
    const changed = await state();
    const grown = Number(first?.bytes) + 5000;
    // A change deep in a directory leaves no trace at its top: the number is told with its time.
    assert.deepEqual(
      [changed?.state, changed?.bytes],
      scene.type === 'btrfs' ? ['counted', grown] : ['earlier', first?.bytes],
    );
    const text = await scene.succeed('show', 'tree');
    const hint = fieldsOf(text)[0]?.get('Counted') ?? '';
    if (scene.type === 'ext4') assert.match(hint, / UTC; it may have changed, --recount counts again$/);
    else assert.match(hint, / UTC, unchanged since$/);
    const recounted = await state('--recount');
    assert.deepEqual([recounted?.state, recounted?.bytes], ['counted', grown]);
    await scene.succeed('read-only-image', 'tree');
    // A mark is a change of the directory that has it, and none of a subvolume.
    const marked = scene.type === 'btrfs' ? 'unchanged' : 'counted';
    assert.deepEqual([(await state())?.state, (await state())?.state], [marked, 'unchanged']);
    await scene.succeed('read-only-image', 'tree', 'no');
    assert.equal((await state())?.state, marked);
  });
});

test('list-images gives the size of a tree that was counted for as long as the tree tells that it still holds', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const tree = placeTree(scene, 'tree');
    const listed = async (): Promise<unknown> => {
      const [row, ...others] = JSON.parse(await scene.succeed('list-images', '--json=short', '--columns=name,usage'));
      assert.deepEqual([row.name, others], ['tree', []]);
      return row.usage;
    };
    assert.equal(await listed(), null);
    const counted = (await showOne(scene, 'tree')).size?.bytesOnDisk;
    // A plain tree that may be written to tells of no change.
    assert.equal(await listed(), scene.type === 'btrfs' ? counted : null);
    await scene.succeed('read-only-image', 'tree');
    const marked = (await showOne(scene, 'tree')).size?.bytesOnDisk;
    assert.equal(await listed(), marked);
    await scene.succeed('read-only-image', 'tree', 'no');
    writeFileSync(join(tree, 'etc', 'more'), Buffer.alloc(5000, 1));
    run('sync', ['-f', tree]);
    assert.equal(await listed(), null);
  });
});

test('a tree that is large enough for two threads has the size that du gives', async (t) => {
  await onEachScene(t, ['ext4', 'btrfs'], async (_t, scene) => {
    const tree = placeTree(scene, 'tree');
    for (let directory = 0; directory < 100; directory++) {
      const place = join(tree, `directory-${directory}`);
      mkdirSync(place);
      for (let file = 0; file < 100; file++) writeFileSync(join(place, `file-${file}`), 'x');
    }
    run('sync', ['-f', tree]);
    const [size = ''] = run('du', ['--summarize', '--block-size=1', tree]).split('\t');
    const shown = (await showOne(scene, 'tree', '--recount')).size;
    assert.deepEqual([shown?.files, shown?.bytesOnDisk], [4 + 100 * 101, Number(size)]);
  });
});

test('show names the subvolume that an image is a snapshot of', async (t) => {
  await onEachScene(t, ['btrfs'], async (_t, scene) => {
    const tree = placeTree(scene, 'tree');
    run('btrfs', ['subvolume', 'snapshot', tree, scene.image('copy')]);
    const [parent, copy] = [await showOne(scene, 'tree'), await showOne(scene, 'copy')];
    assert.match(parent.uuid ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.deepEqual([copy.parentUuid, copy.parentPath], [parent.uuid, tree]);
    assert.equal(fieldsOf(await scene.succeed('show', 'copy'))[0]?.get('Snapshot Of'), tree);
    await scene.succeed('remove-image', 'tree');
    const orphan = fieldsOf(await scene.succeed('show', 'copy'))[0]?.get('Snapshot Of');
    assert.equal(orphan, `${parent.uuid}, which is not among the images`);
  });
});

test('images that are not there are told of, the others shown; hidden downloads are shown by name', async (t) => {
  await onEachScene(t, ['ext4'], async (_t, scene) => {
    placeTree(scene, 'tree');
    mkdirSync(scene.image('stack.mstack'));
    writeFileSync(scene.image('.raw-https:\\x2f\\x2fexample\\x2ecom.raw'), 'disk');
    const { status, stdout, stderr } = await scene.host.ferryctl(['show', 'tre', 'tree', 'x/y']);
    assert.deepEqual([status, stdout], [exitStatus.invalid, '']);
    assert.match(stderr, /^'x\/y' cannot be .*\n$/);
    const some = await scene.host.ferryctl(['inspect', 'tre', 'tree']);
    assert.equal(some.status, exitStatus.notFound);
    assert.equal(fieldsOf(some.stdout)[0]?.get('Name'), 'tree');
    assert.match(some.stderr, /^Failed to show image 'tre': There is no image 'tre' in .*\. Did you mean tree\?\n$/);
    const hidden = await showOne(scene, '.raw-https:\\x2f\\x2fexample\\x2ecom');
    const stack = fieldsOf(await scene.succeed('show', 'stack'))[0];
    assert.equal(stack?.get('System'), `not known: ${noReleaseInLayers}`);
    assert.equal(stack?.get('Start With'), `systemd-nspawn --mstack=${scene.image('stack.mstack')}`);
    assert.deepEqual([hidden.image.readOnly, hidden.startCommands], [true, []]);
  });
});

test('a user sees images of all classes, and which of several of one name is meant', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using user = ferryUser(t, { user: nobody });
  const place = (directory: string, name: string) => {
    const path = join(user.home, 'state', directory, name);
    mkdirSync(path, { recursive: true });
    chownSync(path, nobody, nobody);
    return path;
  };
  const [machine] = [place('machines', 'same'), place('portables', 'same')];
  mkdirSync(join(machine, 'closed'), { mode: 0o700 });
  const { status, stdout, stderr } = await user.ferryctl(['show', 'same']);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /^Several images are called 'same' \(machine, portable\); choose one with -m or -P$/m);
  const [first, second] = fieldsOf(stdout);
  assert.equal(first?.get('Start With'), `systemd-nspawn -D ${machine}`);
  assert.equal(first?.get('Not Counted'), '1 unreadable directories');
  assert.equal(second?.get('Start With'), 'portablectl --user attach same');
  const one = await user.ferryctl(['show', '-P', 'same', '.host']);
  assert.equal(one.status, exitStatus.notFound);
  assert.match(one.stderr, /^Failed to show image '\.host': There is no image '\.host' of class portable; .*\n$/m);
  const host = await user.ferryctl(['show', '.host']);
  const size = fieldsOf(host.stdout)[0]?.get('Size');
  assert.equal(size, 'not known: The host itself is counted with --recount only');
});
