import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Image, type ListOptions, listImages } from '../../../service/images/manage/images.js';
import { run } from '../../support/command.js';
import { filesystemNeeds, mountedFilesystem, onEachFilesystem } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { tooManyLinks } from '../../support/texts/common.js';

async function allOf(options: ListOptions): Promise<Image[]> {
  const images: Image[] = [];
  await listImages(options, (image) => images.push(image));
  return images;
}

function list(root: string, imageClass: Image['class'] = 'machine'): Promise<Image[]> {
  return allOf({ class: imageClass, scope: 'system', environment: {}, root });
}

function brief(images: Image[], root: string): string[] {
  return images.map(({ name, type, path, readOnly }) => {
    return [name, type, path.replace(`${root}/`, ''), readOnly ? 'ro' : 'rw'].join(' ');
  });
}

test('what counts as an image, and under which name', async (t) => {
  await using directory = temporaryDirectory(t);
  const root = directory.file('confexts');
  const make = (path: string) => mkdirSync(join(root, path), { recursive: true });
  const write = (path: string) => writeFileSync(join(root, path), '');
  for (const path of ['tree', 'e.sysext', 'f.confext', 's.mstack', 's2.mstack/rw', '.hid', 'empty.v', '.sysupdate.x'])
    make(path);
  for (const path of ['y.confext.raw.v', 't.v/t_1', 't.v/t_2', '.#ferry-x-0123456789abcdef']) make(path);
  for (const path of ['a.raw', 'b.confext.raw', 'c.sysext.raw', 'noraw', '.raw', 'a.raw.nspawn', 'd.img']) write(path);
  for (const path of ['y.confext.raw.v/y_9.confext.raw', 'y.confext.raw.v/y_10.confext.raw', 'ro.raw']) write(path);
  chmodSync(join(root, 'ro.raw'), 0o444);
  write('../target');
  mkdirSync(join(root, '../target-tree'));
  symlinkSync('../target', join(root, 'link.raw'));
  symlinkSync('../target-tree', join(root, 'linked'));
  symlinkSync('nowhere', join(root, 'dangling.raw'));
  run('mkfifo', [join(root, 'fifo.raw')]);
  const resolved = (name: string) => directory.file(name);
  assert.deepEqual(brief(await list(root, 'confext'), root), [
    '.hid directory .hid ro',
    'a raw a.raw rw',
    'b raw b.confext.raw rw',
    'c.sysext raw c.sysext.raw rw',
    'e.sysext directory e.sysext rw',
    'f directory f.confext rw',
    `link raw ${resolved('target')} rw`,
    `linked directory ${resolved('target-tree')} rw`,
    'ro raw ro.raw ro',
    's mstack s.mstack ro',
    's2 mstack s2.mstack rw',
    't directory t.v/t_2 rw',
    'tree directory tree rw',
    'y raw y.confext.raw.v/y_10.confext.raw rw',
  ]);
});

test('of two of one name in a directory, the tree counts', async (t) => {
  await using directory = temporaryDirectory(t);
  for (const path of ['dup', 'x.mstack', 'x.v/x_1']) mkdirSync(directory.file(path), { recursive: true });
  for (const path of ['dup.raw', 'x.raw']) writeFileSync(directory.file(path), '');
  assert.deepEqual(brief(await list(directory.path), directory.path), ['dup directory dup rw', 'x raw x.raw rw']);
});

test('the first directory of the search path counts, all classes in order', async (t) => {
  await using directory = temporaryDirectory(t);
  const environment = {
    HOME: directory.file('home'),
    XDG_RUNTIME_DIR: directory.file('run'),
    XDG_STATE_HOME: directory.file('state'),
  };
  for (const path of [
    'run/machines/a',
    'state/machines/a',
    'state/machines/b',
    'home/.local/lib/machines/c',
    'state/extensions/z',
  ])
    mkdirSync(directory.file(path), { recursive: true });
  const images = await allOf({ scope: 'user', environment });
  assert.deepEqual(
    images.map((image) => [image.class, image.name, image.path.replace(`${directory.path}/`, '')]),
    [
      ['machine', '.host', '/'],
      ['machine', 'a', 'run/machines/a'],
      ['machine', 'b', 'state/machines/b'],
      ['machine', 'c', 'home/.local/lib/machines/c'],
      ['sysext', 'z', 'state/extensions/z'],
    ],
  );
  assert.deepEqual(await allOf({ scope: 'user', environment, class: 'portable' }), []);
});

test('times and sizes of a disk image', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const image = join(path, 'a.raw');
    writeFileSync(image, 'x'.repeat(10000));
    truncateSync(image, 1 << 30);
    run('setfattr', ['-n', 'user.crtime_usec', '-v', '0x0070c8f1ae050000', image]);
    run('touch', ['-d', '@1600000000.123456', image]);
    run('sync', ['-f', path]);
    const [found] = (await list(path)).filter(({ name }) => name === 'a');
    const usage = statSync(image).blocks * 512;
    assert.ok(usage > 0 && usage < 1 << 20);
    assert.deepEqual(found, {
      class: 'machine',
      name: 'a',
      path: image,
      hidden: false,
      type: 'raw',
      readOnly: false,
      creationTimestamp: Number(Buffer.from('0070c8f1ae050000', 'hex').readBigUInt64LE()),
      modificationTimestamp: 1_600_000_000_123_456,
      usage,
      usageExclusive: usage,
      limit: 1 << 30,
      limitExclusive: 1 << 30,
    });
  });
});

test('a tree: read-only by its flag, made when the filesystem says', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const started = Date.now() * 1000 - 1_000_000;
    for (const name of ['rw', 'ro']) mkdirSync(join(path, name));
    run('chattr', ['+i', join(path, 'ro')]);
    const found = (await list(path)).filter(({ name }) => name !== 'lost+found');
    assert.deepEqual(brief(found, path), ['ro directory ro ro', 'rw directory rw rw']);
    for (const { creationTimestamp, ...rest } of found) {
      assert.ok(creationTimestamp !== undefined && creationTimestamp >= started, 'microseconds since 1970');
      assert.deepEqual([rest.modificationTimestamp, rest.usage, rest.limit], [undefined, undefined, undefined]);
    }
    run('chattr', ['-i', join(path, 'ro')]);
  });
});

test('a subvolume: read-only by its flag, usage and limit while quota is on', async (t) => {
  if (!needs(t, filesystemNeeds('btrfs'))) return;
  await using filesystem = mountedFilesystem(t, 'btrfs', 256);
  const { path } = filesystem;
  for (const name of ['a', 'b']) run('btrfs', ['subvolume', 'create', join(path, name)]);
  writeFileSync(join(path, 'a/x'), Buffer.alloc(1 << 20, 1));
  run('btrfs', ['property', 'set', '-ts', join(path, 'b'), 'ro', 'true']);
  const off = await list(path);
  assert.deepEqual(brief(off, path), ['a subvolume a rw', 'b subvolume b ro']);
  assert.deepEqual(
    off.map(({ usage, limit }) => [usage, limit]),
    [
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  assert.ok(
    off.every(
      ({ creationTimestamp, modificationTimestamp }) =>
        (creationTimestamp ?? 0) > 1e15 && (modificationTimestamp ?? 0) > 1e15,
    ),
  );
  run('btrfs', ['quota', 'enable', path]);
  run('btrfs', ['quota', 'rescan', '-w', path]);
  run('btrfs', ['qgroup', 'limit', '100M', join(path, 'a')]);
  run('btrfs', ['qgroup', 'limit', '-e', '50M', join(path, 'a')]);
  run('sync', ['-f', path]);
  const [a, b] = await list(path);
  assert.ok(a?.usage && a.usage >= 1 << 20 && a.usage < 2 << 20);
  assert.ok(a.usageExclusive && a.usageExclusive >= 1 << 20);
  assert.deepEqual(
    [a.limit, a.limitExclusive, b?.limit, b?.limitExclusive],
    [100 << 20, 50 << 20, undefined, undefined],
  );
});

test('a block device, and a filesystem mounted read-only', async (t) => {
  if (!needs(t, { ...filesystemNeeds('ext4'), programs: ['losetup', 'blockdev', 'mount', 'mkfs.ext4'] })) return;
  await using filesystem = mountedFilesystem(t, 'ext4', 64);
  const { path } = filesystem;
  writeFileSync(join(path, 'backing'), '');
  truncateSync(join(path, 'backing'), 1 << 20);
  const device = run('losetup', ['--find', '--show', join(path, 'backing')]).trim();
  try {
    symlinkSync(device, join(path, 'disk'));
    mkdirSync(join(path, 'tree'));
    const named = async (name: string) => (await list(path)).find((image) => image.name === name);
    const disk = await named('disk');
    assert.deepEqual(
      [disk?.type, disk?.path, disk?.readOnly, disk?.usage, disk?.limit],
      ['block', device, false, 1 << 20, 1 << 20],
    );
    run('blockdev', ['--setro', device]);
    assert.equal((await named('disk'))?.readOnly, true);
    assert.equal((await named('tree'))?.readOnly, false);
  } finally {
    // The mark would stay with the device, for whoever gets it next.
    run('blockdev', ['--setrw', device]);
    run('losetup', ['--detach', device]);
  }
  run('mount', ['-o', 'remount,ro', path]);
  assert.equal((await list(path)).find((image) => image.name === 'tree')?.readOnly, true);
});

test('what cannot be read is a failure with a class, and a warning without', async (t) => {
  await using directory = temporaryDirectory(t);
  const environment = {
    HOME: directory.path,
    XDG_STATE_HOME: directory.file('state'),
    XDG_RUNTIME_DIR: directory.file('run'),
  };
  mkdirSync(directory.file('state'));
  symlinkSync('machines', directory.file('state/machines'));
  const warnings: string[] = [];
  const options = { scope: 'user' as const, environment };
  assert.deepEqual(await allOf({ ...options, warn: (message) => warnings.push(message) }), []);
  const reason = `${directory.file('state/machines')}: ${tooManyLinks}`;
  assert.ok(warnings[0]?.startsWith(`The images of class machine are left out: ${reason} (`), warnings[0]);
  await assert.rejects(allOf({ ...options, class: 'machine' }), { kind: 'FileSystemError' });
});

test('one image is found by its name as in the list of all, whatever it is kept as', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  const long = 'x'.repeat(200);
  for (const name of ['tree', 'e.sysext', 's.mstack', 't.v/t_1', 'y.raw', long])
    mkdirSync(join(path, name), { recursive: true });
  for (const name of ['tree.raw', 'a.raw', 'b.sysext.raw', 'n']) writeFileSync(join(path, name), '');
  symlinkSync('nowhere', join(path, 'dangling.raw'));
  for (const imageClass of ['machine', 'sysext'] as const) {
    const options = { class: imageClass, scope: 'system', environment: {}, root: path } as const;
    const all = await allOf(options);
    assert.ok(all.length > 5);
    for (const image of all) assert.deepEqual(await allOf({ ...options, name: image.name }), [image]);
    for (const name of ['nothing', 'dangling', 'n', 'tree.raw', 'x'.repeat(250), 'x'.repeat(255)])
      assert.deepEqual(await allOf({ ...options, name }), [], name);
  }
});
