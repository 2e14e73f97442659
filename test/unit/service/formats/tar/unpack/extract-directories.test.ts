import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { describe, test } from 'node:test';
import { listAttributes } from '../../../../../../linux/attributes.js';
import { archive, directory, file, hardLink, pax } from '../../../../../corpus/tar.js';
import { run } from '../../../../../support/command.js';
import { failureOf } from '../../../../../support/failures.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { listing, unpack } from '../unpacking.js';

const root = { root: true };

describe('directories', () => {
  test('what the place hands down to new files does not get into the image', (t) => {
    if (!needs(t, { root: true, programs: ['setfacl'] })) return;
    const place = temporaryDirectory(t);
    const image = place.file('image');
    mkdirSync(image);
    run('setfacl', ['-m', 'u:1:rwx,d:u:1:rwx,d:o::rwx', image]);
    chmodSync(image, 0o2755);
    run('chgrp', ['1234', image]);
    chmodSync(image, 0o2755);
    const before = process.umask(0o077);
    try {
      unpack(archive(directory('./'), directory('d'), file('d/f', 'x', { mode: 0o666 }), file('p/q')), image);
      assert.equal(process.umask(), 0o077);
    } finally {
      process.umask(before);
    }
    for (const name of ['.', 'd', 'd/f', 'p', 'p/q']) {
      const { uid, gid, mode } = lstatSync(place.file('image', name));
      assert.deepEqual([uid, gid], [0, 0], name);
      assert.equal(mode & 0o7777, name === 'd/f' ? 0o666 : name === 'p/q' ? 0o644 : 0o755, name);
      assert.deepEqual(listAttributes(place.file('image', name)), [], name);
    }
  });

  test('come out the same when an archive returns to more of them than are kept open', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const count = 200;
    const names = Array.from({ length: count }, (_, index) => `d${index}`);
    const acl = 'user::rwx,user:5:rwx,group::r-x,mask::rwx,other::---';
    const parts = [
      ...names.flatMap((name) => [
        pax([
          ['mtime', '1.25'],
          ['SCHILY.acl.default', acl],
        ]),
        directory(name, { mode: 0o2500, user: 3, group: 4 }),
      ]),
      ...names.map((name) => file(`${name}/1`, 'x')),
      ...names.map((name) => directory(`${name}/sub`)),
      ...names.map((name) => hardLink(`${name}/2`, `${name}/1`)),
      ...names.map((name) => file(`${name}/1`, 'y')),
    ];
    unpack(archive(...parts), place.file('image'));
    for (const name of names) {
      const { mode, uid, gid, mtimeNs } = lstatSync(place.file('image', name), { bigint: true });
      assert.deepEqual([mode & 0o7777n, uid, gid, mtimeNs], [0o2500n, 3n, 4n, 1_250_000_000n], name);
      assert.deepEqual(listAttributes(place.file('image', name)), ['system.posix_acl_default']);
      assert.deepEqual(listing(place.file('image', name)), ['1 644 = y', '2 644 = x', 'sub/ 755']);
      for (const child of ['1', '2', 'sub']) {
        const path = place.file('image', name, child);
        assert.deepEqual([lstatSync(path).gid, listAttributes(path)], [0, []], path);
      }
    }
  });

  test('a tree without a root entry leaves the root as it was', (t) => {
    const place = temporaryDirectory(t);
    mkdirSync(place.file('image'), { mode: 0o710 });
    const { rootEntry } = unpack(archive(file('a', 'x')), place.file('image'));
    assert.equal(rootEntry, false);
    assert.equal(statSync(place.file('image')).mode & 0o7777, 0o710);
  });

  test('what was there before is kept, and merged with', (t) => {
    const place = temporaryDirectory(t);
    unpack(archive(directory('d', { mode: 0o700 }), file('d/a', '1'), file('d/b', '2')), place.file('image'));
    utimesSync(place.file('image', 'd'), 5, 5);
    unpack(archive(file('d/b', '3')), place.file('image'));
    assert.deepEqual(listing(place.file('image')), ['d/ 700', 'd/a 644 = 1', 'd/b 644 = 3']);
    assert.equal(statSync(place.file('image', 'd')).mtimeMs, 5000);
  });

  test('no descriptor is left open, neither after success nor after failure', (t) => {
    const place = temporaryDirectory(t);
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    const parts = Array.from({ length: 100 }, (_, index) => file(`d${index}/a`, 'x'));
    unpack(archive(...parts), place.file('one'));
    failureOf(() => unpack(archive(...parts, file('../x')), place.file('two')));
    assert.equal(open(), before);
  });
});
