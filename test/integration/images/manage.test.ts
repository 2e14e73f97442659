import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryName } from '../../../service/images/install/holder.js';
import { lockImage } from '../../../service/images/install/locks.js';
import { createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import { pristineName } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { cleanImages } from '../../../service/images/manage/clean.js';
import { listImages } from '../../../service/images/manage/images.js';
import {
  cloneImage,
  type ManageOptions,
  removeImage,
  renameImage,
  setImageReadOnly,
} from '../../../service/images/manage/manage.js';
import { placePristine } from '../../../service/images/pristine/pristine.js';
import { run } from '../../support/command.js';
import type { FilesystemType } from '../../support/images/filesystems.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import {
  contentsOf,
  isMarkedImmutable,
  isReadOnlySubvolume,
  isSubvolumePath,
  namesIn,
  testHost,
  writeTree,
} from '../../support/images/image-root.js';
import { inUse } from '../../support/texts/common.js';
import { mountPointInTree } from '../../support/texts/images.js';

function options(path: string, warnings: string[] = []): ManageOptions {
  return { imageClass: 'machine', host: testHost(path), root: path, warn: (message) => warnings.push(message) };
}

const sidecars = ['.nspawn', '.roothash', '.verity', '.raw.tpmstate'];

/** Makes a disk image and a tree, each with sidecars. */
function makeImages(path: string, type: FilesystemType): void {
  writeFileSync(join(path, 'disk.raw'), 'disk');
  if (type === 'btrfs') run('btrfs', ['subvolume', 'create', join(path, 'tree')]);
  else mkdirSync(join(path, 'tree'));
  writeTree(join(path, 'tree'), 'tree');
  for (const name of ['disk', 'tree'])
    for (const suffix of sidecars) writeFileSync(join(path, name + suffix), suffix, { mode: 0o600 });
}

async function readOnlyState(path: string, name: string): Promise<boolean | undefined> {
  let state: boolean | undefined;
  await listImages({ scope: 'user', environment: {}, root: path, name }, ({ readOnly }) => {
    state = readOnly;
  });
  return state;
}

function namesOf(name: string, path: string): string[] {
  return namesIn(path).filter((each) => each === name || each.startsWith(`${name}.`));
}

test('read-only and back, with the marks that systemd reads', async (t) => {
  await onEachFilesystem(t, async (path, type) => {
    makeImages(path, type);
    mkdirSync(join(path, 'plain'));
    for (const name of ['disk', 'tree', 'plain']) {
      for (const readOnly of [true, true, false, false]) {
        setImageReadOnly(name, readOnly, options(path));
        assert.equal(await readOnlyState(path, name), readOnly, name);
      }
    }
    setImageReadOnly('disk', true, options(path));
    assert.equal(lstatSync(join(path, 'disk.raw')).mode & 0o222, 0);
    setImageReadOnly('tree', true, options(path));
    const seen = type === 'btrfs' ? isReadOnlySubvolume : isMarkedImmutable;
    assert.equal(seen(join(path, 'tree')), true);
  });
});

test('an image is renamed with what belongs to it, read-only as it is', async (t) => {
  await onEachFilesystem(t, async (path, type) => {
    makeImages(path, type);
    for (const name of ['disk', 'tree']) {
      setImageReadOnly(name, true, options(path));
      renameImage(name, `new-${name}`, options(path));
      assert.deepEqual(namesOf(name, path), []);
      const main = name === 'disk' ? 'new-disk.raw' : 'new-tree';
      assert.deepEqual(
        namesOf(`new-${name}`, path),
        [main, ...sidecars.map((suffix) => `new-${name}${suffix}`)].sort(),
      );
      assert.equal(await readOnlyState(path, `new-${name}`), true);
      setImageReadOnly(`new-${name}`, false, options(path));
    }
  });
});

test('renaming refuses what is taken, invalid, absent or in use', async (t) => {
  await onEachFilesystem(
    t,
    (path, type) => {
      makeImages(path, type);
      mkdirSync(join(path, 'v.v/v_1'), { recursive: true });
      const attempt = (name: string, newName: string) => () => renameImage(name, newName, options(path));
      assert.throws(attempt('disk', 'tree'), {
        kind: 'ImageExists',
        facts: { name: 'tree', path: join(path, 'tree') },
      });
      assert.throws(attempt('disk', 'a/b'), { kind: 'InvalidName' });
      assert.throws(attempt('nothing', 'x'), { kind: 'NoSuchImage', facts: { name: 'nothing' } });
      assert.throws(attempt('.host', 'x'), { kind: 'ImageBusy' });
      assert.throws(attempt('v', 'x'), { kind: 'FileSystemError' });
      using _lock = lockImage(join(path, 'disk.raw'), 'disk', 'exclusive', testHost(path));
      for (const refused of [
        attempt('disk', 'x'),
        () => removeImage('disk', options(path)),
        () => setImageReadOnly('disk', true, options(path)),
      ])
        assert.throws(refused, { kind: 'ImageBusy' });
      assert.equal(contentsOf(join(path, 'disk.raw')), 'disk');
    },
    ['ext4'],
  );
});

test('an image is removed with what belongs to it, read-only or not', async (t) => {
  await onEachFilesystem(t, async (path, type) => {
    for (const readOnly of [false, true]) {
      makeImages(path, type);
      for (const name of ['disk', 'tree']) {
        setImageReadOnly(name, readOnly, options(path));
        removeImage(name, options(path));
      }
      assert.deepEqual(namesIn(path), []);
    }
    mkdirSync(join(path, 'elsewhere-dir'));
    symlinkSync('elsewhere-dir', join(path, 'link'));
    removeImage('link', options(path));
    assert.deepEqual(namesIn(path), ['elsewhere-dir']);
  });
});

test('what belongs to an image and cannot be changed does not keep the rest, and the message says what became of the image', async (t) => {
  await onEachFilesystem(t, async (path, type) => {
    makeImages(path, type);
    const fixed = join(path, 'disk.nspawn');
    run('mount', ['--bind', fixed, fixed]);
    try {
      assert.throws(() => renameImage('disk', 'new', options(path)), {
        message: `The image itself has its new name, but not all that belongs to it could be renamed: ${fixed}: ${inUse} (renameat2: EBUSY)`,
      });
      assert.deepEqual(namesOf('disk', path), ['disk.nspawn']);
      assert.deepEqual(namesOf('new', path), ['new.raw', ...sidecars.slice(1).map((suffix) => `new${suffix}`)].sort());
      renameImage('new', 'disk', options(path));
      assert.throws(() => removeImage('disk', options(path)), {
        message: `The image itself is gone, but not all that belongs to it could be removed: ${fixed}, ${mountPointInTree}`,
      });
      assert.deepEqual(namesOf('disk', path), ['disk.nspawn']);
    } finally {
      run('umount', [fixed]);
    }
  });
});

test('a clone has all that the image has', async (t) => {
  await onEachFilesystem(t, async (path, type) => {
    makeImages(path, type);
    chmodSync(join(path, 'tree'), 0o701);
    for (const name of ['disk', 'tree']) {
      setImageReadOnly(name, true, options(path));
      using _running = lockImage(join(path, name === 'disk' ? 'disk.raw' : 'tree'), name, 'exclusive', testHost(path));
      for (const readOnly of [false, true]) {
        const copy = `${name}-${readOnly}`;
        cloneImage(name, copy, readOnly, options(path));
        const main = name === 'disk' ? `${copy}.raw` : copy;
        assert.equal(contentsOf(join(path, main)), name);
        assert.equal(await readOnlyState(path, copy), readOnly);
        assert.deepEqual(namesOf(copy, path), [main, ...sidecars.map((suffix) => copy + suffix)].sort());
        assert.equal(lstatSync(join(path, `${copy}.raw.tpmstate`)).mode & 0o777, 0o600);
      }
      assert.throws(() => cloneImage(name, 'tree', false, options(path)), { kind: 'ImageExists' });
    }
    assert.equal(lstatSync(join(path, 'tree-false')).mode & 0o777, 0o701);
    assert.equal(isSubvolumePath(join(path, 'tree-false')), type === 'btrfs');
    assert.deepEqual(
      namesIn(path).filter((name) => name.startsWith('.#')),
      [],
    );
  });
});

test('cleaning takes originals and leftovers, and leaves what is in use', async (t) => {
  await onEachFilesystem(t, async (path) => {
    using root = ImageRoot.open(path);
    const place = (format: 'raw' | 'tar', etag: string) => {
      using temporary = format === 'raw' ? createTemporaryFile(root, 'x') : createTemporaryTree(root, 'x');
      if (format === 'raw') writeSync(temporary.descriptor, 'x'.repeat(100000));
      using nspawn = createTemporaryFile(root, 'x');
      const origin = { format, url: 'http://h/x', etag };
      const fixed = { verified: undefined, lastModified: undefined, synchronize: true, warn: assert.fail };
      placePristine({ ...fixed, root, temporary, origin, sidecars: new Map([['.nspawn', nspawn]]) });
      return pristineName(origin, path);
    };
    const [raw, tree, busy] = [place('raw', '"1"'), place('tar', '"1"'), place('tar', '"2"')];
    using _lock = lockImage(join(path, busy), busy, 'shared', testHost(path));
    writeFileSync(join(path, temporaryName('x')), 'x');
    for (const name of ['.hid.raw', 'img.raw']) writeFileSync(join(path, name), '');
    run('sync', ['-f', path]);
    const planned = cleanImages(path, testHost(path), { dryRun: true });
    assert.ok(existsSync(join(path, raw)));
    const removed = cleanImages(path, testHost(path));
    assert.deepEqual(removed, planned);
    const byReason = (reason: string) => removed.filter((one) => one.reason === reason).map((one) => one.path);
    assert.equal(byReason('temporary').length, 1);
    assert.equal(byReason('original').length, 4);
    for (const name of [raw, tree]) assert.ok(byReason('original').includes(join(path, name)));
    assert.ok((removed.find((one) => one.path === join(path, raw))?.bytes ?? 0) >= 100000);
    const left = namesIn(path).filter((name) => !name.endsWith('.lck'));
    assert.deepEqual(left, ['.hid.raw', busy, `${busy}.nspawn`, 'img.raw'].sort());
    assert.deepEqual(cleanImages(join(path, 'nothing'), testHost(path)), []);
  });
});

test('an original that is made writable is none any more', async (t) => {
  await onEachFilesystem(t, async (path) => {
    using root = ImageRoot.open(path);
    using temporary = createTemporaryFile(root, 'x');
    const origin = { format: 'raw' as const, url: 'http://h/x', etag: '"1"' };
    const verified = {
      sha256: 'a'.repeat(64),
      sha512: undefined,
      bytes: 1,
      verification: 'checksum' as const,
      signedBy: undefined,
    };
    const fixed = { verified, lastModified: undefined, synchronize: true, warn: assert.fail };
    placePristine({ ...fixed, root, temporary, origin, sidecars: new Map() });
    const name = pristineName(origin, path).replace(/\.raw$/, '');
    setImageReadOnly(name, false, options(path));
    assert.doesNotMatch(run('getfattr', ['-d', '-m', '-', join(path, `${name}.raw`)]), /\.ferry\./);
  });
});
