import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageFormat } from '../../../common/image-classes.js';
import { installImage } from '../../../service/images/install/install.js';
import { lockName } from '../../../service/images/install/locks.js';
import { cleanStale, createTemporaryFile, type Temporary } from '../../../service/images/install/temporary.js';
import type { SidecarSuffix } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { run } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { contentsOf, namesIn, testHost, writeTree } from '../../support/images/image-root.js';
import { mountPointInTree } from '../../support/texts/images.js';
import { fileName, formats, install, newImage, type Trial } from './installing.js';

function newSidecar(root: ImageRoot, text: string): Temporary {
  const temporary = createTemporaryFile(root, 'sidecar');
  writeSync(temporary.descriptor, text);
  return temporary;
}

type Old = 'none' | ImageFormat | 'read-only raw' | 'read-only tar' | 'plain read-only directory' | 'symlink';

function makeOld(path: string, old: Old): void {
  if (old === 'raw' || old === 'read-only raw') install(path, { format: 'raw', text: 'old', readOnly: old !== 'raw' });
  if (old === 'tar' || old === 'read-only tar') install(path, { format: 'tar', text: 'old', readOnly: old !== 'tar' });
  if (old === 'plain read-only directory') {
    mkdirSync(join(path, 'img'));
    writeTree(join(path, 'img'), 'old');
    run('chattr', ['+i', join(path, 'img/file'), join(path, 'img')]);
  }
  if (old === 'symlink') {
    mkdirSync(join(path, 'elsewhere'));
    writeTree(join(path, 'elsewhere'), 'old');
    symlinkSync('elsewhere', join(path, 'img'));
  }
}

test('--force replaces whatever has the name', async (t) => {
  const olds: Old[] = ['none', 'raw', 'tar', 'read-only raw', 'read-only tar', 'plain read-only directory', 'symlink'];
  await onEachFilesystem(t, (path) => {
    for (const old of olds)
      for (const format of formats)
        for (const readOnly of [false, true]) {
          const place = join(path, `${old} ${format} ${readOnly}`);
          mkdirSync(place);
          makeOld(place, old);
          assert.deepEqual(install(place, { format, text: 'new', force: true, readOnly }), [], old);
          const left = old === 'symlink' ? ['elsewhere', fileName(format)] : [fileName(format)];
          assert.deepEqual(namesIn(place), left, old);
          assert.equal(contentsOf(join(place, fileName(format))), 'new');
          if (old === 'symlink') assert.equal(contentsOf(join(place, 'elsewhere')), 'old');
        }
  });
});

test('--force with nested read-only subvolumes in the old image', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      install(path, { format: 'tar', text: 'old' });
      mkdirSync(join(path, 'img/var/lib'), { recursive: true });
      run('btrfs', ['subvolume', 'create', join(path, 'img/var/lib/one')]);
      run('btrfs', ['subvolume', 'create', join(path, 'img/var/lib/one/two')]);
      for (const name of ['img/var/lib/one/two', 'img/var/lib/one', 'img'])
        run('btrfs', ['property', 'set', '-ts', join(path, name), 'ro', 'true']);
      assert.deepEqual(install(path, { format: 'tar', text: 'new', force: true }), []);
      assert.deepEqual(namesIn(path), ['img']);
      assert.equal(run('btrfs', ['subvolume', 'list', path]).trim().split('\n').length, 1);
    },
    ['btrfs'],
  );
});

test('a collection of versions is not deleted, but told of', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      mkdirSync(join(path, 'img.v'));
      const warnings = install(path, { format: 'tar', text: 'new', force: true });
      assert.deepEqual(warnings, [`${path}/img.v has the same name and may be found in place of ${path}/img`]);
      assert.deepEqual(namesIn(path), ['img', 'img.v']);
    },
    ['ext4'],
  );
});

test('sidecars: stale ones go with --force, existing ones stay without', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const sidecars: Temporary[] = [];
      const withSidecar = (suffix: SidecarSuffix, text: string) => {
        const sidecar = newSidecar(root, text);
        sidecars.push(sidecar);
        return new Map([[suffix, sidecar]]);
      };
      const dispose = () => {
        for (const sidecar of sidecars.splice(0)) sidecar[Symbol.dispose]();
      };
      writeFileSync(join(path, 'img.nspawn'), 'by hand');
      const kept = install(path, { format: 'raw', text: 'a', sidecars: withSidecar('.nspawn', 'a') });
      assert.deepEqual(kept, [`${path}/img.nspawn exists already and stays as it is. Replace it with --force`]);
      assert.equal(contentsOf(join(path, 'img.nspawn')), 'by hand');
      dispose();

      const replaced = install(path, {
        format: 'raw',
        text: 'b',
        force: true,
        sidecars: withSidecar('.roothash', 'b'),
      });
      assert.deepEqual(replaced, []);
      assert.deepEqual(namesIn(path), ['img.raw', 'img.roothash']);
      assert.equal(lstatSync(join(path, 'img.roothash')).mode & 0o777, 0o644 & ~process.umask());
      install(path, { format: 'raw', text: 'c', force: true, sidecars: withSidecar('.roothash', 'c') });
      assert.equal(contentsOf(join(path, 'img.roothash')), 'c');
      install(path, { format: 'tar', text: 'd', force: true });
      dispose();
      assert.deepEqual(namesIn(path), ['img']);
    },
    ['ext4'],
  );
});

class Killed extends Error {}

/** Ends the work at a step as a kill does: what is open is closed, nothing is cleaned up, locks end. */
function installAndDie(path: string, trial: Trial, at: string): void {
  using root = ImageRoot.open(path);
  const temporary = newImage(root, trial.format, trial.text);
  const host = testHost(path);
  const sidecars = new Map([['.nspawn' as const, newSidecar(root, trial.text)]]);
  const step = (name: string) => {
    if (name === at) throw new Killed();
  };
  const fixed = { name: 'img', imageClass: 'machine', host, synchronize: true, warn: () => undefined } as const;
  try {
    installImage({ ...fixed, root, temporary, force: true, readOnly: trial.readOnly ?? false, sidecars, step });
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  // Disposal of what is settled only closes: so does the end of a process.
  for (const left of [temporary, ...sidecars.values()]) {
    left.settle();
    left[Symbol.dispose]();
  }
}

test('a crash at any step leaves the old image or the new one, and the next cleaning removes the rest', async (t) => {
  const steps = ['locked', 'synchronized', 'loosened', 'renamed', 'marked', 'others', 'sidecars', 'removed'];
  await onEachFilesystem(t, (path) => {
    for (const old of ['none', 'raw', 'tar', 'read-only tar', 'plain read-only directory'] as const)
      for (const format of formats)
        for (const at of steps) {
          const place = join(path, `${old} ${format} ${at}`);
          mkdirSync(place);
          makeOld(place, old);
          installAndDie(place, { format, text: 'new', readOnly: true }, at);
          using root = ImageRoot.open(place);
          cleanStale(root);
          const names = namesIn(place);
          const images = names.filter((name) => name === 'img' || name === 'img.raw');
          const context = `${old}, ${format}, killed at ${at}: ${names}`;
          assert.deepEqual(
            names.filter((name) => name.startsWith('.#')),
            [],
            context,
          );
          for (const image of images) assert.match(contentsOf(join(place, image)), /^(old|new)$/, context);
          if (old !== 'none') assert.ok(images.length > 0, context);
          if (at === 'removed') assert.deepEqual(names, [fileName(format), 'img.nspawn'].sort(), context);
          // What a crash leaves must not stand in the way of the next try.
          install(place, { format, text: 'again', force: true });
          assert.deepEqual(namesIn(place), [fileName(format)], context);
          assert.equal(contentsOf(join(place, fileName(format))), 'again', context);
        }
  });
});

test('what is mounted inside the old image is not deleted', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      install(path, { format: 'tar', text: 'old' });
      mkdirSync(join(path, 'img/inner'));
      run('mount', ['-t', 'tmpfs', 'none', join(path, 'img/inner')]);
      writeFileSync(join(path, 'img/inner/precious'), '');
      const warnings = install(path, { format: 'tar', text: 'new', force: true });
      const left = namesIn(path).find((name) => name.startsWith('.#'));
      const place = join(path, left ?? '', 'image/inner');
      assert.deepEqual(warnings, [
        `What was replaced could not be removed and is left for the next cleaning: ${place}, ${mountPointInTree}`,
      ]);
      assert.ok(left && existsSync(join(place, 'precious')));
      run('umount', [place]);
      using root = ImageRoot.open(path);
      assert.deepEqual(
        cleanStale(root).map((leftover) => leftover.path),
        [join(path, left)],
      );
      assert.deepEqual(namesIn(path), ['img']);
      chmodSync(path, 0o700);
    },
    ['ext4', 'btrfs'],
  );
});

test('nothing is installed under a name that another transfer is just giving', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      for (const force of [false, true]) {
        {
          using _name = lockName('img', testHost(path));
          for (const format of formats)
            assert.throws(() => install(path, { format, text: 'new', force }), {
              kind: 'ImageBusy',
              facts: { name: 'img' },
            });
        }
        assert.deepEqual(namesIn(path), []);
      }
      install(path, { format: 'raw', text: 'new' });
      assert.deepEqual(namesIn(path), ['img.raw']);
    },
    ['ext4'],
  );
});
