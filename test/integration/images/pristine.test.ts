import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageFormat } from '../../../common/image-classes.js';
import { changeFileFlags, FileFlag } from '../../../linux/attributes.js';
import { cleanStale } from '../../../service/images/install/temporary.js';
import { type DownloadOrigin, pristineName } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { findPristine } from '../../../service/images/pristine/cache.js';
import { run } from '../../support/command.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { contentsOf, isMarkedImmutable, isReadOnlySubvolume, namesIn } from '../../support/images/image-root.js';
import { attributes, formats, place, plainUrl, sidecar, url, verified } from './keeping.js';

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
        {
          ...verified,
          sha512: null,
          signedBy: null,
          url: plainUrl,
          etag: '"1"',
          time: 0,
          lastModified: 1_600_000_000_123_000,
        },
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

test('a kill at any step of keeping leaves the old original or the new one, and proofs of neither or of the one that is there', async (t) => {
  await onEachFilesystem(t, (path, type) => {
    for (const format of formats)
      for (const at of ['recorded', 'synchronized', 'renamed', 'marked', 'sidecars', 'proofs', 'removed']) {
        const directory = join(path, format + at);
        mkdirSync(directory);
        using root = ImageRoot.open(directory);
        const origin: DownloadOrigin = { format, url, etag: undefined };
        place(root, origin, 'old', { proofs: Buffer.from('old') });
        const step = (name: string) => {
          if (name === at) throw new Error('killed');
        };
        assert.throws(() => place(root, origin, 'new', { step, proofs: Buffer.from('new') }), /killed/);
        cleanStale(root);
        const [name, proofs] = [pristineName(origin, directory), pristineName(origin, directory, '.proofs')];
        const [original, kept] = namesIn(directory).filter((each) => each !== proofs);
        assert.deepEqual([original, kept], [name, undefined], `${format} ${at} ${type}`);
        assert.match(contentsOf(join(directory, name)), /^(old|new)/);
        if (namesIn(directory).includes(proofs))
          assert.ok(contentsOf(join(directory, name)).startsWith(readFileSync(join(directory, proofs), 'utf8')), at);
        // A subvolume that does not have its mark yet may hold anything: it is fetched again.
        const isUnmarked = at === 'renamed' && format === 'tar' && type === 'btrfs';
        assert.equal(findPristine(directory, format, url)[0]?.record?.bytes, isUnmarked ? undefined : 12);
      }
  });
});

test('proofs that cannot be kept are told of, and those of the replaced original are gone', async (t) => {
  await onEachFilesystem(t, (path) => {
    const directory = join(path, 'images');
    mkdirSync(directory);
    using root = ImageRoot.open(directory);
    const origin: DownloadOrigin = { format: 'raw', url, etag: undefined };
    place(root, origin, 'old', { proofs: Buffer.from('old') });
    const said: string[] = [];
    const step = (name: string) => {
      if (name === 'sidecars') changeFileFlags(root.descriptor, FileFlag.immutable, 0);
      if (name === 'proofs') changeFileFlags(root.descriptor, 0, FileFlag.immutable);
    };
    place(root, origin, 'new', { step, proofs: Buffer.from('new'), warn: (message) => said.push(message) });
    assert.equal(said.length, 1);
    assert.match(
      said[0] ?? '',
      /^Cannot keep the checksum and signature files: .*EPERM.*; a later verification needs the server$/,
    );
    assert.deepEqual(namesIn(directory), [pristineName(origin, directory)]);
    assert.match(contentsOf(join(directory, pristineName(origin, directory))), /^new/);
  });
});
