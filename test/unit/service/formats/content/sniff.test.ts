import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sniffFile, warningOfText } from '../../../../../service/formats/content/file.js';
import { type ContentKind, contentKinds, factsOf } from '../../../../../service/formats/content/kinds.js';
import { notDisk, notTree } from '../../../../../service/formats/content/refusals.js';
import {
  headLength,
  isCertainlyNoDisk,
  sniffContent,
  tailLength,
} from '../../../../../service/formats/content/sniff.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import {
  appleDisk,
  belowTwoCompressions,
  cannotMakeDisk,
  compressedWithCompress,
  convertWithQemu,
  diskWithPartitions,
  getWithGitLfs,
  gitLfsPointer,
  lookWhetherRight,
  notTarOrCpio,
  qcowVersion1,
  unpackAndConvert,
  unpackItFirst,
  unpackWithUmoci,
  useImportRaw,
  useImportTar,
} from '../../../../support/texts/formats.js';

/** Bytes that look like nothing. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[index] = (state >>> 16) | 1;
  }
  return bytes;
}

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

const convert = (format: string) => convertWithQemu(format);
const lookAgain = lookWhetherRight;
const umoci = unpackWithUmoci;

/** What is said of each kind that is certainly not a disk, behind "Cannot make a disk image of the download: it is ". */
const refused: Partial<Record<ContentKind, string>> = {
  gzip: `gzip-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'gunzip'`,
  xz: `xz-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'unxz'`,
  zstd: `zstd-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'unzstd'`,
  bzip2: `bzip2-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'bunzip2'`,
  lz4: `lz4-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'lz4 -d'`,
  lzma: `lzma-compressed data ${belowTwoCompressions}; ${unpackItFirst} 'xz --format=lzma -d'`,
  lz4Legacy: `lz4-compressed data (legacy frames); ${unpackItFirst} 'lz4 -d'`,
  lzip: `lzip-compressed data; ${unpackItFirst} 'lzip -d'`,
  lzop: `lzop-compressed data; ${unpackItFirst} 'lzop -d'`,
  lrzip: `lrzip-compressed data; ${unpackItFirst} 'lrzip -d'`,
  compress: `${compressedWithCompress}; ${unpackItFirst} 'gzip -d'`,
  tar: `a tar archive; ${useImportTar}`,
  ociArchive: `an OCI image archive; ${umoci}`,
  dockerArchive: `a docker image archive; ${umoci}`,
  cpio: `a cpio archive; ${useImportTar}`,
  cpioBinary: `a cpio archive of the old binary kind; ${unpackItFirst} 'cpio -i'`,
  ar: `an ar archive or Debian package; ${unpackItFirst} 'ar x'`,
  rpm: `an RPM package; ${unpackItFirst} 'rpm2archive'`,
  zip: `a zip archive; ${unpackItFirst} 'unzip'`,
  sevenZip: `a 7z archive; ${unpackItFirst} '7z x'`,
  rar: `a rar archive; ${unpackItFirst} 'unrar x'`,
  cabinet: `a cabinet archive (CAB); ${unpackItFirst} 'cabextract'`,
  xar: `a xar archive; ${unpackItFirst} 'bsdtar -xf'`,
  wim: `a Windows imaging archive (WIM); ${unpackItFirst} 'wimapply'`,
  catar: "a casync archive (catar); unpack it with 'casync extract'",
  casyncIndex: "a casync index; fetch what it lists with 'casync extract'",
  qcow1: `${qcowVersion1}; ${convert('qcow')}`,
  vmdk: `a VMDK disk image; ${convert('vmdk')}`,
  vmdkDescriptor: `the descriptor of a VMDK disk image, whose data is in other files; ${convert('vmdk')}`,
  vdi: `a VDI disk image; ${convert('vdi')}`,
  vhd: `a VHD disk image; ${convert('vpc')}`,
  vhdx: `a VHDX disk image; ${convert('vhdx')}`,
  qed: `a QED disk image; ${convert('qed')}`,
  parallels: `a Parallels disk image; ${convert('parallels')}`,
  bochs: `a Bochs disk image; ${convert('bochs')}`,
  dmg: `${appleDisk}; ${convert('dmg')}`,
  cloop: `a compressed loop image (cloop); ${convert('cloop')}`,
  dmgSparse: "a sparse Apple disk image; convert it with 'hdiutil convert -format UDTO', and import the result",
  partclone: "a partclone image; restore it with 'partclone.restore', and import the result",
  dmgEncrypted: "an encrypted Apple disk image (DMG); decrypt it first with 'hdiutil convert'",
  ova: `a virtual appliance (OVA); ${unpackAndConvert}`,
  androidSparse: "an Android sparse image; convert it with 'simg2img', and import the result",
  empty: `empty; ${lookAgain}`,
  html: `a web page; ${lookAgain}`,
  xml: `an XML document, as servers send it in place of a file; ${lookAgain}`,
  json: `a JSON document; ${lookAgain}`,
  gitLfs: `${gitLfsPointer}; ${getWithGitLfs}`,
  gitAnnex: "a git-annex pointer, not the file that it stands for; get that with 'git annex get'",
  pem: `a key, certificate or signature; ${lookAgain}`,
  pdf: `a PDF document; ${lookAgain}`,
  elf: `an ELF program; ${lookAgain}`,
};

for (const kind of contentKinds) {
  const expected = refused[kind];
  test(`${kind} ${expected === undefined ? 'may be a disk' : 'is refused as a disk, by name and with a way out'}`, () => {
    assert.equal(isCertainlyNoDisk(kind), expected !== undefined);
    if (expected === undefined) return;
    const { message, kind: name, facts } = notDisk(kind, 'the download');
    assert.equal(message, `${cannotMakeDisk('the download')} ${expected}`);
    assert.equal(name, 'UnsupportedFormat');
    assert.deepEqual(facts, { needed: expected.split('; ')[0], allowed: 'a raw or qcow2 disk image' });
  });
}

test('of what begins as text, and is not known as a disk, the beginning is said', async (t) => {
  await using directory = temporaryDirectory(t);
  const warning = (beginning: string) =>
    `What came begins with the text '${beginning}', and is stored as it is, though it does not look like a disk; ${lookWhetherRight}`;
  const disk = noise(4096);
  disk.write('EFI PART', 512);
  disk.fill('text ', 0, 512);
  const table: [Buffer | string, string | undefined][] = [
    ['404: Not Found', warning('404: Not Found')],
    [`\n\n${hash}  disk.raw\nmore\n`, warning(`${'a'.repeat(59)}…`)],
    ['\n', warning('\\n')],
    ['#!/bin/sh\r\necho', warning('#!/bin/sh')],
    ['n\u00e4chstes \u202e\n', warning('n\u00e4chstes \\u202e')],
    [
      Buffer.concat([Buffer.from('d8:announce'.padEnd(512, 'x')), noise(512)]),
      warning(`d8:announce${'x'.repeat(48)}…`),
    ],
    [disk, undefined],
    [noise(4096), undefined],
    [Buffer.alloc(4096), undefined],
  ];
  for (const [content, expected] of table) {
    const path = join(directory.path, 'content');
    writeFileSync(path, content);
    const descriptor = openSync(path, 'r');
    try {
      assert.equal(warningOfText(descriptor), expected);
    } finally {
      closeSync(descriptor);
    }
  }
});

test('what is not an archive is refused by name, with a way out', () => {
  const table: [ContentKind, string][] = [
    ['gpt', `it is ${diskWithPartitions}, ${notTarOrCpio}; ${useImportRaw}`],
    ['bootSector', `it is a disk image with a boot sector, ${notTarOrCpio}; ${useImportRaw}`],
    ['iso9660', `it is an ISO 9660 image, ${notTarOrCpio}; ${useImportRaw}`],
    ['squashfs', `it is a squashfs file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['erofs', `it is an erofs file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['ext', `it is an ext file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['btrfs', `it is a btrfs file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['xfs', `it is an XFS file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['f2fs', `it is an F2FS file system, ${notTarOrCpio}; ${useImportRaw}`],
    ['luks', `it is a LUKS-encrypted disk image, ${notTarOrCpio}; ${useImportRaw}`],
    ['qcow2', `it is a qcow2 disk image, ${notTarOrCpio}; ${useImportRaw}`],
    ['vdi', `it is a VDI disk image, ${notTarOrCpio}; ${convert('vdi')}`],
    ['zip', `it is a zip archive, ${notTarOrCpio}; ${unpackItFirst} 'unzip'`],
    ['xz', `it is xz-compressed data ${belowTwoCompressions}, ${notTarOrCpio}; ${unpackItFirst} 'unxz'`],
    ['text', `it is text, ${notTarOrCpio}; ${lookAgain}`],
    ['unknown', `it is data of an unknown kind, ${notTarOrCpio}; ${lookAgain}`],
    ['gitLfs', `it is ${gitLfsPointer}; ${getWithGitLfs}`],
    ['gitAnnex', "it is a git-annex pointer, not the file that it stands for; get that with 'git annex get'"],
    ['xml', `it is an XML document, as servers send it in place of a file; ${lookAgain}`],
    ['empty', `it is empty; ${lookAgain}`],
    ['ova', `it is a virtual appliance (OVA); ${unpackAndConvert}`],
  ];
  for (const [kind, expected] of table) {
    assert.equal(notTree(kind).message, `Cannot unpack the archive: ${expected}`);
  }
});

test('every kind has a name, and what is refused has a way out', () => {
  for (const kind of contentKinds) {
    const { name, role, wayOut } = factsOf(kind);
    assert.notEqual(name, '');
    if (!['tree', 'disk', 'convertible', 'unknown'].includes(role)) assert.ok(wayOut, kind);
  }
});
