import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockImage } from '../../../service/images/install/locks.js';
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
} from '../../support/images/image-root.js';
import { fileName, formats, install } from './installing.js';

test('an image gets its name, and nothing else is left', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    for (const format of formats) {
      const place = join(path, format);
      mkdirSync(place);
      assert.deepEqual(install(place, { format, text: 'new' }), []);
      assert.deepEqual(namesIn(place), [fileName(format)]);
      assert.equal(contentsOf(join(place, fileName(format))), 'new');
    }
    assert.equal(lstatSync(join(path, 'raw/img.raw')).mode & 0o777, 0o644 & ~process.umask());
    assert.equal(isSubvolumePath(join(path, 'tar/img')), type === 'btrfs');
  });
});

/** The read-only mark, seen with other eyes than our own. */
function isMarked(path: string, type: FilesystemType): boolean {
  if (lstatSync(path).isFile()) return (lstatSync(path).mode & 0o222) === 0;
  return type === 'btrfs' && isSubvolumePath(path) ? isReadOnlySubvolume(path) : isMarkedImmutable(path);
}

test('a read-only image is marked as systemd looks for it', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    for (const format of formats) {
      const place = join(path, format);
      mkdirSync(place);
      install(place, { format, text: 'new', readOnly: true });
      assert.equal(isMarked(join(place, fileName(format)), type), true, format);
    }
  });
});

test('a name that is taken stays with what has it', async (t) => {
  const taken: [what: string, make: (place: string) => void][] = [
    ['img', (place) => mkdirSync(join(place, 'img'))],
    ['img.raw', (place) => writeFileSync(join(place, 'img.raw'), 'old')],
    ['img.mstack', (place) => mkdirSync(join(place, 'img.mstack'))],
    ['img.v', (place) => mkdirSync(join(place, 'img.v'))],
    ['img.raw', (place) => symlinkSync('/nowhere', join(place, 'img.raw'))],
  ];
  await onEachFilesystem(
    t,
    (path) => {
      for (const [index, [what, make]] of taken.entries())
        for (const format of formats) {
          const place = join(path, `${index}${format}`);
          mkdirSync(place);
          make(place);
          assert.throws(() => install(place, { format, text: 'new' }), {
            kind: 'ImageExists',
            facts: { name: 'img', path: join(place, what) },
          });
          assert.deepEqual(namesIn(place), [what]);
        }
    },
    ['ext4'],
  );
});

test('a name taken after the check is seen at the rename', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      for (const format of formats) {
        const place = join(path, format);
        mkdirSync(place);
        const final = join(place, fileName(format));
        const step = (name: string) => name === 'synchronized' && writeFileSync(final, 'other');
        assert.throws(() => install(place, { format, text: 'new', step }), { kind: 'ImageExists' });
        assert.equal(contentsOf(final), 'other');
        assert.deepEqual(namesIn(place), [fileName(format)]);
      }
    },
    ['ext4'],
  );
});

test('SYSTEMD_IMPORT_SYNC=0 and other ways of refusal', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      install(path, { format: 'tar', text: 'new', synchronize: false });
      assert.throws(() => install(path, { format: 'tar', text: 'x', name: '.#x' }), { kind: 'InvalidName' });
      assert.throws(() => install(path, { format: 'raw', text: 'x', name: 'x'.repeat(252) }), { kind: 'InvalidName' });
      run('mount', ['-t', 'tmpfs', 'none', join(path, 'img')]);
      try {
        const failure = { kind: 'FileSystemError', facts: { errorName: 'EBUSY', path: join(path, 'img') } };
        assert.throws(() => install(path, { format: 'tar', text: 'y', force: true }), failure);
      } finally {
        run('umount', [join(path, 'img')]);
      }
      assert.deepEqual(namesIn(path), ['img']);
    },
    ['ext4'],
  );
});

test('an image that is in use is not replaced: a shared lock, which a clone or an export has, is use enough', async (t) => {
  await onEachFilesystem(t, (path) => {
    for (const format of formats) install(path, { format, text: 'old', force: true });
    const present = namesIn(path).filter((name) => ['img', 'img.raw'].includes(name));
    for (const name of present) {
      for (const mode of ['shared', 'exclusive'] as const) {
        using _lock = lockImage(join(path, name), 'img', mode, testHost(path));
        for (const format of formats)
          assert.throws(() => install(path, { format, text: 'new', force: true }), {
            kind: 'ImageBusy',
            facts: { name: 'img' },
          });
        assert.equal(contentsOf(join(path, name)), 'old');
      }
    }
    assert.ok(present.length > 0);
    install(path, { format: 'raw', text: 'new', force: true });
    assert.equal(contentsOf(join(path, 'img.raw')), 'new');
  });
});
