/**
 * What a kind of content is to Ferry. `decoded`: a compression that it decodes. `compression`: another one. `tree`: an archive that
 * becomes a tree. `archive`: another one. `disk`: stored as it is. `convertible`: a disk format that becomes one. `container`: another
 * disk format. `other`: certainly not a disk. `unknown`: perhaps one.
 */
export type ContentRole =
  | 'decoded'
  | 'compression'
  | 'tree'
  | 'archive'
  | 'disk'
  | 'convertible'
  | 'container'
  | 'other'
  | 'unknown';

interface KindFacts {
  role: ContentRole;
  /** With its article, as in "it is …". */
  name: string;
  /** What to do instead of importing it, as in "…; WAY OUT", where the role does not say it. */
  wayOut?: string;
}

const convert = (format: string): string =>
  `convert it with 'qemu-img convert -f ${format} -O qcow2', and import the result`;
const unpackWith = (tool: string): string => `unpack it first with '${tool}'`;
const lookAgain = 'look whether this is the right file or URL';
const copyImage = "make a tree of it with 'umoci unpack', and import that with import-fs";

const facts = {
  gzip: { role: 'decoded', name: 'gzip-compressed data', wayOut: unpackWith('gunzip') },
  xz: { role: 'decoded', name: 'xz-compressed data', wayOut: unpackWith('unxz') },
  zstd: { role: 'decoded', name: 'zstd-compressed data', wayOut: unpackWith('unzstd') },
  bzip2: { role: 'decoded', name: 'bzip2-compressed data', wayOut: unpackWith('bunzip2') },
  lz4: { role: 'decoded', name: 'lz4-compressed data', wayOut: unpackWith('lz4 -d') },
  lzma: { role: 'decoded', name: 'lzma-compressed data', wayOut: unpackWith('xz --format=lzma -d') },
  lz4Legacy: { role: 'compression', name: 'lz4-compressed data (legacy frames)', wayOut: unpackWith('lz4 -d') },
  lzip: { role: 'compression', name: 'lzip-compressed data', wayOut: unpackWith('lzip -d') },
  lzop: { role: 'compression', name: 'lzop-compressed data', wayOut: unpackWith('lzop -d') },
  lrzip: { role: 'compression', name: 'lrzip-compressed data', wayOut: unpackWith('lrzip -d') },
  compress: { role: 'compression', name: 'data compressed with compress (.Z)', wayOut: unpackWith('gzip -d') },

  tar: { role: 'tree', name: 'a tar archive' },
  ociArchive: { role: 'tree', name: 'an OCI image archive', wayOut: copyImage },
  dockerArchive: { role: 'tree', name: 'a docker image archive', wayOut: copyImage },
  cpio: { role: 'tree', name: 'a cpio archive' },
  cpioBinary: { role: 'archive', name: 'a cpio archive of the old binary kind', wayOut: unpackWith('cpio -i') },
  ar: { role: 'archive', name: 'an ar archive or Debian package', wayOut: unpackWith('ar x') },
  rpm: { role: 'archive', name: 'an RPM package', wayOut: unpackWith('rpm2archive') },
  zip: { role: 'archive', name: 'a zip archive', wayOut: unpackWith('unzip') },
  sevenZip: { role: 'archive', name: 'a 7z archive', wayOut: unpackWith('7z x') },
  rar: { role: 'archive', name: 'a rar archive', wayOut: unpackWith('unrar x') },
  cabinet: { role: 'archive', name: 'a cabinet archive (CAB)', wayOut: unpackWith('cabextract') },
  xar: { role: 'archive', name: 'a xar archive', wayOut: unpackWith('bsdtar -xf') },
  wim: { role: 'archive', name: 'a Windows imaging archive (WIM)', wayOut: unpackWith('wimapply') },
  catar: { role: 'archive', name: 'a casync archive (catar)', wayOut: "unpack it with 'casync extract'" },
  casyncIndex: { role: 'archive', name: 'a casync index', wayOut: "fetch what it lists with 'casync extract'" },

  gpt: { role: 'disk', name: 'a disk image with a partition table (GPT)' },
  bootSector: { role: 'disk', name: 'a disk image with a boot sector' },
  iso9660: { role: 'disk', name: 'an ISO 9660 image' },
  squashfs: { role: 'disk', name: 'a squashfs file system' },
  erofs: { role: 'disk', name: 'an erofs file system' },
  ext: { role: 'disk', name: 'an ext file system' },
  btrfs: { role: 'disk', name: 'a btrfs file system' },
  xfs: { role: 'disk', name: 'an XFS file system' },
  f2fs: { role: 'disk', name: 'an F2FS file system' },
  luks: { role: 'disk', name: 'a LUKS-encrypted disk image' },
  qcow2: { role: 'convertible', name: 'a qcow2 disk image' },

  qcow1: { role: 'container', name: 'a qcow disk image of version 1', wayOut: convert('qcow') },
  vmdk: { role: 'container', name: 'a VMDK disk image', wayOut: convert('vmdk') },
  vmdkDescriptor: {
    role: 'container',
    name: 'the descriptor of a VMDK disk image, whose data is in other files',
    wayOut: convert('vmdk'),
  },
  vdi: { role: 'container', name: 'a VDI disk image', wayOut: convert('vdi') },
  vhd: { role: 'container', name: 'a VHD disk image', wayOut: convert('vpc') },
  vhdx: { role: 'container', name: 'a VHDX disk image', wayOut: convert('vhdx') },
  qed: { role: 'container', name: 'a QED disk image', wayOut: convert('qed') },
  parallels: { role: 'container', name: 'a Parallels disk image', wayOut: convert('parallels') },
  bochs: { role: 'container', name: 'a Bochs disk image', wayOut: convert('bochs') },
  dmg: { role: 'container', name: 'an Apple disk image (DMG)', wayOut: convert('dmg') },
  cloop: { role: 'container', name: 'a compressed loop image (cloop)', wayOut: convert('cloop') },
  dmgSparse: {
    role: 'container',
    name: 'a sparse Apple disk image',
    wayOut: "convert it with 'hdiutil convert -format UDTO', and import the result",
  },
  partclone: {
    role: 'container',
    name: 'a partclone image',
    wayOut: "restore it with 'partclone.restore', and import the result",
  },
  dmgEncrypted: {
    role: 'container',
    name: 'an encrypted Apple disk image (DMG)',
    wayOut: "decrypt it first with 'hdiutil convert'",
  },
  ova: {
    role: 'container',
    name: 'a virtual appliance (OVA)',
    wayOut: "unpack it with tar, convert the disk in it with 'qemu-img convert -O qcow2', and import the result",
  },
  androidSparse: {
    role: 'container',
    name: 'an Android sparse image',
    wayOut: "convert it with 'simg2img', and import the result",
  },

  empty: { role: 'other', name: 'empty', wayOut: lookAgain },
  html: { role: 'other', name: 'a web page', wayOut: lookAgain },
  xml: { role: 'other', name: 'an XML document, as servers send it in place of a file', wayOut: lookAgain },
  json: { role: 'other', name: 'a JSON document', wayOut: lookAgain },
  gitLfs: {
    role: 'other',
    name: 'a git-lfs pointer, not the file that it stands for',
    wayOut: "get that with 'git lfs pull'",
  },
  gitAnnex: {
    role: 'other',
    name: 'a git-annex pointer, not the file that it stands for',
    wayOut: "get that with 'git annex get'",
  },
  pem: { role: 'other', name: 'a key, certificate or signature', wayOut: lookAgain },
  pdf: { role: 'other', name: 'a PDF document', wayOut: lookAgain },
  elf: { role: 'other', name: 'an ELF program', wayOut: lookAgain },

  text: { role: 'unknown', name: 'text' },
  zeros: { role: 'unknown', name: 'zeros' },
  unknown: { role: 'unknown', name: 'data of an unknown kind' },
} as const satisfies Record<string, KindFacts>;

/** What some bytes are. */
export type ContentKind = keyof typeof facts;

/** All kinds, for tests. */
export const contentKinds: readonly ContentKind[] = Object.keys(facts).filter((key) => isKind(key));

function isKind(key: string): key is ContentKind {
  return Object.hasOwn(facts, key);
}

/** What there is to say of a kind. */
export function factsOf(kind: ContentKind): KindFacts {
  return facts[kind];
}
