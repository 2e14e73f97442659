import { compressionSuffixes, suffixOf, tarSuffixes } from '../../common/suffixes.js';
import { compressions } from '../cli/values.js';
import type { ExportFormat } from '../connect/contract.js';

/** Formats that a file would be taken for by its name, and that are never written here. In lower case. */
const foreignSuffixes: readonly string[] = [
  // compressed, as bsdtar(1) and tar(1) know them
  ...[
    '.lz4',
    '.tlz4',
    '.lz',
    '.tlz',
    '.lzma',
    '.lzo',
    '.tzo',
    '.lrz',
    '.rz',
    '.z',
    '.taz',
    '.br',
    '.tbr',
    '.sz',
    '.zlib',
  ],
  // archives and trees
  ...['.zip', '.7z', '.rar', '.cpio', '.ar', '.deb', '.rpm', '.shar', '.xar', '.cab', '.wim', '.mtree'],
  ...['.squashfs', '.sqfs', '.erofs', '.btrfs'],
  // disks, as qemu-img(1) knows them
  ...[
    '.qcow',
    '.qcow2',
    '.qed',
    '.vdi',
    '.vhd',
    '.vhdx',
    '.vmdk',
    '.vpc',
    '.dmg',
    '.ova',
    '.ovf',
    '.parallels',
    '.hdd',
  ],
  // encrypted
  ...['.gpg', '.pgp', '.age', '.asc'],
];
/** What is right for one kind of image is wrong for the other. */
const foreignTo: Readonly<Record<ExportFormat, readonly string[]>> = {
  tar: ['.raw', '.img', '.iso', '.bin', '.oci'],
  raw: [...tarSuffixes, '.oci'],
  oci: ['.raw', '.img', '.iso', '.bin'],
};
const written = compressions.map((format) => (format === 'uncompressed' ? '' : suffixOf(format)));

/**
 * What is wrong with the name of an exported file, if it promises a format that it will not have.
 *
 * @param format what the image is exported as
 */
export function foreignFormat(file: string, format: ExportFormat): string | undefined {
  const name = file.toLowerCase();
  if (format === 'oci') return foreignToOci(name);
  const compression = compressionSuffixes.find((suffix) => name.endsWith(suffix)) ?? '';
  const inner = name.slice(0, name.length - compression.length);
  const suffix = [...foreignSuffixes, ...foreignTo[format]].find((candidate) => inner.endsWith(candidate));
  if (suffix === undefined) return undefined;
  const [last, ...others] = written.map((ending) => `.${format}${ending}`).reverse();
  const choice = `${others.reverse().join(', ')} or ${last}`;
  return `${format} images are not written as '${suffix}'; choose ${choice}, or give --format=`;
}

/** The archive of an OCI image is a tar archive; what is compressed is the layer in it. */
function foreignToOci(name: string): string | undefined {
  const compressed = [...compressionSuffixes, ...tarSuffixes.filter((suffix) => suffix !== '.tar')];
  const suffix = [...compressed, ...foreignSuffixes, ...foreignTo.oci].find((candidate) => name.endsWith(candidate));
  if (suffix === undefined) return undefined;
  return `archives of OCI images are not written as '${suffix}'; choose .oci or .tar, and --format= for the layer`;
}
