import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run } from '../../support/command.js';
import { filesystemNeeds, makeParameters } from '../../support/images/filesystems.js';
import { like, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { needsService, setStage } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { removeTree, temporaryDirectory } from '../../support/temporary.js';
import { fileSystemFull } from '../../support/texts/common.js';
import { couldNotBeWritten, noSpaceFor, rootOfImage } from '../../support/texts/formats.js';
import { completeButMayBeUndone, noRoomFor } from '../../support/texts/images.js';
import { Injector } from './injection.js';
import { digestOf, makeContents, reset, type Scene, type Work, works } from './works.js';

/*
 * Disks that are really full or broken, step by step: what the kernel does then, not what strace(1) makes of it.
 * errors.test.ts has the calls that it does not come to.
 */

const page = 4096;
/** Bytes that a step leaves free more than the one before: pulls, which are slower, take two copies of the image. */
const stride = { pull: 8 * page, import: 4 * page };

const entry = `('.+'|${rootOfImage})`;
const forms = [
  like`^The file system is full \(\d+ ${noRoomFor(re(/ROOT(\/\S+)?/), 'Make room')}$`,
  like`^(The image|The exported image|ROOT) ${couldNotBeWritten(fileSystemFull, re(/\d+/), 'make room')}$`,
  /^The archive has \d+ bytes of data, and there is room for \d+: make room and try again$/,
  new RegExp(`^The file system is full: ${noSpaceFor(entry, '\\d+')}$`),
];

/** A pull of the same, compressed: nobody knows then how much will come. */
const compressed = (work: Work, format: 'raw' | 'tar'): Work => ({
  ...work,
  what: `${work.what}, compressed`,
  run: ({ stage, file }) => {
    const url = stage.server.serve(`/new.${format}.gz`, gzipSync(readFileSync(file(`new.${format}`))));
    return stage.transfers.pull(stage.pull(url, 'x', { format, keepDownload: true, force: true }));
  },
});

const { importRaw, importTar, importTree, pullRaw, pullTar } = works;
const rows = [compressed(pullRaw, 'raw'), compressed(pullTar, 'tar'), pullTar, importRaw, importTar, importTree];

const usedOf = (path: string) => {
  const { blocks, bfree, bsize } = statfsSync(path);
  return (blocks - bfree) * bsize;
};

/** Leaves so many bytes free on a tmpfs. */
function leaveFree(mount: string, bytes: number): void {
  run('mount', ['-o', `remount,size=${usedOf(mount) + bytes}`, mount]);
}

interface Met {
  readonly message: string | null;
  readonly digest: string;
  readonly names: string[];
  /** Bytes that the transfer took and did not give back. */
  readonly kept: number;
}

/** Does a work over an old image with so many bytes free. */
async function attempt(scene: Scene, work: Work, mount: string, free: number): Promise<Met> {
  run('mount', ['-o', 'remount,size=64m', mount]);
  for (const name of readdirSync(scene.root)) removeTree(join(scene.root, name));
  reset(scene, work);
  const used = usedOf(mount);
  leaveFree(mount, free);
  const message = await work.run(scene).then(
    () => null,
    (error) => String(error.parameters?.message).replaceAll(scene.root, 'ROOT'),
  );
  const names = readdirSync(scene.root);
  return { message, digest: digestOf(join(scene.root, work.fileName)), names, kept: usedOf(mount) - used };
}

/** From no room to enough: the old image is there with a message, until the new one is there without. */
async function sweep(scene: Scene, work: Work, mount: string): Promise<number> {
  const old = await attempt(scene, work, mount, 0);
  const whole = await attempt(scene, work, mount, 16 * 1024 * 1024);
  assert.equal(whole.message, null);
  assert.notEqual(old.digest, whole.digest);
  for (let free = 0, failed = 0; ; free += stride[work.verb], failed++) {
    const { message, digest, names, kept } = await attempt(scene, work, mount, free);
    const says = `${work.what} with ${free} bytes free: ${message}`;
    if (message === null) {
      assert.equal(digest, whole.digest, says);
      assert.deepEqual(names, whole.names, says);
      return failed;
    }
    assert.ok(
      forms.some((form) => form.test(message)),
      says,
    );
    assert.equal(digest, old.digest, says);
    // A download that was complete before the copy of it had no room stays, as one that is kept.
    const isKept = names.length > 1;
    if (!isKept) assert.equal(kept, 0, says);
    assert.deepEqual(
      names.filter((name) => name !== work.fileName && !/^\.(raw|tar)-/.test(name)),
      [],
      says,
    );
  }
}

test('a disk that gets full at any step is told with its free bytes, and has the old image or a whole new one', async (t) => {
  if (!needsService(t, 'setfattr', 'tar') || !needs(t, { features: ['mount'] })) return;
  const place = temporaryDirectory(t);
  const [mount, source] = [place.file('full'), place.file('source')];
  for (const path of [mount, source]) mkdirSync(path);
  run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', mount]);
  const root = join(mount, 'images');
  mkdirSync(root);
  const file = (...names: string[]) => join(source, ...names);
  makeContents(file, 'ext4');
  const stage = await setStage(t, { imageRoot: root });
  const scene = { stage, injector: new Injector(place.file('injector')), root, file };
  for (const work of rows)
    await t.test(work.what, async () => {
      const failed = await sweep(scene, work, mount);
      assert.ok(failed > 3, `${failed} steps failed`);
      tally('faults injected', failed);
    });
});

/** What is exported to a file of that name, with which options. */
const exported = [
  { file: 'disk.raw', call: ['export-raw', 'disk'] },
  { file: 'disk.raw.gz', call: ['export-raw', 'disk'] },
  { file: 'tree.tar', call: ['export-tar', 'tree'] },
  { file: 'tree.tar.zst', call: ['export-tar', 'tree'] },
  { file: 'tree.oci', call: ['export-oci', 'tree'] },
];

const noRoomForExport = like`^Failed to export image '(disk|tree)': The exported image ${couldNotBeWritten(fileSystemFull, re(/\d+/), 'make room')}\.$`;

test('an export for which there is no room is told of with the free bytes; the file is the old one, or a whole new one', async (t) => {
  if (!needsService(t) || !needs(t, { features: ['mount'] })) return;
  const place = temporaryDirectory(t);
  const [mount, root] = [place.file('full'), place.file('images')];
  for (const path of [mount, root, join(root, 'tree')]) mkdirSync(path);
  run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', mount]);
  for (const name of ['disk.raw', 'tree/file']) writeFileSync(join(root, name), randomBytes(24 * page));
  const { host } = await setStage(t, { imageRoot: root });
  for (const { file, call } of exported)
    await t.test(file, async () => {
      const path = join(mount, file);
      run('mount', ['-o', 'remount,size=64m', mount]);
      writeFileSync(path, 'an older export');
      for (let free = 0, failed = 0; ; free += 4 * page, failed++) {
        leaveFree(mount, free);
        const { status, stderr } = await host.ferryctl([...call, path, '--quiet']);
        if (status === 0) {
          assert.ok(failed > 3, `${failed} steps failed`);
          assert.ok(readFileSync(path).length > 20 * page);
          tally('faults injected', failed);
          removeTree(path);
          return;
        }
        assert.match(stderr.trim(), noRoomForExport, `${free} bytes free`);
        assert.equal(readFileSync(path, 'utf8'), 'an older export');
        assert.deepEqual(readdirSync(mount), [file]);
      }
    });
});

test('an imported qcow2 needs room for its disk alone: it is converted from where it lies', async (t) => {
  if (!needsService(t, 'qemu-img') || !needs(t, { features: ['mount'] })) return;
  const place = temporaryDirectory(t);
  const [mount, plain, qcow2] = [place.file('full'), place.file('plain'), place.file('disk.qcow2')];
  writeFileSync(plain, randomBytes(4 * 1024 * 1024));
  run('qemu-img', ['convert', '-q', '-f', 'raw', '-O', 'qcow2', plain, qcow2]);
  mkdirSync(mount);
  run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'none', mount]);
  const { host } = await setStage(t, { imageRoot: mount });
  const { status, stderr } = await host.ferryctl(['import-raw', qcow2, 'disk', '--quiet']);
  assert.equal(status, 0, stderr);
  assert.equal(digestOf(join(mount, 'disk.raw')), digestOf(plain));
  assert.deepEqual(readdirSync(mount), ['disk.raw']);
});

/**
 * What is said of a disk that takes nothing any more: it shows where what was written is synced, or when ext4 has given up. The
 * kernel may also pass on that what lies below is full.
 */
const broken = [
  ...forms.slice(0, 2),
  /^(ROOT(\/\S+)?|\/run\/systemd\/nspawn\/locks): the (disk reports an input\/output error|file system is read-only) \([\w ]+: (EIO|EROFS)\)$/,
  new RegExp(
    `^Cannot (read|write) ${entry}: \\w+ failed with (EIO|EROFS), the (disk reports an input/output error|file system is read-only)$`,
  ),
  like`^ROOT\/\S+ ${completeButMayBeUndone}: `,
];

test('a disk that takes nothing any more is told of, and has the old image or a whole new one afterwards', async (t) => {
  if (!needsService(t, 'setfattr', 'tar', 'e2fsck') || !needs(t, filesystemNeeds('ext4'))) return;
  for (const work of [importRaw, importTar, importTree, pullRaw])
    await t.test(work.what, async (t) => {
      const place = temporaryDirectory(t);
      const [backing, mount, source] = [place.file('backing'), place.file('mount'), place.file('source')];
      for (const path of [backing, mount, source]) mkdirSync(path);
      run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', backing]);
      const disk = join(backing, 'disk');
      writeFileSync(disk, '');
      truncateSync(disk, 128 * 1024 * 1024);
      run('mkfs.ext4', [...makeParameters.ext4, '-J', 'size=4', '-e', 'remount-ro', disk]);
      const mounted = () => run('mount', ['-o', 'loop', disk, mount]);
      mounted();
      const root = join(mount, 'images');
      mkdirSync(root);
      const file = (...names: string[]) => join(source, ...names);
      makeContents(file, 'ext4');
      const stage = await setStage(t, { imageRoot: root });
      const scene = { stage, injector: new Injector(place.file('injector')), root, file };
      reset(scene, work);
      const image = join(root, work.fileName);
      const old = digestOf(image);
      await work.run(scene);
      const whole = digestOf(image);
      reset(scene, work);
      run('sync', ['-f', root]);
      // Nothing that is written below the file system has room.
      leaveFree(backing, 0);
      const message = await work.run(scene).then(
        () => null,
        (error) => String(error.parameters?.message).replaceAll(root, 'ROOT'),
      );
      assert.ok(message !== null && broken.some((form) => form.test(message)), `${message}`);
      await stage.host[Symbol.asyncDispose]();
      run('umount', [mount]);
      run('mount', ['-o', 'remount,size=128m', backing]);
      run('sh', ['-c', 'e2fsck -fy "$1" >/dev/null || [ $? = 1 ]', 'sh', disk]);
      mounted();
      assert.ok([old, whole].includes(digestOf(image)), message);
      tally('faults injected');
    });
});
