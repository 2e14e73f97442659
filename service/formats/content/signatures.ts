import type { ContentKind } from './kinds.js';

/** Bytes at one place that tell a kind, as a string of one character a byte. */
interface Signature {
  at: number;
  bytes: string;
  kind: ContentKind;
}

/** The skippable frames that zstd and lz4 share (RFC 8878, 3.1.2). */
const skippableOf = (kind: ContentKind) =>
  Array.from({ length: 16 }, (_, index): Signature => {
    return { at: 0, bytes: `${String.fromCharCode(0x50 + index)}\x2a\x4d\x18`, kind };
  });

/**
 * At the first byte: RFC 1952, the .xz format 2.1.1.1, RFC 8878 3.1.1, bzip2's compress.c, the lz4 frame format, and for the others
 * magic(5).
 */
const compressions: readonly Signature[] = [
  { at: 0, bytes: '\x1f\x8b', kind: 'gzip' },
  { at: 0, bytes: '\xfd7zXZ\0', kind: 'xz' },
  { at: 0, bytes: '\x28\xb5\x2f\xfd', kind: 'zstd' },
  ...skippableOf('zstd'),
  ...Array.from({ length: 9 }, (_, index): Signature => ({ at: 0, bytes: `BZh${index + 1}`, kind: 'bzip2' })),
  { at: 0, bytes: '\x04\x22\x4d\x18', kind: 'lz4' },
  { at: 0, bytes: '\x02\x21\x4c\x18', kind: 'lz4Legacy' },
  { at: 0, bytes: 'LZIP\0', kind: 'lzip' },
  { at: 0, bytes: 'LZIP\x01', kind: 'lzip' },
  { at: 0, bytes: '\x89LZO\0\r\n\x1a\n', kind: 'lzop' },
  { at: 0, bytes: 'LRZI', kind: 'lrzip' },
];

/** Disk formats. That of qcow stands in qemu's docs/interop, those of the others in its block/. */
const containers: readonly Signature[] = [
  { at: 0, bytes: 'QFI\xfb\0\0\0\x01', kind: 'qcow1' },
  { at: 0, bytes: 'QFI\xfb', kind: 'qcow2' },
  { at: 0, bytes: 'KDMV', kind: 'vmdk' },
  { at: 0, bytes: 'COWD', kind: 'vmdk' },
  { at: 0, bytes: '\xbe\xba\xfe\xca\0\0\0\0', kind: 'vmdk' },
  { at: 64, bytes: '\x7f\x10\xda\xbe', kind: 'vdi' },
  { at: 0, bytes: 'conectix', kind: 'vhd' },
  { at: 0, bytes: 'vhdxfile', kind: 'vhdx' },
  { at: 0, bytes: 'QED\0', kind: 'qed' },
  { at: 0, bytes: 'WithoutFreeSpace', kind: 'parallels' },
  { at: 0, bytes: 'WithouFreSpacExt', kind: 'parallels' },
  { at: 0, bytes: 'Bochs Virtual HD Image', kind: 'bochs' },
  { at: 0, bytes: '#!/bin/sh\n#V2.0 Format\n', kind: 'cloop' },
  { at: 0, bytes: 'encrcdsa', kind: 'dmgEncrypted' },
  { at: 0, bytes: 'sprs\0\0\0', kind: 'dmgSparse' },
  { at: 0, bytes: 'partclone-image', kind: 'partclone' },
  { at: 0, bytes: '\x3a\xff\x26\xed\x01\0', kind: 'androidSparse' },
];

/** What begins as a file of another kind may still be a disk, if it has one of these. */
const disks: readonly Signature[] = [
  { at: 512, bytes: 'EFI PART', kind: 'gpt' },
  { at: 4096, bytes: 'EFI PART', kind: 'gpt' },
  { at: 0, bytes: 'hsqs', kind: 'squashfs' },
  { at: 0, bytes: 'sqsh', kind: 'squashfs' },
  { at: 0, bytes: 'LUKS\xba\xbe', kind: 'luks' },
  { at: 0, bytes: 'XFSB', kind: 'xfs' },
  { at: 1024, bytes: '\xe2\xe1\xf5\xe0', kind: 'erofs' },
  { at: 1024, bytes: '\x10\x20\xf5\xf2', kind: 'f2fs' },
  { at: 32769, bytes: 'CD001', kind: 'iso9660' },
  { at: 65600, bytes: '_BHRfS_M', kind: 'btrfs' },
];

const others: readonly Signature[] = [
  { at: 0, bytes: '070701', kind: 'cpio' },
  { at: 0, bytes: '070702', kind: 'cpio' },
  { at: 0, bytes: '070707', kind: 'cpio' },
  { at: 0, bytes: '!<arch>\n', kind: 'ar' },
  { at: 0, bytes: '\xed\xab\xee\xdb', kind: 'rpm' },
  { at: 0, bytes: 'PK\x03\x04', kind: 'zip' },
  { at: 0, bytes: 'PK\x05\x06', kind: 'zip' },
  { at: 0, bytes: '7z\xbc\xaf\x27\x1c', kind: 'sevenZip' },
  { at: 0, bytes: 'Rar!\x1a\x07', kind: 'rar' },
  { at: 0, bytes: 'MSCF\0\0\0\0', kind: 'cabinet' },
  { at: 0, bytes: 'xar!\0\x1c', kind: 'xar' },
  { at: 0, bytes: 'MSWIM\0\0\0', kind: 'wim' },
  // Of casync's caformat.h: CA_FORMAT_ENTRY and CA_FORMAT_INDEX, behind the size of the first record.
  { at: 8, bytes: '\x51\xbb\x5b\xea\xbc\xfa\x96\x13', kind: 'catar' },
  { at: 8, bytes: '\xf9\x9f\x12\x7b\x9c\x4d\x82\x96', kind: 'casyncIndex' },
  { at: 0, bytes: '%PDF-', kind: 'pdf' },
  { at: 0, bytes: '\x7fELF', kind: 'elf' },
  { at: 0, bytes: 'version https://git-lfs.github.com/spec/', kind: 'gitLfs' },
  { at: 0, bytes: 'version https://hawser.github.com/spec/', kind: 'gitLfs' },
  { at: 0, bytes: '/annex/objects/', kind: 'gitAnnex' },
  { at: 0, bytes: '-----BEGIN ', kind: 'pem' },
];

/** Short ones, which other data may have by chance. */
const weakDisks: readonly Signature[] = [
  { at: 1080, bytes: '\x53\xef', kind: 'ext' },
  { at: 510, bytes: '\x55\xaa', kind: 'bootSector' },
];

/** In the order in which they are asked; `skippable` may stand between the frames of lz4. */
export const signatures = { compressions, containers, disks, others, weakDisks, skippable: skippableOf('lz4') };

/** The kind of the first signature that the beginning of some data, a character a byte, has. */
export function signedKind(list: readonly Signature[], start: string): ContentKind | undefined {
  return list.find(({ at, bytes }) => start.startsWith(bytes, at))?.kind;
}
