import assert from 'node:assert/strict';
import {
  ftruncateSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageFormat } from '../../../common/image-classes.js';
import { installImage } from '../../../service/images/install/install.js';
import { cleanStale, createTemporaryFile, createTemporaryTree } from '../../../service/images/install/temporary.js';
import { type DownloadOrigin, pristineName, sidecarSuffixes } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { findPristine } from '../../../service/images/pristine/cache.js';
import {
  copySidecars,
  makeWritableCopy,
  type PristineRequest,
  placePristine,
} from '../../../service/images/pristine/pristine.js';
import type { Verified } from '../../../service/images/pristine/record.js';
import { run, shell } from '../../support/command.js';
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

const verified: Verified = {
  sha256: 'ab'.repeat(32),
  sha512: undefined,
  bytes: 12,
  verification: 'checksum',
  signedBy: undefined,
};
const url = 'http://me:secret@host/dir/img.tar?x';
const plainUrl = 'http://host/dir/img.tar?x';

function place(root: ImageRoot, origin: DownloadOrigin, text: string, rest: Partial<PristineRequest> = {}): string {
  const { format } = origin;
  using temporary = format === 'raw' ? createTemporaryFile(root, 'x') : createTemporaryTree(root, 'x');
  if (format === 'raw') writeSync(temporary.descriptor, text);
  else writeTree(temporary.path, text);
  if (format === 'raw') ftruncateSync(temporary.descriptor, 8 << 20);
  const sidecars = new Map();
  const request = { root, temporary, origin, verified, lastModified: undefined, sidecars, synchronize: true };
  return placePristine({ ...request, warn: (message) => assert.fail(message), ...rest }).path;
}

function sidecar(root: ImageRoot, text: string) {
  const temporary = createTemporaryFile(root, 'sidecar');
  writeSync(temporary.descriptor, text);
  return temporary;
}

function attributes(path: string): Record<string, string> {
  const lines = run('getfattr', ['-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', path]).split('\n');
  const found = lines.map((line) => /^([^#=]+)=0x(.*)$/.exec(line)).filter((match) => match !== null);
  return Object.fromEntries(
    found.map(([, name = '', value = '']) => [name, Buffer.from(value, 'hex').toString('latin1')]),
  );
}

const formats: readonly ImageFormat[] = ['raw', 'tar'];

test('an original is kept hidden, read-only and with its record', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    using root = ImageRoot.open(path);
    for (const format of formats) {
      const origin: DownloadOrigin = { format, url, etag: '"1"' };
      const original = place(root, origin, 'text', { lastModified: 1_600_000_000_123 });
      assert.equal(original, join(path, pristineName(origin, path)));
      const record = JSON.parse(attributes(original)['trusted.ferry.verification'] ?? 'null');
      assert.deepEqual(
        { ...record, time: 0 },
        { ...verified, sha512: null, signedBy: null, url: plainUrl, etag: '"1"', time: 0 },
      );
      if (format === 'raw') {
        assert.equal(lstatSync(original).mode & 0o777, 0o444);
        assert.equal(attributes(original)['user.source_url'], plainUrl);
        assert.equal(attributes(original)['user.source_etag'], '"1"');
        const crtime = Buffer.from(attributes(original)['user.crtime_usec'] ?? '', 'latin1');
        assert.equal(crtime.readBigUInt64LE(0), 1_600_000_000_123_000n);
        assert.equal(lstatSync(original).mtimeMs, 1_600_000_000_123);
      } else if (type === 'btrfs') assert.equal(isReadOnlySubvolume(original), true);
      else assert.equal(isMarkedImmutable(original), true);
    }
    assert.equal(namesIn(path).length, 2);
  });
});

test('the cache is found by URL: ours, importd’s, without ETag and with a hashed name', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const long = `http://host/${'x'.repeat(300)}`;
      const long2 = `"${'/'.repeat(100)}"`;
      const find = (wanted: string, format: ImageFormat = 'raw') =>
        findPristine(path, format, wanted).map(({ etag, record }) => [etag, record?.sha256 ?? null]);
      assert.deepEqual(findPristine(join(path, 'nothing'), 'raw', url), []);
      for (const origin of [
        { url, etag: '"1"' },
        { url, etag: 'W/"2"' },
        { url, etag: undefined },
        { url: `${url}y`, etag: '"1"' },
        { url: long, etag: '"3"' },
        { url, etag: long2 },
      ])
        place(root, { format: 'raw', ...origin }, 'x');
      writeFileSync(join(path, pristineName({ format: 'raw', url, etag: '"importd"' }, path)), '');
      writeFileSync(join(path, pristineName({ format: 'raw', url, etag: 'unquoted' }, path)), '');
      mkdirSync(join(path, pristineName({ format: 'raw', url, etag: '"directory"' }, path)));
      const { sha256 } = verified;
      assert.deepEqual(
        new Set(find(url).map(String)),
        new Set(
          [
            ['"1"', sha256],
            ['W/"2"', sha256],
            [long2, sha256],
            ['"importd"', null],
            [null, null],
          ].map(String),
        ),
      );
      assert.deepEqual(find(plainUrl), find(url));
      assert.deepEqual(find(long), [['"3"', sha256]]);
      assert.deepEqual(find(url, 'tar'), []);
    },
    ['ext4'],
  );
});

test('a hash in a name may stand for another URL: what is recorded decides, in the record and in the attribute', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      using root = ImageRoot.open(path);
      const [wanted, other] = ['wanted', 'other'].map((word) => `http://host/${'x'.repeat(300)}/${word}`);
      assert.ok(wanted && other);
      const found = () => findPristine(path, 'raw', wanted).map(({ name }) => name);
      const name = pristineName({ format: 'raw', url: wanted, etag: '"1"' }, path);
      const placed = place(root, { format: 'raw', url: other, etag: '"1"' }, 'x');
      assert.notEqual(placed, join(path, name));
      renameSync(placed, join(path, name));
      assert.deepEqual(found(), [], 'the record names another URL');
      rmSync(join(path, name));
      // As systemd-importd leaves them: no record, but the URL in an attribute.
      for (const [source, expected] of [
        [other, []],
        [`${wanted}x`, []],
        [wanted.slice(0, -1), []],
        [wanted, [name]],
      ] as const) {
        writeFileSync(join(path, name), 'x', { mode: 0o444 });
        run('setfattr', ['-n', 'user.source_url', '-v', source, join(path, name)]);
        assert.deepEqual(found(), expected, source);
        rmSync(join(path, name));
      }
    },
    ['btrfs'],
  );
});

test('a record that others could have written does not count', async (t) => {
  await onEachFilesystem(
    t,
    (path) => {
      const name = pristineName({ format: 'raw', url, etag: '"1"' }, path);
      const original = join(path, name);
      writeFileSync(original, '');
      const text = JSON.stringify({ ...verified, sha512: null, url: plainUrl, etag: '"1"', time: 1 });
      const record = `0x${Buffer.from(text).toString('hex')}`;
      run('setfattr', ['-n', 'user.ferry.verification', '-v', record, original]);
      assert.equal(findPristine(path, 'raw', url)[0]?.record, undefined);
      run('setfattr', ['-n', 'trusted.ferry.verification', '-v', '{"sha256":1}', original]);
      assert.equal(findPristine(path, 'raw', url)[0]?.record, undefined);
      run('setfattr', ['-n', 'trusted.ferry.verification', '-v', record, original]);
      assert.equal(findPristine(path, 'raw', url)[0]?.record, undefined, 'it was writable');
      run('chmod', ['0444', original]);
      assert.equal(findPristine(path, 'raw', url)[0]?.record?.bytes, 12);
    },
    ['ext4'],
  );
});

test('a second download of the same name replaces the first, read-only as that is', async (t) => {
  await onEachFilesystem(t, (path) => {
    using root = ImageRoot.open(path);
    for (const format of formats) {
      const origin: DownloadOrigin = { format, url, etag: undefined };
      const first = sidecar(root, 'first');
      place(root, origin, 'first', { sidecars: new Map([['.nspawn', first]]) });
      const original = place(root, origin, 'second');
      assert.match(contentsOf(original), /^second/);
      first[Symbol.dispose]();
      assert.deepEqual(
        namesIn(path).filter((name) => name.startsWith(`.${format}-`) || name.startsWith('.#')),
        [pristineName(origin, path)],
      );
    }
  });
});

test('a kill at any step of keeping leaves the old original or the new one', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    for (const format of formats)
      for (const at of ['recorded', 'synchronized', 'renamed', 'marked', 'sidecars', 'removed']) {
        const directory = join(path, format + at);
        mkdirSync(directory);
        using root = ImageRoot.open(directory);
        const origin: DownloadOrigin = { format, url, etag: undefined };
        place(root, origin, 'old');
        const step = (name: string) => {
          if (name === at) throw new Error('killed');
        };
        assert.throws(() => place(root, origin, 'new', { step }), /killed/);
        cleanStale(root);
        assert.deepEqual(namesIn(directory), [pristineName(origin, directory)], `${format} ${at} ${type}`);
        assert.match(contentsOf(join(directory, pristineName(origin, directory))), /^(old|new)/);
        // A subvolume that does not have its mark yet may hold anything: it is fetched again.
        const isUnmarked = at === 'renamed' && format === 'tar' && type === 'btrfs';
        assert.equal(findPristine(directory, format, url)[0]?.record?.bytes, isUnmarked ? undefined : 12);
      }
  });
});

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
