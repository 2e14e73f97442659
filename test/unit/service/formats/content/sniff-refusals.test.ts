import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { warningOfText } from '../../../../../service/formats/content/file.js';
import { type ContentKind, contentKinds, factsOf } from '../../../../../service/formats/content/kinds.js';
import { notDisk, notTree } from '../../../../../service/formats/content/refusals.js';
import { isCertainlyNoDisk } from '../../../../../service/formats/content/sniff.js';
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
import { noise } from './sniffing.js';

const hash = 'a'.repeat(64);

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
