import assert from 'node:assert/strict';
import { lstatSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { FileFlag, getAttribute, getFileFlags, listAttributes } from '../../../../../../linux/attributes.js';
import { AT_FDCWD, close, openat } from '../../../../../../linux/files.js';
import { archive, directory, entry, file, pax, symbolicLink } from '../../../../../corpus/tar.js';
import { run } from '../../../../../support/command.js';
import { failureOf } from '../../../../../support/failures.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../../support/images/filesystems.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { lossesOf, unpack } from '../unpacking.js';

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
