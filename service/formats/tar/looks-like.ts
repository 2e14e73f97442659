import { isZeroBlock } from './header.js';

interface Signature {
  at: number;
  bytes: string;
  name: string;
}

/** magic(5) of what people hand over by mistake. */
const signatures: readonly Signature[] = [
  { at: 0, bytes: '\x1f\x8b', name: 'gzip-compressed data' },
  { at: 0, bytes: '\xfd7zXZ\0', name: 'xz-compressed data' },
  { at: 0, bytes: '\x28\xb5\x2f\xfd', name: 'zstd-compressed data' },
  { at: 0, bytes: 'BZh', name: 'bzip2-compressed data' },
  { at: 0, bytes: '\x04\x22\x4d\x18', name: 'lz4-compressed data' },
  { at: 0, bytes: 'QFI\xfb', name: 'a qcow2 disk image' },
  { at: 0, bytes: 'KDMV', name: 'a VMDK disk image' },
  { at: 0, bytes: 'conectix', name: 'a VHD disk image' },
  { at: 0, bytes: 'vhdxfile', name: 'a VHDX disk image' },
  { at: 0, bytes: 'PK\x03\x04', name: 'a zip archive' },
  { at: 0, bytes: '7z\xbc\xaf', name: 'a 7z archive' },
  { at: 0, bytes: '070701', name: 'a cpio archive' },
  { at: 0, bytes: '070702', name: 'a cpio archive' },
  { at: 0, bytes: '070707', name: 'a cpio archive' },
  { at: 0, bytes: '\xc7\x71', name: 'a cpio archive' },
  { at: 0, bytes: '!<arch>\n', name: 'an ar archive or Debian package' },
  { at: 0, bytes: '\xed\xab\xee\xdb', name: 'an RPM package' },
  { at: 0, bytes: 'hsqs', name: 'a squashfs file system' },
  { at: 0, bytes: '\x7fELF', name: 'an ELF program' },
  { at: 1024, bytes: '\xe2\xe1\xf5\xe0', name: 'an erofs file system' },
  { at: 1080, bytes: '\x53\xef', name: 'an ext file system' },
  { at: 512, bytes: 'EFI PART', name: 'a disk image with a partition table (GPT)' },
  { at: 4096, bytes: 'EFI PART', name: 'a disk image with a partition table (GPT)' },
  { at: 32769, bytes: 'CD001', name: 'an ISO 9660 image' },
  { at: 65600, bytes: '_BHRfS_M', name: 'a btrfs file system' },
  { at: 510, bytes: '\x55\xaa', name: 'a disk image with a boot sector' },
];

/** Says in a few words what the beginning of some data looks like. Up to 66 KiB are looked at. */
export function looksLike(head: Buffer): string {
  if (head.length === 0) return 'empty';
  const start = head.toString('latin1', 0, 66_000);
  const found = signatures.find(({ at, bytes }) => start.startsWith(bytes, at));
  if (found !== undefined) return found.name;
  const text = start.slice(0, 512);
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) return 'a web page or XML';
  if (/^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(text)) return 'text';
  if (head.length >= 512 && isZeroBlock(head, 0)) return 'zeros';
  return 'data of an unknown kind';
}
