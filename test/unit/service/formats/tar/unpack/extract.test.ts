import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { describe, test } from 'node:test';
import { FileFlag, getAttribute, getFileFlags, listAttributes } from '../../../../../../linux/attributes.js';
import { SystemError } from '../../../../../../linux/errno.js';
import { AT_FDCWD, close, openat } from '../../../../../../linux/files.js';
import { archive, directory, entry, file, hardLink, noise, pax, symbolicLink } from '../../../../../corpus/tar.js';
import { run } from '../../../../../support/command.js';
import { failureOf } from '../../../../../support/failures.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../../support/images/filesystems.js';
import { like, re } from '../../../../../support/like.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { hasTooMuch, itsHeadersAndPadding, noSpaceFor } from '../../../../../support/texts/formats.js';
import { listing, lossesOf, MemorySource, unpack } from '../unpacking.js';

const root = { root: true };

const attributes = (...pairs: readonly (readonly [string, string])[]) =>
  pax(pairs.map(([name, value]) => [`SCHILY.xattr.${name}`, value]));

describe('metadata', () => {
  test('times are exact, of directories and links too, before 1970 and after 2038', (t) => {
    const place = temporaryDirectory(t);
    const times = { a: '-0.000000001', b: '-315521754.876543211', d: '4102542245.9876543219', l: '1.5', e: '-7' };
    const bytes = archive(
      pax([['mtime', times.d]]),
      directory('d'),
      pax([['mtime', times.a]]),
      file('d/a', 'x'),
      pax([['mtime', times.b]]),
      file('d/b', 'x'),
      pax([['mtime', times.e]]),
      file('d/e', 'x'),
      pax([['mtime', times.l]]),
      symbolicLink('d/l', 'a'),
      file('d/negative', 'x', { time: -86_400 }),
    );
    unpack(bytes, place.file('image'));
    const time = (name: string) => lstatSync(place.file('image', name), { bigint: true }).mtimeNs;
    assert.deepEqual(['d', 'd/a', 'd/b', 'd/e', 'd/l', 'd/negative'].map(time), [
      4_102_542_245_987_654_321n,
      -1n,
      -315_521_754_876_543_211n,
      -7_000_000_000n,
      1_500_000_000n,
      -86_400_000_000_000n,
    ]);
  });

  test('pax owners count, header names do not', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const owned = (name: string, user: number) =>
      file(name, 'x', { user, group: 3, patches: [{ at: 265, bytes: 'daemon' }] });
    const bytes = archive(
      pax([
        ['uid', '4000000000'],
        ['gid', '70000'],
      ]),
      owned('a', 1),
      owned('b', 4_000_000_000),
      pax(
        [
          ['uid', '5'],
          ['gid', '6'],
        ],
        'g',
      ),
      owned('c', 1),
      file('s', 'x', { user: 1, group: 1, mode: 0o6755 }),
    );
    unpack(bytes, place.file('image'));
    const owner = (name: string) => {
      const { uid, gid, mode } = lstatSync(place.file('image', name));
      return [uid, gid, (mode & 0o7777).toString(8)];
    };
    assert.deepEqual(['a', 'b', 'c', 's'].map(owner), [
      [4_000_000_000, 70_000, '644'],
      [4_000_000_000, 3, '644'],
      [5, 6, '644'],
      [5, 6, '6755'],
    ]);
  });

  test('numbers that cannot be read are taken from the other header, or else are a default, and counted', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const bytes = archive(
      // What Python's tarfile writes of small and large times.
      pax([['mtime', '1e-05']]),
      file('small', 'x', { time: 7 }),
      pax([['mtime', '2e+16']]),
      directory('large', { time: 8 }),
      ...['nan', 'inf', '', ' 5', '5 ', '+5', '1,5', '5.5.5', '0x10', '99999999999999999999'].flatMap((time, index) => [
        pax([['mtime', time]]),
        file(`time${index}`, 'x', { time: 9 }),
      ]),
      pax([
        ['uid', '1000.0'],
        ['gid', 'users'],
      ]),
      file('owner', 'x', { user: 5, group: 6 }),
      pax([
        ['uid', '5'],
        ['mtime', '9.5'],
      ]),
      file('header', 'x', { user: '12x\0', time: 'yesterday', mode: 0o600 }),
      file('neither', 'x', { user: '-1', group: '?', mode: 'rw-r--r-', time: 'yesterday' }),
      directory('neither-directory', { mode: '9' }),
      pax([['SCHILY.devmajor', 'x']]),
      entry({ name: 'device', type: '3', major: 1, minor: 3 }),
    );
    const { losses } = unpack(bytes, place.file('image'));
    const seconds = (name: string) => lstatSync(place.file('image', name)).mtimeMs / 1000;
    assert.deepEqual(['small', 'large', 'owner', 'header', 'neither'].map(seconds), [7, 8, 1e9, 9.5, 0]);
    assert.deepEqual(
      Array.from({ length: 10 }, (_, index) => seconds(`time${index}`)),
      Array(10).fill(9),
    );
    const found = (name: string) => {
      const { uid, gid, mode } = lstatSync(place.file('image', name));
      return [uid, gid, (mode & 0o7777).toString(8)];
    };
    assert.deepEqual(['owner', 'header', 'neither', 'neither-directory'].map(found), [
      [5, 6, '644'],
      [5, 0, '600'],
      [0, 0, '644'],
      [0, 0, '755'],
    ]);
    assert.ok(lstatSync(place.file('image', 'device')).isCharacterDevice());
    // An empty value says that there is none.
    assert.deepEqual(lossesOf(losses), { entries: 15, numbers: 19, owners: 1 });
    assert.deepEqual(losses.kinds[0]?.examples, ["time of 'small'", "time of 'large'", "time of 'time0'"]);
  });

  test('the size of an entry has to be a number in its header, whatever an extended header says', (t) => {
    const place = temporaryDirectory(t);
    const bytes = archive(pax([['size', '1']]), file('a', 'x', { size: 'x' }));
    const { kind, message } = failureOf(() => unpack(bytes, place.file('image')));
    assert.equal(kind, 'Corrupt');
    assert.equal(message, 'At byte 1024, the tar archive has a header whose size is not a number');
  });

  test('owners that cannot be are left, and counted', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const minusOne = '\xff\xff\xff\xff\xff\xff\xff\xff';
    const bytes = archive(
      file('a', 'x', { user: minusOne, group: 7 }),
      file('b', '', { user: 2 ** 32 - 1, mode: 0o4755 }),
    );
    const { losses } = unpack(bytes, place.file('image'));
    const { uid, gid } = lstatSync(place.file('image', 'a'));
    assert.deepEqual([uid, gid], [0, 7]);
    assert.equal(lstatSync(place.file('image', 'b')).mode & 0o7777, 0o755);
    assert.deepEqual(lossesOf(losses), { entries: 2, owners: 2, modes: 1 });
  });

  test('attributes of every namespace, in the forms of star, libarchive and Red Hat', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex').toString('latin1');
    const bytes = archive(
      pax([
        ['SCHILY.xattr.user.binary', '\0\xff\n=x'],
        ['SCHILY.xattr.user.a%3Db%25c', 'decoded'],
        ['SCHILY.xattr.user.empty', ''],
        ['SCHILY.xattr.security.capability', capability],
        ['SCHILY.xattr.trusted.note', 'n'],
        ['LIBARCHIVE.xattr.user.from%20libarchive', Buffer.from('va\0lue').toString('base64').replace(/=+$/, '')],
        ['LIBARCHIVE.xattr.user.binary', 'AAAA'],
        ['RHT.security.selinux', 'system_u:object_r:bin_t:s0\0'],
      ]),
      file('a', 'x', { user: 1, group: 1 }),
      attributes(['trusted.note', 'l']),
      symbolicLink('l', 'nowhere'),
    );
    unpack(bytes, place.file('image'), { labels: 'leave' });
    const path = place.file('image', 'a');
    const found = Object.fromEntries(
      listAttributes(path).map((name) => [name, getAttribute(path, name)?.toString('latin1')]),
    );
    assert.deepEqual(found, {
      'user.binary': '\0\xff\n=x',
      'user.a=b%c': 'decoded',
      'user.empty': '',
      'security.capability': capability,
      'trusted.note': 'n',
      'user.from libarchive': 'va\0lue',
    });
    assert.equal(getAttribute(place.file('image', 'l'), 'trusted.note')?.toString(), 'l');
  });

  test('an archive cannot vouch for its own root', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const forged = attributes(
      ['user.source_url', 'https://example.com/'],
      ['user.source_etag', '"e"'],
      ['user.crtime_usec', 'x'],
      ['user.ferry.verified', 'x'],
      ['trusted.ferry.verified', 'x'],
      ['user.kept', 'x'],
    );
    unpack(archive(forged, directory('./', { mode: 0o750 }), forged, file('a')), place.file('image'));
    assert.deepEqual(listAttributes(place.file('image')), ['user.kept']);
    assert.equal(listAttributes(place.file('image', 'a')).length, 6);
    assert.equal(statSync(place.file('image')).mode & 0o7777, 0o750);
  });

  test('ACLs as text with numbers, and those that only name, by the lists in the image', (t) => {
    if (!needs(t, { root: true, programs: ['getfacl'] })) return;
    const place = temporaryDirectory(t);
    const named = 'user::rwx\nuser:alice:rw-\ngroup::r-x\ngroup:staff-of-it:r--\nmask::rwx\nother::---\n';
    const bytes = archive(
      pax([['SCHILY.acl.access', 'user::rw-,user:bob:r--:1234,group::r--,mask::rw-,other::r--']]),
      file('numbers', 'x', { mode: 0o664 }),
      pax([
        ['SCHILY.acl.access', named],
        ['SCHILY.acl.default', named],
      ]),
      directory('names', { mode: 0o770 }),
      file('names/inherits-nothing', 'x'),
      pax([['SCHILY.acl.access', 'user::rw-\ngroup::r--\nother::r--\n']]),
      file('minimal', 'x'),
      pax([['SCHILY.acl.access', 'user::rw-\nuser:alice:rw-\ngroup::r--\nother::r--\n']]),
      file('replaced', 'x'),
      file('replaced', 'x'),
      file('etc/passwd', 'root:x:0:0::/:/bin/sh\nalice:x:4321:1::/:/bin/sh\n'),
      file('etc/group', 'staff-of-it:x:8765:\n'),
    );
    unpack(bytes, place.file('image'));
    const acl = (name: string) =>
      run('getfacl', ['--numeric', '--omit-header', '--absolute-names', place.file('image', name)])
        .trim()
        .split('\n');
    assert.deepEqual(acl('numbers'), ['user::rw-', 'user:1234:r--', 'group::r--', 'mask::rw-', 'other::r--']);
    const expected = ['user::rwx', 'user:4321:rw-', 'group::r-x', 'group:8765:r--', 'mask::rwx', 'other::---'];
    assert.deepEqual(acl('names'), [...expected, ...expected.map((line) => `default:${line}`)]);
    for (const name of ['names/inherits-nothing', 'minimal', 'replaced'])
      assert.deepEqual(listAttributes(place.file('image', name)), [], name);
    assert.equal(statSync(place.file('image', 'names')).mtimeMs, 1e12);
  });

  test('file flags', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    const flags = pax([['SCHILY.fflags', 'nodump,noatime,immutable']]);
    const kept = unpack(archive(flags, file('a', 'x'), flags, directory('d')), `${filesystem.path}/image`);
    assert.deepEqual(kept.losses.kinds, [], 'locks are for no image');
    for (const name of ['a', 'd']) {
      const descriptor = openat(AT_FDCWD, `${filesystem.path}/image/${name}`, 0);
      const known = FileFlag.noDump | FileFlag.noAccessTime | FileFlag.immutable;
      assert.equal(getFileFlags(descriptor) & known, FileFlag.noDump | FileFlag.noAccessTime, name);
      close(descriptor);
    }
  });
});

describe('what would be lost without a word', () => {
  test('flags that Linux lacks are counted, by name', (t) => {
    const place = temporaryDirectory(t);
    const bytes = archive(pax([['SCHILY.fflags', 'hidden,uappnd,schg']]), file('a', 'x'), file('b', 'x'));
    const { losses } = unpack(bytes, place.file('image'));
    assert.deepEqual(losses.kinds, [{ kind: 'flags', count: 2, examples: ["hidden of 'a'", "uappnd of 'a'"] }]);
  });

  test('device numbers of what is not a device are not read', (t) => {
    const place = temporaryDirectory(t);
    const numbers = pax([
      ['SCHILY.devmajor', 'x'],
      ['SCHILY.devminor', '1.5'],
    ]);
    const bytes = archive(numbers, file('a', 'x'), numbers, directory('d'), numbers, symbolicLink('l', 'a'));
    assert.deepEqual(unpack(bytes, place.file('image')).losses.kinds, []);
  });

  test('times that the file system cannot store are counted', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    const at = (seconds: number) => pax([['mtime', `${seconds}`]]);
    const bytes = archive(
      ...[-(2 ** 31), 2 ** 34 - 2 ** 31 - 1].flatMap((time, index) => [at(time), file(`kept${index}`, 'x')]),
      at(-(2 ** 31) - 1),
      file('early', 'x'),
      at(253_402_300_799),
      file('late', 'x', { mode: 0o4755 }),
      at(253_402_300_799),
      symbolicLink('link', 'late'),
    );
    const { losses } = unpack(bytes, `${filesystem.path}/image`);
    assert.deepEqual(losses.kinds, [{ kind: 'times', count: 3, examples: ["'early'", "'late'", "'link'"] }]);
  });
});

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

describe('limits and refusals', () => {
  test('holes do not count against the size limit, data does', (t) => {
    const place = temporaryDirectory(t);
    const sparse = pax([
      ['GNU.sparse.size', String(2 ** 40)],
      ['GNU.sparse.map', '4096,5'],
    ]);
    const bytes = archive(sparse, file('s', '12345'), file('a', 'x'.repeat(500)));
    assert.equal(unpack(bytes, place.file('one'), { sizeMax: 505 }).dataBytes, 505);
    const failure = failureOf(() => unpack(bytes, place.file('two'), { sizeMax: 504 }));
    assert.equal(failure.kind, 'UnsupportedFormat');
    assert.match(failure.message, /more than 504 bytes.*'a'.*--size-max/);
  });

  test('a file keeps its size whatever its last hole is: none, one byte, or many', (t) => {
    const place = temporaryDirectory(t);
    for (const hole of [0, 1, 511, 512, 4095, 4096, 2 ** 33]) {
      const sparse = pax([
        ['GNU.sparse.size', String(5 + hole)],
        ['GNU.sparse.map', '0,5'],
      ]);
      unpack(archive(sparse, file('s', '12345')), place.file(`tree-${hole}`));
      assert.equal(statSync(place.file(`tree-${hole}`, 's')).size, 5 + hole);
    }
    const bytes = archive(
      pax([
        ['GNU.sparse.size', '8193'],
        ['GNU.sparse.map', '1,1,8191,1'],
      ]),
      file('s', 'ab'),
    );
    unpack(bytes, place.file('gaps'));
    const expected = Buffer.alloc(8193);
    expected.write('a', 1);
    expected.write('b', 8191);
    assert.deepEqual(readFileSync(place.file('gaps', 's')), expected);
  });

  test('a sparse map goes forward, within its file, and over all that is stored', (t) => {
    const place = temporaryDirectory(t);
    const unpackMap = (map: string, size: number, content = '1234567890') => {
      const sparse = pax([
        ['GNU.sparse.size', String(size)],
        ['GNU.sparse.map', map],
      ]);
      unpack(archive(sparse, file('s', content)), place.file('tree'));
    };
    unpackMap('0,5,5,5', 10);
    for (const [map, size] of [
      ['5,5,0,5', 20],
      ['0,5,4,5', 20],
      ['0,5,5,5', 9],
      ['0,5,6,5', 10],
      ['11,10', 20],
      ['0,5', 20],
      ['0,5,10,6', 20],
    ] as const) {
      const failure = failureOf(() => unpackMap(map, size));
      assert.equal(failure.kind, 'Corrupt', map);
      assert.match(failure.message, /sparse map/, map);
    }
  });

  test('zeros are no archive, and what is needed instead is among the facts', (t) => {
    const path = temporaryDirectory(t).file('tree');
    for (const [bytes, facts] of [
      [Buffer.alloc(1024), { needed: 'zeros', allowed: 'a tar archive with entries' }],
      [Buffer.alloc(2048, '').fill(1, 1024), { needed: 'data beginning with zeros', allowed: 'a tar archive' }],
    ] as const)
      assert.throws(() => unpack(bytes, path), { kind: 'UnsupportedFormat', facts });
  });

  const one = file('a', '12345');
  for (const [what, begin, again] of [
    ['zeros after its end', archive(one), Buffer.alloc(512)],
    ['rubbish after its end', archive(one), Buffer.alloc(512, 1)],
    ['directories', one, directory('d')],
    ['the same empty file', one, file('b', '')],
    ['entries of an unknown type', one, entry({ name: 'u', type: 'Y' })],
  ] as const)
    test(`an archive that goes on with ${what} for ever ends`, (t) => {
      let next = begin;
      const endless = {
        read(buffer: Buffer, offset: number, length: number) {
          const count = next.copy(buffer, offset, 0, length);
          next = count < next.length ? next.subarray(count) : again;
          return count;
        },
      };
      const failure = failureOf(() => unpack(endless, temporaryDirectory(t).file('tree'), { sizeMax: 4096 }));
      assert.equal(failure.kind, 'UnsupportedFormat');
      const says = `The archive ${hasTooMuch('more than 262144 bytes', itsHeadersAndPadding, '', 64)}`;
      assert.equal(failure.message, says);
    });

  test('a full file system', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 16);
    const failure = failureOf(() => unpack(archive(file('large', noise(20_000_000))), `${filesystem.path}/image`));
    assert.equal(failure.kind, 'InsufficientSpace');
    assert.match(failure.message, like`file system is full: ${noSpaceFor("'large'", re(/\d+/))}`);
  });

  test('a file that can have no more names is copied', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    // EXT4_LINK_MAX.
    const links = Array.from({ length: 65_000 }, (_, index) => hardLink(`l${index}`, 'a'));
    const capability = attributes(
      ['security.capability', '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0'],
      ['user.x', 'y'],
    );
    const bytes = archive(capability, file('a', 'content', { user: 5, group: 6, mode: 0o4750 }), ...links);
    const { losses, dataBytes } = unpack(bytes, `${filesystem.path}/image`);
    assert.deepEqual(losses, { entries: 1, kinds: [{ kind: 'links', count: 1, examples: ["'l64999'"] }] });
    assert.equal(dataBytes, 14);
    const copy = `${filesystem.path}/image/l64999`;
    assert.equal(readFileSync(copy, 'utf8'), 'content');
    const { uid, gid, mode, mtimeMs, nlink } = lstatSync(copy);
    assert.deepEqual([uid, gid, mode & 0o7777, mtimeMs, nlink], [5, 6, 0o4750, 1e12, 1]);
    assert.deepEqual(listAttributes(copy).sort(), ['security.capability', 'user.x']);
  });

  test('an attribute that the file system has no room for', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    const bytes = archive(attributes(['user.large', 'v'.repeat(60_000)]), file('a', 'x'));
    await using filesystem = mountedFilesystem(t, 'ext4', 64);
    const { losses } = unpack(bytes, `${filesystem.path}/image`);
    assert.deepEqual(lossesOf(losses), { entries: 1, attributes: 1 });
    assert.equal(readFileSync(`${filesystem.path}/image/a`, 'utf8'), 'x');
    // Where there is hardly room for anything else either, the disk is full.
    await using small = mountedFilesystem(t, 'ext4', 8);
    const failure = failureOf(() => unpack(bytes, `${small.path}/image`));
    assert.equal(failure.kind, 'InsufficientSpace');
  });

  test('a read-only file system', async (t) => {
    if (!needs(t, filesystemNeeds('ext4'))) return;
    await using filesystem = mountedFilesystem(t, 'ext4', 16);
    mkdirSync(`${filesystem.path}/image`);
    run('mount', ['-o', 'remount,ro', filesystem.path]);
    const failure = failureOf(() => unpack(archive(file('d/a', 'x')), `${filesystem.path}/image`));
    assert.deepEqual(failure.facts, { path: 'd/a', errorName: 'EROFS' });
    assert.match(failure.message, /file system is read-only/);
  });

  test("the source's own errors pass unchanged", (t) => {
    const place = temporaryDirectory(t);
    const error = new SystemError('read', 5, 'pipe');
    const start = new MemorySource(Buffer.concat([file('a', 'x'), entry({ name: 'b', size: 5000 })]));
    const source = {
      read(buffer: Buffer, offset: number, length: number) {
        const count = start.read(buffer, offset, length);
        if (count === 0) throw error;
        return count;
      },
    };
    assert.throws(
      () => unpack(source, place.file('image')),
      (thrown) => thrown === error,
    );
  });

  test('progress is told in steps of a few MiB, also within one file', (t) => {
    const place = temporaryDirectory(t);
    const told: number[] = [];
    const bytes = archive(file('a', noise(10 << 20)), file('b', 'x'));
    unpack(bytes, place.file('image'), { onProgress: ({ bytes: done }) => told.push(done) });
    assert.equal(told.length, 2);
    assert.ok(told.every((done, index) => done >= (index + 1) * (4 << 20)));
  });
});

describe('without rights', () => {
  const bytes = archive(
    directory('./', { user: 0, group: 0 }),
    file('owned', 'x', { user: 4, group: 5 }),
    file('set-id', 'x', { user: 4, group: 5, mode: 0o6755 }),
    symbolicLink('link', 'x', { user: 4, group: 5 }),
    entry({ name: 'device', type: '3', major: 1, minor: 3, user: 0, group: 0 }),
    entry({ name: 'fifo', type: '6' }),
    pax([
      ['SCHILY.xattr.trusted.x', 'x'],
      ['SCHILY.xattr.user.kept', 'x'],
      ['SCHILY.xattr.security.capability', 'x'],
    ]),
    file('attributes', 'x'),
    directory('closed', { mode: 0o500 }),
    file('closed/a', 'x'),
    directory('locked', { mode: 0 }),
    file('locked/a', 'x'),
    ...Array.from({ length: 100 }, (_, index) => file(`d${index}/a`, 'x')),
    file('closed/b', 'x'),
    file('locked/below/b', 'x'),
  );

  /** Node refuses to become another user where io_uring may be on, as it is on Debian. */
  const changeableUser = { UV_USE_IO_URING: '0' };

  /** Unpacks as user 65534 in a child process, and prints what came of it. */
  function unpackAsNobody(place: { path: string; file(...names: string[]): string }): unknown {
    const script = `
      const { extractTree } = await import(process.argv[1] + '/extract.js');
      const fs = await import('node:fs');
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      const input = fs.openSync('/dev/stdin', 'r');
      fs.mkdirSync(process.argv[2]);
      const root = fs.openSync(process.argv[2], fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      const source = { read: (b, o, l) => fs.readSync(0, b, o, l, null) };
      try {
        console.log(JSON.stringify(extractTree(source, root, { labels: 'leave' })));
      } catch (error) { console.log(JSON.stringify({ kind: error.kind, facts: error.facts, message: error.message })); }`;
    chmodSync(place.path, 0o777);
    const module = new URL('../../../../../../service/formats/tar/unpack', import.meta.url).pathname;
    const parameters = [
      '--input-type=module',
      '-e',
      script.replace("const input = fs.openSync('/dev/stdin', 'r');", ''),
      module,
      place.file('image'),
    ];
    return JSON.parse(run(process.execPath, parameters, { input: bytes, environment: changeableUser }));
  }

  test('what the kernel refuses is counted', (t) => {
    if (!needs(t, root)) return;
    const place = temporaryDirectory(t);
    const result = unpackAsNobody(place);
    assert.ok(typeof result === 'object' && result !== null && 'losses' in result, JSON.stringify(result));
    // Every one of the 100 files belongs to root too, as do attributes, fifo, closed and locked with two files each, and the root.
    assert.deepEqual(result.losses, {
      entries: 113,
      kinds: [
        { kind: 'owners', count: 112, examples: ["'owned'", "'set-id'", "'link'"] },
        {
          kind: 'attributes',
          count: 2,
          examples: ["trusted.x of 'attributes'", "security.capability of 'attributes'"],
        },
        { kind: 'modes', count: 1, examples: ["'set-id'"] },
        { kind: 'devices', count: 1, examples: ["'device'"] },
      ],
    });
    assert.equal(existsSync(place.file('image', 'device')), false);
    assert.equal(lstatSync(place.file('image', 'set-id')).mode & 0o7777, 0o755);
    assert.deepEqual(listAttributes(place.file('image', 'attributes')), ['user.kept']);
    assert.equal(lstatSync(place.file('image', 'closed')).mode & 0o7777, 0o500);
    assert.equal(lstatSync(place.file('image', 'closed')).mtimeMs, 1e12);
    assert.equal(readFileSync(place.file('image', 'closed', 'b'), 'utf8'), 'x');
    assert.equal(lstatSync(place.file('image', 'locked')).mode & 0o7777, 0);
    assert.equal(readFileSync(place.file('image', 'locked', 'below', 'b'), 'utf8'), 'x');
  });
});
