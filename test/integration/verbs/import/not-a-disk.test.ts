/** What is certainly not a disk, or not an archive, is refused by its name; what is compressed twice is unpacked. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run, shell } from '../../../support/command.js';
import { makeDisk } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { FaultServer } from '../../../support/servers/fault-server.js';
import { ferryHost, needsProduct } from '../../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import {
  belowTwoCompressions,
  cannotMakeDisk,
  convertWithQemu,
  diskWithPartitions,
  getWithGitLfs,
  gitLfsPointer,
  lookWhetherRight,
  notTarOrCpio,
  qcowVersion1,
  unpackAndConvert,
  unpackItFirst,
  useImportRaw,
  useImportTar,
} from '../../../support/texts/formats.js';

const lookAgain = lookWhetherRight;
const convert = (format: string) => convertWithQemu(format);

const qemu = (format: string, ...options: string[]) =>
  `qemu-img convert -O ${format} ${options.map((option) => `-o ${option}`).join(' ')} disk.raw input`;

/** How each input is made of disk.raw, and what it is called, with the way out. */
const inputs: readonly [what: string, script: string, named: string][] = [
  ['VMDK', qemu('vmdk'), `a VMDK disk image; ${convert('vmdk')}`],
  ['stream-optimized VMDK', qemu('vmdk', 'subformat=streamOptimized'), `a VMDK disk image; ${convert('vmdk')}`],
  ['VMDK in xz', `${qemu('vmdk')}; xz -0 input; mv input.xz input`, `a VMDK disk image; ${convert('vmdk')}`],
  ['VDI', qemu('vdi'), `a VDI disk image; ${convert('vdi')}`],
  ['VHD', qemu('vpc'), `a VHD disk image; ${convert('vpc')}`],
  ['fixed VHD', qemu('vpc', 'subformat=fixed'), `a VHD disk image; ${convert('vpc')}`],
  [
    'fixed VHD in gzip',
    `${qemu('vpc', 'subformat=fixed')}; gzip -1 input; mv input.gz input`,
    `a VHD disk image; ${convert('vpc')}`,
  ],
  ['VHDX', qemu('vhdx'), `a VHDX disk image; ${convert('vhdx')}`],
  ['QED', qemu('qed'), `a QED disk image; ${convert('qed')}`],
  ['Parallels', qemu('parallels'), `a Parallels disk image; ${convert('parallels')}`],
  ['qcow of version 1', qemu('qcow'), `${qcowVersion1}; ${convert('qcow')}`],
  ['tar', 'tar -cf input disk.raw', `a tar archive; ${useImportTar}`],
  ['tar in gzip', 'tar -czf input disk.raw', `a tar archive; ${useImportTar}`],
  [
    'three compressions',
    'gzip -1c disk.raw | xz -0 | gzip -1 >input',
    `gzip-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'gunzip'`,
  ],
  ['web page', "echo '<!DOCTYPE html><html></html>' >input", `a web page; ${lookAgain}`],
  ['git-lfs pointer', "echo 'version https://git-lfs.github.com/spec/v1' >input", `${gitLfsPointer}; ${getWithGitLfs}`],
  ['JSON', `echo '{"message":"Not Found"}' >input`, `a JSON document; ${lookAgain}`],
  ['nothing', ': >input', `empty; ${lookAgain}`],
  ['nothing, in gzip', 'gzip -c </dev/null >input', `empty; ${lookAgain}`],
];

function needsTools(t: TestContext): boolean {
  return needsProduct(t) && needs(t, { programs: ['qemu-img', 'xz', 'gzip', 'tar'] });
}

test('what is certainly not a disk is refused by name, by its path, through a pipe and from the network', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  makeDisk(join(directory.path, 'disk.raw'));
  shell('truncate -s %1M "$1"/disk.raw', [directory.path]);
  for (const [what, script, named] of inputs) {
    await t.test(what, async () => {
      shell(`cd "$1" && rm -f input && ${script}`, [directory.path]);
      const path = join(directory.path, 'input');
      const said = (subject: string) => `${cannotMakeDisk(subject)} ${named}`;
      for (const [way, subject, act] of [
        ['path', /the imported (file|data)/, () => host.ferryctl(['import-raw', path, 'image'])],
        ['pipe', /the imported data/, () => host.ferryctl(['import-raw', '-', 'image'], { input: readFileSync(path) })],
        [
          'network',
          /the download/,
          () => host.ferryctl(['pull-raw', '--verify=no', web.serve('/input.raw', readFileSync(path)), 'image']),
        ],
      ] as const) {
        const { status, stderr } = await act();
        assert.equal(status, 11, `${way}: ${stderr}`);
        const [found = ''] = subject.exec(stderr) ?? [];
        assert.ok(stderr.includes(said(found)), `${way}: ${stderr}`);
      }
      assert.deepEqual(host.images(), []);
    });
  }
});

test('what is text becomes a disk as it is, but not without a warning that shows its beginning', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  const path = join(directory.path, 'input');
  const content = Buffer.from('404: Not Found');
  writeFileSync(path, content);
  for (const act of [
    () => host.ferryctl(['import-raw', '--force', path, 'image']),
    () => host.ferryctl(['import-raw', '--force', '-', 'image'], { input: gzipSync(content) }),
    () => host.ferryctl(['pull-raw', '--force', '--verify=no', web.serve('/input.raw', content), 'image']),
  ]) {
    const { status, stderr } = await act();
    assert.equal(status, 0, stderr);
    assert.equal(stderr.split("What came begins with the text '404: Not Found'").length, 2, stderr);
    assert.deepEqual(readFileSync(join(host.imageRoot, 'image.raw')), content);
  }
});

test('what is not an archive is refused by name', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  makeDisk(join(directory.path, 'disk.raw'));
  const gpt = Buffer.alloc(1 << 20);
  gpt.write('EFI PART', 512);
  writeFileSync(join(directory.path, 'gpt.raw'), gpt);
  for (const [script, said] of [
    [qemu('vdi'), `it is a VDI disk image, ${notTarOrCpio}; ${convert('vdi')}`],
    ['gzip -1c gpt.raw >input', `it is ${diskWithPartitions}, ${notTarOrCpio}; ${useImportRaw}`],
    [': >box.ovf; tar -cf input box.ovf disk.raw', `it is a virtual appliance (OVA); ${unpackAndConvert}`],
    [
      ': >box.mf; : >box.ovf; tar -cf input box.mf box.ovf disk.raw',
      `it is a virtual appliance (OVA); ${unpackAndConvert}`,
    ],
    ['mkdir -p d; : >d/box.ovf; tar -H posix -C d -cf input .', `it is a virtual appliance (OVA); ${unpackAndConvert}`],
    ["echo 'version https://git-lfs.github.com/spec/v1' >input", `it is ${gitLfsPointer}; ${getWithGitLfs}`],
    [qemu('qcow2'), `it is a qcow2 disk image, ${notTarOrCpio}; ${useImportRaw}`],
    ["echo '<html></html>' >input", `it is a web page, ${notTarOrCpio}; ${lookAgain}`],
  ]) {
    shell(`cd "$1" && rm -f input && ${script}`, [directory.path]);
    const { status, stderr } = await host.ferryctl(['import-tar', join(directory.path, 'input'), 'image']);
    assert.equal(status, 11, stderr);
    assert.ok(stderr.includes(`Cannot unpack the archive: ${said}`), stderr);
  }
  assert.deepEqual(host.images(), []);
});

test('two compressions, one around the other, are both undone', async (t) => {
  if (!needsTools(t)) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  const disk = makeDisk(join(directory.path, 'disk.raw'));
  const tree = join(directory.path, 'tree');
  mkdirSync(join(tree, 'etc'), { recursive: true });
  writeFileSync(join(tree, 'etc', 'os-release'), 'ID=x\n');
  run('tar', ['-C', tree, '-cJf', join(directory.path, 'tree.tar.xz'), '.']);
  run('xz', ['-0k', disk]);
  for (const [verb, inner, made] of [
    ['raw', 'disk.raw.xz', 'image.raw'],
    ['tar', 'tree.tar.xz', 'image/etc/os-release'],
  ] as const) {
    const expected = readFileSync(verb === 'raw' ? disk : join(tree, 'etc', 'os-release'));
    const twice = gzipSync(readFileSync(join(directory.path, inner)));
    const path = join(directory.path, `${inner}.gz`);
    writeFileSync(path, twice);
    for (const parameters of [
      [`import-${verb}`, path, 'image'],
      [`pull-${verb}`, '--verify=no', '-N', web.serve(`/${inner}.gz`, twice), 'image'],
    ]) {
      const { status, stderr } = await host.ferryctl([...parameters, '--force']);
      assert.equal(status, 0, stderr);
      assert.deepEqual(readFileSync(join(host.imageRoot, made)), expected);
    }
  }
});

test('lz4, lzma and cpio are read, imported and pulled, and lend images no suffix', async (t) => {
  if (!needsTools(t) || !needs(t, { programs: ['lz4', 'cpio'] })) return;
  await using directory = temporaryDirectory(t);
  await using host = await ferryHost(t);
  await using web = await FaultServer.start();
  const disk = makeDisk(join(directory.path, 'disk.raw'));
  shell(
    `cd "$1" && mkdir -p tree/etc && echo ID=x >tree/etc/os-release && tar -C tree -cf image.tar . && lz4 -q image.tar image.tar.lz4
    (cd tree && find . | cpio -o -H newc --quiet) | gzip >image.cpio.gz
    lz4 -qc disk.raw >image.raw.lz4 && lz4 -qc disk.raw >>image.raw.lz4 && xz -0c --format=lzma disk.raw >image.img.lzma
    xz -c --lzma1=preset=1,lc=1,lp=2,pb=2 --format=lzma disk.raw >openwrt.img.lzma`,
    [directory.path],
  );
  const once = readFileSync(disk);
  const release = Buffer.from('ID=x\n');
  for (const [verb, file, made, expected] of [
    ['raw', 'image.raw.lz4', 'image.raw', Buffer.concat([once, once])],
    ['raw', 'image.img.lzma', 'image.raw', once],
    ['raw', 'openwrt.img.lzma', 'openwrt.raw', once],
    ['tar', 'image.tar.lz4', 'image/etc/os-release', release],
    ['tar', 'image.cpio.gz', 'image/etc/os-release', release],
  ] as const) {
    const path = join(directory.path, file);
    for (const parameters of [
      [`import-${verb}`, path],
      [`pull-${verb}`, '--verify=no', '-N', web.serve(`/${file}`, readFileSync(path))],
    ]) {
      const { status, stderr } = await host.ferryctl([...parameters, '--force']);
      assert.equal(status, 0, `${file}: ${stderr}`);
      assert.deepEqual(readFileSync(join(host.imageRoot, made)), expected, file);
    }
  }
});
