import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sniffFile } from '../../../../../service/formats/content/file.js';
import type { ContentKind } from '../../../../../service/formats/content/kinds.js';
import { headLength, sniffContent, tailLength } from '../../../../../service/formats/content/sniff.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { noise } from './sniffing.js';

/** A tar archive of empty members with these names. */
function tarOf(...names: string[]): Buffer {
  const headers = names.map((name) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write('00000000000\0', 124);
    header.write('        ', 148);
    header.write(name.endsWith('/') ? '5' : '0', 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((before, byte) => before + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return header;
  });
  return Buffer.concat([...headers, Buffer.alloc(1024)]);
}

function sniffAll(data: Buffer): ContentKind {
  return sniffContent({ head: data.subarray(0, headLength), tail: data.subarray(-tailLength), length: data.length });
}

const hash = 'a'.repeat(64);

/** Bytes, a character each, at an offset in noise; at a negative one, from its end. */
const marks: readonly [at: number, bytes: string, kind: ContentKind][] = [
  [0, '\x1f\x8b\x08', 'gzip'],
  [0, '\xfd7zXZ\0', 'xz'],
  [0, '\x28\xb5\x2f\xfd', 'zstd'],
  [0, '\x50\x2a\x4d\x18\x04\0\0\0abcd\x28\xb5\x2f\xfd', 'zstd'],
  [0, '\x5f\x2a\x4d\x18\x04\0\0\0abcd\x04\x22\x4d\x18', 'lz4'],
  [0, '\x50\x2a\x4d\x18\0\0\0\0\x51\x2a\x4d\x18\0\0\0\0\x04\x22\x4d\x18', 'lz4'],
  [0, '\x50\x2a\x4d\x18\xff\xff\xff\xff', 'zstd'],
  [0, 'BZh9', 'bzip2'],
  [0, 'BZh0', 'unknown'],
  [0, '\x04\x22\x4d\x18', 'lz4'],
  [0, '\x02\x21\x4c\x18', 'lz4Legacy'],
  [0, '\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff', 'lzma'],
  [0, '\x5d\0\0\x80\0\0\x10\0\0\0\0\0\0', 'lzma'],
  [0, '\x5d\0\x01\x02\x03\0\x10\0\0\0\0\0\0', 'unknown'],
  [0, '\x6d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0', 'lzma'],
  [0, '\x6d\0\0\xc0\0\0\x10\0\0\0\0\0\0\0', 'lzma'],
  [0, '\xe0\0\0\x10\0\0\x10\0\0\0\0\0\0\0', 'lzma'],
  [0, '\0\0\0\x10\0\xff\xff\xff\xff\xff\xff\xff\xff\0', 'lzma'],
  [0, '\xe1\0\0\x10\0\0\x10\0\0\0\0\0\0\0', 'unknown'],
  [0, '\x6d\0\0\xa0\0\0\x10\0\0\0\0\0\0\0', 'unknown'],
  [0, '\x6d\0\0\x80\0\0\x10\0\0\x40\0\0\0\0', 'unknown'],
  [0, '\x6d\0\0\x80\0\0\x10\0\0\0\0\0\0\x01', 'unknown'],
  [0, '\0\0\0\0\x01\0\0\0\x02\0\0\0\0\0', 'unknown'],
  [0, 'LZIP\x01', 'lzip'],
  [0, '\x89LZO\0\r\n\x1a\n', 'lzop'],
  [0, 'LRZI\0', 'lrzip'],
  [0, '\x1f\x9d\x90', 'compress'],
  [0, '\x1f\x9d\xff', 'unknown'],
  [0, '\x1f\x9d\x88', 'unknown'],
  [0, 'QFI\xfb\0\0\0\x01', 'qcow1'],
  [0, 'QFI\xfb\0\0\0\x02', 'qcow2'],
  [0, 'QFI\xfb\0\0\0\x03', 'qcow2'],
  [0, 'KDMV\x01\0\0\0', 'vmdk'],
  [0, 'COWD\x01\0\0\0', 'vmdk'],
  [0, '\xbe\xba\xfe\xca\0\0\0\0\x01\0\0\0\x02\0\0\0', 'vmdk'],
  [0, '# Disk DescriptorFile\nversion=1\n', 'vmdkDescriptor'],
  [0, '\n# a comment\n#disk descriptorfile\n', 'vmdkDescriptor'],
  [64, '\x7f\x10\xda\xbe', 'vdi'],
  [0, 'conectix', 'vhd'],
  [-512, 'conectix', 'vhd'],
  [-511, 'conectix', 'vhd'],
  [-400, 'conectix', 'unknown'],
  [0, 'vhdxfile', 'vhdx'],
  [0, 'QED\0', 'qed'],
  [0, 'WithoutFreeSpace', 'parallels'],
  [0, 'WithouFreSpacExt', 'parallels'],
  [0, 'Bochs Virtual HD Image', 'bochs'],
  [0, '#!/bin/sh\n#V2.0 Format\nmodprobe cloop', 'cloop'],
  [0, 'partclone-image\x000.3.12', 'partclone'],
  [0, 'sprs\0\0\0\x03', 'dmgSparse'],
  [0, 'encrcdsa', 'dmgEncrypted'],
  [-512, 'koly\0\0\0\x04', 'dmg'],
  [0, '\x3a\xff\x26\xed\x01\0\0\0', 'androidSparse'],
  [0, 'hsqs', 'squashfs'],
  [0, 'sqsh', 'squashfs'],
  [1024, '\xe2\xe1\xf5\xe0', 'erofs'],
  [1024, '\x10\x20\xf5\xf2', 'f2fs'],
  [1080, '\x53\xef', 'ext'],
  [0, 'XFSB', 'xfs'],
  [0, 'LUKS\xba\xbe\0\x02', 'luks'],
  [512, 'EFI PART', 'gpt'],
  [4096, 'EFI PART', 'gpt'],
  [32769, 'CD001', 'iso9660'],
  [65600, '_BHRfS_M', 'btrfs'],
  [510, '\x55\xaa', 'bootSector'],
  [0, '070701', 'cpio'],
  [0, '070702', 'cpio'],
  [0, '070707', 'cpio'],
  [0, '!<arch>\n', 'ar'],
  [0, '\xed\xab\xee\xdb', 'rpm'],
  [0, 'PK\x03\x04', 'zip'],
  [0, 'PK\x05\x06', 'zip'],
  [0, '7z\xbc\xaf\x27\x1c', 'sevenZip'],
  [0, 'Rar!\x1a\x07\x01\0', 'rar'],
  [0, 'MSCF\0\0\0\0', 'cabinet'],
  [0, 'xar!\0\x1c', 'xar'],
  [0, 'MSWIM\0\0\0', 'wim'],
  [8, '\x51\xbb\x5b\xea\xbc\xfa\x96\x13', 'catar'],
  [8, '\xf9\x9f\x12\x7b\x9c\x4d\x82\x96', 'casyncIndex'],
  [0, '%PDF-1.7', 'pdf'],
  [0, '\x7fELF', 'elf'],
  [0, 'version https://git-lfs.github.com/spec/v1\n', 'gitLfs'],
  [0, 'version https://hawser.github.com/spec/v1\n', 'gitLfs'],
  [0, '/annex/objects/SHA256E-s1--0', 'gitAnnex'],
  [0, '-----BEGIN PGP SIGNATURE-----\n', 'pem'],
  [0, ' <!DOCTYPE html>', 'html'],
  [0, '<h1>Not Found</h1>', 'html'],
  [0, '<center>', 'html'],
  [0, '<paragraph>', 'unknown'],
  [0, '<ListBucketResult xmlns="x">', 'xml'],
  [0, '<soap:Envelope>', 'xml'],
  [0, '\xef\xbb\xbf<!-- a --><!-- b -->\n<HTML lang="en">', 'html'],
  [0, '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code>', 'xml'],
  [0, '<Error><Code>AccessDenied</Code>', 'xml'],
  [0, '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-">', 'html'],
  [0, '', 'unknown'],
];

for (const [at, bytes, kind] of marks) {
  test(`${JSON.stringify(bytes)} at ${at} is ${kind}`, () => {
    const data = noise(200_000);
    data.write(bytes, at < 0 ? data.length + at : at, 'latin1');
    assert.equal(sniffAll(data), kind);
  });
}

/** Whole contents. */
const wholes: readonly [what: string, content: Buffer | string, kind: ContentKind][] = [
  ['nothing', '', 'empty'],
  ['text', 'a text\n', 'text'],
  ['a checksum file', `${hash}  disk.raw\n`, 'text'],
  ['an object', '{"message": "Not Found"}\n', 'json'],
  ['an empty object', '{}', 'json'],
  ['a list of objects', '[ {"id": 1} ]', 'json'],
  ['a brace before bytes', '{"\0\0', 'unknown'],
  ['settings', '[Exec]\nBoot=yes\n', 'text'],
  ['a web page in UTF-16', Buffer.from('\ufeff<!DOCTYPE html>\r\n<html>', 'utf16le'), 'html'],
  ['a web page in UTF-16, big-endian', Buffer.from('\ufeff\n<html lang="ru">', 'utf16le').swap16(), 'html'],
  ['an XML document in UTF-16', Buffer.from('\ufeff<?xml version="1.0"?><Error>', 'utf16le'), 'xml'],
  ['an object in UTF-16', Buffer.from('\ufeff{ "message": "x" }', 'utf16le'), 'json'],
  ['a mark of UTF-16, then zeros', Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.alloc(4096)]), 'unknown'],
  ['zeros', Buffer.alloc(4096), 'zeros'],
  ['one byte', Buffer.of(1), 'unknown'],
  ['a tar archive', tarOf('etc/', 'etc/os-release'), 'tar'],
  ['an appliance', tarOf('box.ovf', 'box.vmdk'), 'ova'],
  ['an appliance, its manifest first', tarOf('box.mf', 'box.ovf', 'box.vmdk'), 'ova'],
  ['an appliance, its certificate first', tarOf('box.cert', 'box.mf', 'box.ovf'), 'ova'],
  ['an appliance packed as a directory', tarOf('./', './box.mf', './box.ovf'), 'ova'],
  ['a tree with a file named like a manifest', tarOf('box.mf', 'etc/', 'box.ovf'), 'tar'],
  ['a tree with such a file', tarOf('opt/', 'opt/box.ovf'), 'tar'],
  ['an image of skopeo', tarOf('blobs/', 'blobs/sha256/', 'index.json'), 'ociArchive'],
  ['an image of podman', tarOf(`blobs/sha256/${hash}`, 'index.json', 'oci-layout'), 'ociArchive'],
  ['an image of docker', tarOf(`${hash}/`, `${hash}/VERSION`, 'manifest.json'), 'dockerArchive'],
  ['an image of docker, by its manifest', tarOf('manifest.json', `${hash}.json`), 'dockerArchive'],
  ['a tree with a manifest', tarOf('manifest.json', 'rootfs/'), 'tar'],
];

for (const [what, content, kind] of wholes) {
  test(`${what}: ${kind}`, () => assert.equal(sniffAll(Buffer.from(content)), kind));
}

test('a footer is not looked for where the end is not known', () => {
  const data = noise(4096);
  data.write('conectix', data.length - 512);
  assert.equal(sniffContent({ head: data }), 'unknown');
  assert.equal(sniffContent({ head: Buffer.alloc(0) }), 'unknown');
});

test('a disk that begins like another file still is one by its partition table', () => {
  for (const beginning of ['\x7fELF', 'PK\x03\x04', '%PDF-', '070701', '<html>']) {
    const data = noise(8192);
    data.write(beginning, 0, 'latin1');
    data.write('EFI PART', 512);
    assert.equal(sniffAll(data), 'gpt', beginning);
  }
});

test('a page of many comments that comes to nothing is judged at once', () => {
  assert.equal(sniffAll(Buffer.from('<!-- -->'.repeat(1000))), 'text');
  assert.equal(sniffAll(Buffer.from(`${'<!-- -->'.repeat(100)}<html>`)), 'html');
});

test('binary cpio is known either way round, and not by two bytes alone', () => {
  for (const swapped of [false, true]) {
    const data = noise(200);
    const write = (value: number, at: number) =>
      swapped ? data.writeUInt16BE(value, at) : data.writeUInt16LE(value, at);
    write(0o070707, 0);
    assert.equal(sniffAll(data), 'unknown');
    write(0o100644, 6);
    write(5, 20);
    data.write('etc/x'.slice(0, 4), 26);
    data[30] = 0;
    assert.equal(sniffAll(data), 'cpioBinary');
  }
});

test('what qemu-img writes is known by its bytes', async (t) => {
  if (!needs(t, { programs: ['qemu-img'] })) return;
  await using directory = temporaryDirectory(t);
  const raw = join(directory.path, 'disk.raw');
  writeFileSync(raw, Buffer.concat([noise(1 << 20), Buffer.alloc(3 << 20)]));
  const forms: readonly [format: string, options: string, kind: ContentKind][] = [
    ['vmdk', '', 'vmdk'],
    ['vmdk', 'subformat=streamOptimized', 'vmdk'],
    ['vmdk', 'subformat=monolithicFlat', 'vmdkDescriptor'],
    ['vdi', '', 'vdi'],
    ['vpc', '', 'vhd'],
    ['vpc', 'subformat=fixed', 'vhd'],
    ['vhdx', '', 'vhdx'],
    ['qed', '', 'qed'],
    ['parallels', '', 'parallels'],
    ['qcow', '', 'qcow1'],
    ['qcow2', '', 'qcow2'],
    ['raw', '', 'unknown'],
  ];
  for (const [format, options, kind] of forms) {
    const path = join(directory.path, `disk.${format}-${options.slice(10)}`);
    const more = options === '' ? [] : ['-o', options];
    const made = spawnSync('qemu-img', ['convert', '-f', 'raw', '-O', format, ...more, raw, path]);
    assert.equal(made.status, 0, String(made.stderr));
    const descriptor = openSync(path, 'r');
    try {
      assert.equal(sniffFile(descriptor), kind, `${format} ${options}`);
    } finally {
      closeSync(descriptor);
    }
    assert.equal(sniffAll(readFileSync(path)), kind, `${format} ${options}`);
  }
});
