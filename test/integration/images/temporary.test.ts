import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { entryOf, isTemporaryName, temporaryName } from '../../../service/images/install/holder.js';
import { cleanStale, createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { cleanImages } from '../../../service/images/manage/clean.js';
import { run } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { isSubvolumePath, namesIn, testHost } from '../../support/images/image-root.js';
import { needs } from '../../support/needs.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('names of ours', () => {
  assert.equal(isTemporaryName(temporaryName('roothash.p7s')), true);
  for (const name of [
    '.#ferry-x',
    '.#rawabcdef0123456789',
    '.#ferry-x-0123',
    'ferry-x-0123456789abcdef',
    '.#partial-x',
  ])
    assert.equal(isTemporaryName(name), false, name);
});

test('what is under construction goes away unless it was installed', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    using root = ImageRoot.open(path);
    {
      using file = createTemporaryFile(root, 'a');
      using tree = createTemporaryTree(root, 'b');
      using directory = createTemporaryTree(root, 'c', { subvolume: false });
      assert.equal(isSubvolumePath(tree.path), type === 'btrfs');
      assert.equal(isSubvolumePath(directory.path), false);
      assert.equal(lstatSync(tree.path).mode & 0o777, 0o755);
      assert.equal(namesIn(path).length, 3);
      writeFileSync(join(tree.path, 'x'), '');
      assert.ok(existsSync(file.path));
    }
    assert.deepEqual(namesIn(path), []);
    {
      using file = createTemporaryFile(root, 'a');
      file.settle();
    }
    assert.equal(namesIn(path).length, 1);
  });
});

/** The difficult things that a transfer may leave. */
function makeStaleTree(tree: string, btrfs: boolean): void {
  mkdirSync(join(tree, 'closed/inner'), { recursive: true });
  writeFileSync(join(tree, 'closed/inner/x'), 'x'.repeat(10000));
  writeFileSync(join(tree, 'append'), 'x');
  run('chattr', ['+a', join(tree, 'append')]);
  run('chattr', ['+i', join(tree, 'closed/inner/x'), join(tree, 'closed/inner')]);
  run('mknod', [join(tree, 'null'), 'c', '1', '3']);
  symlinkSync('/etc', join(tree, 'link'));
  if (btrfs) {
    run('btrfs', ['subvolume', 'create', join(tree, 'sub')]);
    run('btrfs', ['subvolume', 'create', join(tree, 'sub/sub')]);
    writeFileSync(join(tree, 'sub/sub/y'), '');
    run('btrfs', ['property', 'set', '-ts', join(tree, 'sub/sub'), 'ro', 'true']);
    run('btrfs', ['property', 'set', '-ts', join(tree, 'sub'), 'ro', 'true']);
  }
  chmodSync(join(tree, 'closed'), 0);
}

test('cleaning removes what nobody holds, whatever it is, and tells its size', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    using root = ImageRoot.open(path);
    using live = createTemporaryFile(root, 'live');
    using liveTree = createTemporaryTree(root, 'live');
    const names = ['tree', 'plain', 'file', 'link'].map((tag) => temporaryName(tag));
    const [tree = '', plain = '', file = '', link = ''] = names.map((name) => join(path, name));
    if (type === 'btrfs') run('btrfs', ['subvolume', 'create', tree]);
    else mkdirSync(tree);
    mkdirSync(plain);
    for (const directory of [tree, plain]) makeStaleTree(directory, type === 'btrfs');
    if (type === 'btrfs') run('btrfs', ['property', 'set', '-ts', tree, 'ro', 'true']);
    writeFileSync(file, 'x'.repeat(100000));
    run('chattr', ['+i', file]);
    symlinkSync('/etc', link);
    const others = ['.#partial-x', '.#rawabcdef0123456789', 'img', '.raw-x.raw'];
    for (const other of others) writeFileSync(join(path, other), '');
    run('sync', ['-f', path]);

    const found = cleanStale(root, { dryRun: true });
    assert.deepEqual(
      found.map((leftover) => leftover.path),
      [tree, plain, file, link].sort(),
    );
    assert.ok((found.find((leftover) => leftover.path === file)?.bytes ?? 0) >= 100000);
    assert.ok((found.find((leftover) => leftover.path === plain)?.bytes ?? 0) >= 8192);
    assert.deepEqual(cleanStale(root), found);
    assert.deepEqual(namesIn(path), [...others, entryOf(live.name), entryOf(liveTree.name)].sort());
    assert.ok(existsSync('/etc/passwd'));
  });
});

test('what a killed process held is stale at once', async (t) => {
  await using directory = temporaryDirectory(t);
  const modules = ['layout/root', 'install/temporary'].map((name) =>
    pathToFileURL(join(import.meta.dirname, `../../../service/images/${name}.js`)),
  );
  const script = `
    const { ImageRoot } = await import('${modules[0]}');
    const { createTemporaryFile, createTemporaryTree } = await import('${modules[1]}');
    const root = ImageRoot.open('${directory.path}');
    const kept = [createTemporaryFile(root, 'a'), createTemporaryTree(root, 'b')];
    process.stdout.write(kept.length + '');
    setInterval(() => kept.length, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    using root = ImageRoot.open(directory.path);
    assert.deepEqual(cleanStale(root), []);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(cleanStale(root).length, 2);
    assert.deepEqual(namesIn(directory.path), []);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a user cleans what nobody may enter', async (t) => {
  if (!needs(t, { root: true, programs: ['setpriv', 'chown'] })) return;
  await using directory = temporaryDirectory(t);
  const stale = directory.file(temporaryName('x'));
  mkdirSync(join(stale, 'a/b'), { recursive: true });
  writeFileSync(join(stale, 'a/b/c'), '');
  for (const path of ['a/b', 'a', '.']) chmodSync(join(stale, path), path === '.' ? 0o700 : 0);
  run('chown', ['-R', '12345:12345', directory.path]);
  const script = `
    const { ImageRoot } = await import('${pathToFileURL(join(import.meta.dirname, '../../../service/images/layout/root.js'))}');
    const { cleanStale } = await import('${pathToFileURL(join(import.meta.dirname, '../../../service/images/install/temporary.js'))}');
    console.log(cleanStale(ImageRoot.open('${directory.path}')).length);`;
  const user = ['--reuid', '12345', '--regid', '12345', '--clear-groups'];
  assert.equal(run('setpriv', [...user, process.execPath, '--input-type=module', '-e', script]).trim(), '1');
  assert.deepEqual(namesIn(directory.path), []);
});

test('a directory that is gone is a failure that names it', async (t) => {
  await using directory = temporaryDirectory(t);
  assert.throws(() => ImageRoot.open(directory.file('x')), {
    kind: 'FileSystemError',
    facts: { path: directory.file('x'), errorName: 'ENOENT' },
  });
  using root = ImageRoot.open(directory.file('new/root'), { create: true });
  assert.equal(lstatSync(directory.file('new')).mode & 0o777, 0o700);
  run('rm', ['-r', directory.file('new')]);
  assert.throws(() => createTemporaryFile(root, 'x'), { kind: 'FileSystemError' });
});

test('one leftover that cannot be removed keeps no other from being removed', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const names = ['a', 'b', 'c'].map((tag) => temporaryName(tag));
      const [first = '', second = '', third = ''] = names.map((name) => join(path, name));
      for (const tree of [first, second, third]) mkdirSync(join(tree, 'mnt'), { recursive: true });
      for (const tree of [first, third]) run('mount', ['-t', 'tmpfs', 'none', join(tree, 'mnt')]);
      const partial = join(path, `.#partial-${'0'.repeat(32)}`);
      const original = join(path, '.raw-http:\\x2f\\x2fx\\x2fa.raw');
      for (const file of [partial, original]) writeFileSync(file, 'x');
      try {
        const host = testHost(path);
        assert.throws(() => cleanImages(path, host), { kind: 'FileSystemError', message: /mnt.*is a mount point/ });
        assert.deepEqual(namesIn(path), [names[0], names[2]].sort());
        const failures: unknown[] = [];
        assert.deepEqual(cleanImages(path, host, { onFailure: (failure) => failures.push(failure) }), []);
        assert.equal(failures.length, 2);
      } finally {
        for (const tree of [first, third]) run('umount', [join(tree, 'mnt')]);
      }
      assert.equal(cleanImages(path, testHost(path)).length, 2);
      assert.deepEqual(namesIn(path), []);
    },
    ['ext4', 'btrfs'],
  );
});
