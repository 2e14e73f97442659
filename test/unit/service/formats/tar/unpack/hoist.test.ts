import assert from 'node:assert/strict';
import { closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { getAttribute, listAttributes } from '../../../../../../linux/attributes.js';
import { hoistSingleDirectory } from '../../../../../../service/formats/tar/unpack/hoist.js';
import { archive, directory, entry, file, pax, symbolicLink } from '../../../../../corpus/tar.js';
import { needs } from '../../../../../support/needs.js';
import { temporaryDirectory } from '../../../../../support/temporary.js';
import { listing, unpack } from '../unpacking.js';

function hoist(path: string): boolean {
  const root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return hoistSingleDirectory(root);
  } finally {
    closeSync(root);
  }
}

const release = (path: string) => file(path, 'ID=x\n');

const cases: readonly { name: string; parts: readonly Buffer[]; hoisted: boolean }[] = [
  { name: 'a directory with etc/os-release', parts: [release('os/etc/os-release')], hoisted: true },
  { name: 'a directory with usr/lib/os-release', parts: [release('os/usr/lib/os-release')], hoisted: true },
  {
    name: 'links within the directory, absolute ones too',
    parts: [symbolicLink('os/etc', '/real'), symbolicLink('os/real/os-release', '../usr/x'), release('os/usr/x')],
    hoisted: true,
  },
  { name: 'a system extension', parts: [file('e/usr/lib/extension-release.d/extension-release.e')], hoisted: true },
  { name: 'a configuration extension', parts: [file('e/etc/extension-release.d/extension-release.e')], hoisted: true },
  { name: 'a hidden directory', parts: [release('.os/etc/os-release')], hoisted: true },
  {
    name: 'a directory that holds its own name',
    parts: [release('os/etc/os-release'), file('os/os', 'x')],
    hoisted: true,
  },
  { name: 'an OS tree as it should be', parts: [release('etc/os-release')], hoisted: false },
  { name: 'an OS tree that is only usr', parts: [release('usr/lib/os-release')], hoisted: false },
  {
    name: 'an extension as it should be',
    parts: [file('usr/lib/extension-release.d/extension-release.e')],
    hoisted: false,
  },
  { name: 'two entries', parts: [release('os/etc/os-release'), file('.hidden')], hoisted: false },
  { name: 'a directory that is no OS tree', parts: [file('os/etc/passwd')], hoisted: false },
  { name: 'an empty directory of extensions', parts: [directory('os/usr/lib/extension-release.d')], hoisted: false },
  { name: 'OS trees in one another', parts: [release('a/b/etc/os-release')], hoisted: false },
  { name: 'a file', parts: [file('os', 'x')], hoisted: false },
  { name: 'a symbolic link to an OS tree', parts: [symbolicLink('os', '/')], hoisted: false },
  {
    name: 'os-release that leads out',
    parts: [symbolicLink('os/etc/os-release', '../../../../../etc/os-release')],
    hoisted: false,
  },
  { name: 'os-release that is a directory', parts: [directory('os/etc/os-release')], hoisted: false },
  { name: 'os-release that is a fifo', parts: [entry({ name: 'os/etc/os-release', type: '6' })], hoisted: false },
  { name: 'links in a circle', parts: [symbolicLink('os/etc', 'etc')], hoisted: false },
];

describe('the single directory of an archive becomes the root of the image', () => {
  for (const { name, parts, hoisted } of cases) {
    test(`${hoisted ? '' : 'not: '}${name}`, (t) => {
      const place = temporaryDirectory(t);
      const image = place.file('image');
      unpack(archive(...parts), image);
      const [top = ''] = readdirSync(image);
      const before = listing(image);
      assert.equal(hoist(image), hoisted);
      const below = before.slice(1).map((line) => line.slice(top.length + 1));
      assert.deepEqual(listing(image), hoisted ? below : before);
    });
  }

  test('with its owner, mode, times, attributes and ACLs, but no records', (t) => {
    if (!needs(t, { root: true })) return;
    const place = temporaryDirectory(t);
    const image = place.file('image');
    const acl = 'user::rwx,user:5:rwx,group::r-x,mask::rwx,other::---';
    unpack(
      archive(
        pax([['SCHILY.xattr.user.old', 'x']]),
        directory('./'),
        pax([
          ['mtime', '5.123456789'],
          ['SCHILY.xattr.user.new', 'x'],
          ['SCHILY.xattr.user.source_url', 'x'],
          ['SCHILY.acl.default', acl],
        ]),
        directory('os', { user: 3, group: 4, mode: 0o3750 }),
        release('os/etc/os-release'),
      ),
      image,
    );
    assert.ok(hoist(image));
    const { uid, gid, mode, mtimeNs } = lstatSync(image, { bigint: true });
    assert.deepEqual([uid, gid, mode & 0o7777n, mtimeNs], [3n, 4n, 0o3750n, 5_123_456_789n]);
    assert.deepEqual(listAttributes(image).sort(), ['system.posix_acl_default', 'user.new']);
    assert.equal(getAttribute(image, 'system.posix_acl_default')?.length, 4 + 5 * 8);
  });
});
