import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installImage } from '../../../service/images/install/install.js';
import { cleanStale, createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import { type DownloadOrigin, pristineName, sidecarSuffixes } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { copySidecars, makeWritableCopy, placePristine } from '../../../service/images/pristine/pristine.js';
import { run, shell } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { contentsOf, isSubvolumePath, testHost } from '../../support/images/image-root.js';
import { attributes, formats, place, plainUrl, sidecar, url, verified } from './keeping.js';

test('the writable copy is the image without the record', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    using root = ImageRoot.open(path);
    const host = testHost(path);
    for (const format of formats) {
      const origin: DownloadOrigin = { format, url, etag: '"1"' };
      const nspawn = sidecar(root, 'settings');
      const original = place(root, origin, 'text', {
        lastModified: 1_600_000_000_000,
        sidecars: new Map([['.nspawn', nspawn]]),
      });
      nspawn[Symbol.dispose]();
      const name = pristineName(origin, path);
      using copy = makeWritableCopy(root, name, format, { host, subvolumes: true });
      const sidecars = copySidecars(root, origin, sidecarSuffixes);
      const shared = { root, host, force: false, readOnly: false, synchronize: true, warn: assert.fail };
      installImage({ ...shared, temporary: copy, name: `copy-${format}`, imageClass: 'machine', sidecars });
      for (const each of sidecars.values()) each[Symbol.dispose]();
      const final = join(path, format === 'raw' ? 'copy-raw.raw' : 'copy-tar');
      assert.equal(contentsOf(final), contentsOf(original));
      assert.equal(attributes(final)['trusted.ferry.verification'], undefined);
      assert.equal(lstatSync(final).mtimeMs, lstatSync(original).mtimeMs);
      assert.equal(contentsOf(join(path, `copy-${format}.nspawn`)), 'settings');
      assert.equal(lstatSync(join(path, `copy-${format}.nspawn`)).mode & 0o777, 0o644);
      if (format === 'raw') {
        assert.equal(lstatSync(final).mode & 0o777, 0o644);
        assert.equal(attributes(final)['user.source_url'], plainUrl);
        assert.ok(statSync(final).blocks * 512 < 1 << 20, 'holes stay holes');
      } else {
        assert.equal(isSubvolumePath(final), type === 'btrfs');
        writeFileSync(join(final, 'more'), '');
      }
    }
    assert.deepEqual(
      readdirSync(path).filter((name) => name.startsWith('.#')),
      [],
    );
  });
});

test('blocks are shared where the filesystem can', async (t) => {
  await onEachFilesystem(
    t,
    (path, type) => {
      using root = ImageRoot.open(path);
      const origin: DownloadOrigin = { format: 'raw', url, etag: '"1"' };
      using temporary = createTemporaryFile(root, 'x');
      writeSync(temporary.descriptor, Buffer.alloc(4 << 20, 7));
      placePristine({
        ...{ root, temporary, origin, verified, lastModified: undefined, sidecars: new Map(), synchronize: true },
        warn: assert.fail,
      });
      using copy = makeWritableCopy(root, pristineName(origin, path), 'raw', {
        host: testHost(path),
        subvolumes: true,
      });
      assert.match(shell('sync -f "$1"; filefrag -v "$1"', [copy.path]), /shared/, type);
    },
    ['btrfs', 'xfs'],
  );
});

test('snapshots take inner subvolumes along, and times', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const origin: DownloadOrigin = { format: 'tar', url, etag: '"1"' };
      using temporary = createTemporaryTree(root, 'x');
      const tree = temporary.path;
      mkdirSync(join(tree, 'var/lib'), { recursive: true });
      run('btrfs', ['subvolume', 'create', join(tree, 'var/lib/one')]);
      run('btrfs', ['subvolume', 'create', join(tree, 'var/lib/one/two')]);
      writeFileSync(join(tree, 'var/lib/one/two/file'), 'inner');
      utimesSync(join(tree, 'var/lib'), 1000, 1000);
      utimesSync(tree, 2000, 2000);
      run('btrfs', ['property', 'set', '-ts', join(tree, 'var/lib/one/two'), 'ro', 'true']);
      placePristine({
        ...{ root, temporary, origin, verified, lastModified: undefined, sidecars: new Map(), synchronize: true },
        warn: assert.fail,
      });
      using copy = makeWritableCopy(root, pristineName(origin, path), 'tar', {
        host: testHost(path),
        subvolumes: true,
      });
      assert.equal(contentsOf(join(copy.path, 'var/lib/one/two')), 'inner');
      assert.equal(isSubvolumePath(join(copy.path, 'var/lib/one/two')), true);
      assert.equal(lstatSync(join(copy.path, 'var/lib')).mtimeMs, 1_000_000);
      assert.equal(lstatSync(copy.path).mtimeMs, 2_000_000);
      writeFileSync(join(copy.path, 'var/lib/one/two/more'), '');
      using plain = makeWritableCopy(root, pristineName(origin, path), 'tar', {
        host: testHost(path),
        subvolumes: false,
      });
      assert.equal(isSubvolumePath(plain.path), false);
      assert.equal(contentsOf(join(plain.path, 'var/lib/one/two')), 'inner');
    },
    ['btrfs'],
  );
});

test('an original that is being copied is not removed under the hand', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const origin: DownloadOrigin = { format: 'tar', url, etag: '"1"' };
      place(root, origin, 'old');
      const name = pristineName(origin, path);
      let replaced = 0;
      const onEntry = () => {
        if (replaced++ === 0) place(root, origin, 'new');
        assert.deepEqual(cleanStale(root), []);
      };
      using copy = makeWritableCopy(root, name, 'tar', { host: testHost(path), subvolumes: true, onEntry });
      assert.equal(contentsOf(copy.path), 'old');
      assert.equal(contentsOf(join(path, name)), 'new');
      assert.equal(cleanStale(root).length, 1);
    },
    ['ext4'],
  );
});
