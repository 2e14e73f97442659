import assert from 'node:assert/strict';
import { mkdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attempt } from '../../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { type DiskName, diskNames, signedDirectory } from '../../support/images/fixtures.js';
import { needs } from '../../support/needs.js';
import { needsNginx, nginx } from '../../support/servers/nginx.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';

for (const type of ['ext4', 'btrfs'] as const) {
  test(`disk images pulled onto ${type} have the same bytes and no fewer holes`, async (t) => {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, filesystemNeeds(type))) return;
    const directory = signedDirectory(t);
    if (directory === undefined) return;
    await using server = await nginx(t, directory.path);
    await using filesystem = mountedFilesystem(t, type, 4096);
    const imageRoot = join(filesystem.path, 'images');
    mkdirSync(imageRoot);
    // A slow machine compares for longer than an idle service stays.
    await using host = await ferryHost(t, { imageRoot, environment: { SYSTEMD_EXIT_ON_IDLE: '0' } });
    for (const name of diskNames) {
      await t.test(name, async () => {
        const pulled = await host.ferryctl(['pull-raw', '-mN', '--verify=checksum', `${server.url}/${name}`, 'disk']);
        assert.equal(pulled.status, 0, pulled.stderr);
        assert.deepEqual(host.images(), ['disk.raw']);
        const [expected, found] = [join(directory.path, contentOf(name)), join(imageRoot, 'disk.raw')];
        assert.equal(attempt('cmp', [expected, found]).stdout, '');
        const [a, b] = [statSync(expected), statSync(found)];
        assert.equal(b.size, a.size);
        // A twentieth more: what is a hole depends on the block size of the filesystem and on where clusters begin.
        assert.ok(b.blocks <= a.blocks * 1.05, `${b.blocks * 512} bytes allocated, ${a.blocks * 512} in the original`);
        unlinkSync(found);
      });
    }
  });
}

test('a bootable image still is one, and its filesystem is sound', async (t) => {
  if (!needsProduct(t) || !needsNginx(t) || !needs(t, { programs: ['e2fsck', 'file'] })) return;
  const directory = signedDirectory(t);
  if (directory === undefined) return;
  await using server = await nginx(t, directory.path);
  await using host = await ferryHost(t);
  for (const name of ['grub-rescue-cdrom.iso', 'disk.qcow2']) {
    const pulled = await host.ferryctl(['pull-raw', '-mN', '--verify=checksum', `${server.url}/${name}`, name]);
    assert.equal(pulled.status, 0, pulled.stderr);
  }
  const description = attempt('file', ['-b', imagePath(host.images(), 'grub', host.imageRoot)]).stdout;
  assert.match(description, /ISO 9660.*\(bootable\)|DOS\/MBR boot sector/);
  const check = attempt('e2fsck', ['-f', '-n', imagePath(host.images(), 'disk', host.imageRoot)]);
  assert.equal(check.status, 0, check.stdout);
});

function contentOf(name: DiskName): string {
  return name.startsWith('disk') ? 'disk.raw' : name;
}

function imagePath(names: readonly string[], beginning: string, root: string): string {
  const name = names.find((each) => each.startsWith(beginning));
  assert.ok(name, `an image ${beginning}… in ${names.join(', ')}`);
  return join(root, name);
}
