/** A tree for machines without an operating system at its top does not become an image without a word. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { archive, directory, file, symbolicLink } from '../../corpus/tar.js';
import { run } from '../../support/command.js';
import { needs } from '../../support/needs.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { unpackWithUmoci } from '../../support/texts/formats.js';

const system = (path: string) => [directory(path), directory(`${path}/etc`), file(`${path}/etc/os-release`, 'ID=x\n')];
const digest = 'a'.repeat(64);
const unpackImage = unpackWithUmoci;

const trees: [name: string, parts: Buffer[], notice: string][] = [
  [
    'a root beside a list of packages',
    [file('pkglist.x86_64.txt', 'a'), ...system('root.x86_64')],
    `'root.x86_64' beside 1 other looks like an operating system; import that directory with import-fs`,
  ],
  [
    'a root beside the file that macOS makes',
    [file('._root', 'a'), ...system('root')],
    `'root' beside 1 other looks like an operating system; import that directory with import-fs`,
  ],
  [
    'several roots, deep below',
    ['a', 'b', 'c'].flatMap((name) => system(`builds/today/${name}`)),
    `'builds/today/a' beside 2 others looks like an operating system, as do 2 more; import that directory with import-fs`,
  ],
  [
    'two roots',
    ['a', 'b'].flatMap((name) => system(name)),
    `'a' beside 1 other looks like an operating system, as does 1 more; import that directory with import-fs`,
  ],
  [
    'an Incus image',
    [file('metadata.yaml', 'x'), directory('templates'), ...system('rootfs')],
    `this is an Incus or LXD image; 'rootfs' beside 2 others looks like an operating system; import that directory with import-fs`,
  ],
  [
    'an Incus image of a virtual machine',
    [file('metadata.yaml', 'x'), file('rootfs.img', 'x')],
    "this is an Incus or LXD image of a virtual machine; import 'rootfs.img' with import-raw",
  ],
  [
    'the other half of an Incus image',
    [file('metadata.yaml', 'x'), directory('templates')],
    'this is the metadata of an Incus or LXD image; import its other file, the root file system',
  ],
  [
    'docker save',
    [file('manifest.json', '[]'), file('oci-layout', '{}'), directory('blobs')],
    `this is a container image archive (docker save); ${unpackImage}`,
  ],
  [
    'an old docker save',
    [directory(digest), file(`${digest}/layer.tar`, 'x'), file('manifest.json', '[]')],
    `this is a container image archive (docker save); ${unpackImage}`,
  ],
  [
    'an OCI layout',
    [file('index.json', '{}'), file('oci-layout', '{}'), directory('blobs/sha256')],
    `this is a container image archive (OCI layout); ${unpackImage}`,
  ],
  [
    'an extension',
    [directory('usr'), file('usr/lib/extension-release.d/extension-release.x', 'ID=x\n')],
    'this is an extension; import it with --class=sysext or --class=confext',
  ],
  [
    'a Vagrant box',
    [file('metadata.json', '{}'), file('Vagrantfile', ''), file('box.img', 'x')],
    "this is a Vagrant box; import 'box.img' with import-raw",
  ],
  [
    'an unpacked appliance',
    [file('a.vmdk', 'x'), file('a.mf', ''), file('a.ovf', '')],
    "this is a virtual appliance (OVF); import 'a.vmdk' with import-raw",
  ],
  ['a disk in an archive', [file('disk.raw', 'x')], "'disk.raw' in it is a disk image; import that with import-raw"],
  [
    'an archive in an archive',
    [file('README', 'x'), file('rootfs.tar.xz', 'x')],
    "'rootfs.tar.xz' in it is an archive; import that with import-tar",
  ],
  [
    'a tree without os-release',
    [directory('usr'), directory('etc'), symbolicLink('etc/os-release', '../usr/lib/os-release')],
    "it looks like an operating system without that file, which 'machinectl start' refuses",
  ],
  ['sources', [directory('x'), file('x/Makefile', 'x')], 'it is not an operating system'],
  ['nothing', [directory('.')], 'it is empty'],
];

const said = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.includes('os-release'))
    .map((line) => line.trim());

async function noticesOf(host: FerryHost, ...parameters: string[]): Promise<string[]> {
  const { status, stderr } = await host.ferryctl(['--force', ...parameters]);
  assert.equal(status, 0, stderr);
  return said(stderr);
}

for (const [name, parts, notice] of trees) {
  test(`${name} is told of, whether it is imported or pulled`, async (t) => {
    if (!needsProduct(t) || !needs(t, { root: true, programs: ['tar'] })) return;
    const host = await ferryHost(t);
    const [path, source] = [join(host.home, 'tree.tar'), join(host.home, 'source')];
    writeFileSync(path, archive(...parts));
    mkdirSync(source);
    run('tar', ['-xf', path, '-C', source]);
    const notices = [`No os-release in the image: ${notice}`];
    assert.deepEqual(await noticesOf(host, 'import-tar', '-m', path, 'x'), notices);
    assert.deepEqual(await noticesOf(host, 'import-fs', '-m', source, 'x'), notices);
    assert.deepEqual(await noticesOf(host, 'pull-tar', '-m', '--verify=no', `file://${path}`, 'x'), notices);
    assert.deepEqual(await noticesOf(host, 'pull-tar', '-m', '--verify=no', `file://${path}`, '-'), notices);
    assert.deepEqual(await noticesOf(host, 'import-tar', '-P', path, 'x'), []);
  });
}

test('nothing is said of an operating system, nor of one that is moved to the top, nor of disks', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  const host = await ferryHost(t);
  const path = join(host.home, 'image');
  for (const parts of [
    system('.'),
    system('only'),
    [directory('etc'), symbolicLink('etc/os-release', '/usr/lib/os-release'), file('usr/lib/os-release', 'ID=x\n')],
  ]) {
    writeFileSync(path, archive(...parts));
    assert.deepEqual(await noticesOf(host, 'import-tar', '-m', path, 'x'), []);
  }
  writeFileSync(path, Buffer.alloc(1 << 20));
  assert.deepEqual(await noticesOf(host, 'import-raw', '-m', path, 'x'), []);
});
