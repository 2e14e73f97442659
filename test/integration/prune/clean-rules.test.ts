import assert from 'node:assert/strict';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryName } from '../../../service/images/install/holder.js';
import { lockImage } from '../../../service/images/install/locks.js';
import { createTemporaryFile } from '../../../service/images/install/temporary.js';
import { pristineName } from '../../../service/images/layout/pristine-names.js';
import { ImageRoot } from '../../../service/images/layout/root.js';
import { cleanImages } from '../../../service/images/manage/clean.js';
import { placePristine } from '../../../service/images/pristine/pristine.js';
import { onEachFilesystem } from '../../support/images/filesystems.js';
import { namesIn, testHost } from '../../support/images/image-root.js';

const hour = 3_600_000_000;

/** Places a pristine disk with a sidecar and proofs. */
function place(path: string, url: string, etag: string): { raw: string; nspawn: string; proofs: string } {
  using root = ImageRoot.open(path);
  using temporary = createTemporaryFile(root, 'x');
  writeFileSync(temporary.descriptor, 'x'.repeat(100_000));
  using nspawn = createTemporaryFile(root, 'x');
  const origin = { format: 'raw' as const, url, etag };
  const verified = {
    sha256: 'a'.repeat(64),
    sha512: undefined,
    bytes: 1,
    verification: 'no',
    signedBy: undefined,
  } as const;
  const fixed = { verified, lastModified: undefined, synchronize: true, warn: assert.fail };
  placePristine({
    ...fixed,
    root,
    temporary,
    origin,
    sidecars: new Map([['.nspawn', nspawn]]),
    proofs: Buffer.from('proofs'),
  });
  const name = (suffix?: '.nspawn' | '.proofs') => pristineName(origin, path, suffix);
  return { raw: name(), nspawn: name('.nspawn'), proofs: name('.proofs') };
}

function clean(path: string, options: Parameters<typeof cleanImages>[2]): string[] {
  const planned = cleanImages(path, testHost(path), { ...options, dryRun: true });
  const before = namesIn(path);
  const removed = cleanImages(path, testHost(path), options);
  assert.deepEqual(removed, planned, 'the dry run says what is removed');
  for (const leftover of removed) {
    assert.ok(!existsSync(leftover.path));
    assert.ok(leftover.time !== undefined && leftover.time > 0);
  }
  assert.equal(namesIn(path).length, before.length - removed.length);
  return removed.map((leftover) => leftover.path.slice(path.length + 1)).sort();
}

test('--keep= leaves the newest downloads of each URL, with what hangs off them', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const old = place(path, 'http://h/x', '"1"');
    const middle = place(path, 'http://h/x', '"2"');
    const last = place(path, 'http://h/x', '"3"');
    const other = place(path, 'http://h/y', '"1"');
    assert.deepEqual(clean(path, { rules: { keep: 4 } }), []);
    assert.deepEqual(clean(path, { rules: { keep: 2 } }), Object.values(old).sort());
    assert.deepEqual(clean(path, { rules: { keep: 1 } }), Object.values(middle).sort());
    for (const name of Object.values({ ...last, ...{ o: other.raw } })) assert.ok(existsSync(join(path, name)));
    assert.deepEqual(clean(path, {}), [...Object.values(last), ...Object.values(other)].sort());
  });
});

test('--older-than= takes what was placed or written to so long ago, and nothing younger', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const download = place(path, 'http://h/x', '"1"');
    const partial = `.#partial-${'0'.repeat(32)}`;
    const temporary = temporaryName('x');
    for (const name of [partial, temporary]) {
      writeFileSync(join(path, name), 'x');
      utimesSync(join(path, name), new Date(), new Date(Date.now() - 2 * 3_600_000));
    }
    assert.deepEqual(clean(path, { rules: { olderThan: 3 * hour } }), []);
    assert.deepEqual(clean(path, { rules: { olderThan: hour } }), [partial, temporary].sort());
    const now = Date.now() + 3_600_000;
    assert.deepEqual(clean(path, { rules: { olderThan: 2 * hour }, now }), []);
    assert.deepEqual(clean(path, { rules: { olderThan: hour / 2 }, now }), Object.values(download).sort());
  });
});

test('what hangs off a download that somebody copies from stays with it', async (t) => {
  await onEachFilesystem(t, async (path) => {
    const download = place(path, 'http://h/x', '"1"');
    {
      using _lock = lockImage(join(path, download.raw), download.raw, 'shared', testHost(path));
      assert.deepEqual(clean(path, {}), []);
    }
    assert.deepEqual(clean(path, {}), Object.values(download).sort());
  });
});

test('what hung off a download that is gone goes by its own age', async (t) => {
  await onEachFilesystem(t, async (path) => {
    writeFileSync(join(path, '.raw-gone.roothash.p7s'), 'x');
    assert.deepEqual(clean(path, { rules: { olderThan: hour } }), []);
    assert.deepEqual(clean(path, { rules: { keep: 1 } }), ['.raw-gone.roothash.p7s']);
  });
});
