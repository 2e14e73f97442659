import type { Value } from '../like.js';

// What formats says, as far as more than one test demands it: see docs/testing.md.

export const attributeTooLarge = 'the attribute is too large';
export const belowTwoCompressions = 'below two other compressions';
export const cannotBeDecoded = (format: Value, needs: Value) =>
  `cannot be decoded: its ${format} data needs ${needs}, but allowed is`;
export const cannotMakeDisk = (what: Value) => `Cannot make a disk image of ${what}: it is`;
export const changedWhileRead = (what: Value, how: Value) =>
  `Cannot read ${what}: it ${how} while it was read; stop what changes the image, or export a clone of it`;
export const dataBeginsWithinCluster = 'data begins within a cluster';
export const compressedWithCompress = 'data compressed with compress (.Z)';
export const contentsContradictGzip = 'its contents contradict gzip or their own checksum';
export const convertWithQemu = (format: Value) =>
  `convert it with 'qemu-img convert -f ${format} -O qcow2', and import the result`;
export const couldNotBeWritten = (reason: Value, available: Value, step: Value) =>
  `could not be written, ${reason} (${available} bytes available): ${step} and try again`;
export const diskWithPartitions = 'a disk image with a partition table (GPT)';
export const endsEarly = (bytes: Value, format: Value) =>
  `ends early after ${bytes} bytes of ${format} data: the download or file is truncated; get it again in full`;
export const getWithGitLfs = "get that with 'git lfs pull'";
export const gitLfsPointer = 'a git-lfs pointer, not the file that it stands for';
export const hasAbsoluteName = 'has an absolute name';
export const hasTooMuch = (size: Value, what: Value, rest: Value, times: Value) =>
  `has ${size} with ${what},${rest} ${times} times the limit on data: raise that with --size-max= if the image is meant to be that large`;
export const ifTheyBelongThere =
  'if they belong there, pull with --verify=checksum or --verify=signature, or import a copy: they are ignored then';
export const isDamaged = (reason: Value, position: Value, format: Value) =>
  `is damaged: ${reason}, at or before byte ${position} of its ${format} data; get it again`;
export const itsHeadersAndPadding = 'its headers and padding';
export const lookWhetherRight = 'look whether this is the right file or URL';
export const moreThanBytesOfData = (limit: Value) => `more than ${limit} bytes of data`;
export const neitherLibraryNorProgram = (needs: Value) =>
  `needs ${needs}, but neither its library nor its program is installed: install the package`;
export const noSpaceFor = (what: Value, available: Value) => `no space for ${what}, ${available} bytes are available`;
export const notTarOrCpio = 'not a tar or cpio archive';
export const noJsonObject = 'it does not hold a JSON object';
export const otherBytesFollow = (what: Value, format: Value, position: Value) =>
  `Cannot decode ${what}: its ${format} data ends at byte ${position}, and other bytes follow`;
export const qcowVersion1 = 'a qcow disk image of version 1';
export const rootOfImage = 'the root of the image';
export const unpackAndConvert =
  "unpack it with tar, convert the disk in it with 'qemu-img convert -O qcow2', and import the result";
export const unpackItFirst = 'unpack it first with';
export const useImportRaw = 'use import-raw or pull-raw for it';
export const useImportTar = 'use import-tar or pull-tar for it';
export const liesBelow = (path: Value) =>
  `lies below '${path}', which is neither a directory nor a link to one in the image`;
export const appleDisk = 'an Apple disk image (DMG)';
export const ferryReads = (what: Value, kind: Value, known: Value) =>
  `Cannot read ${what}: it is ${kind}, but Ferry reads ${known};`;
export const unpackWithUmoci = "make a tree of it with 'umoci unpack', and import that with import-fs";
export const archiveLacksIt = 'the archive does not have it';
export const bytesHaveDigest = (digest: Value) => `its bytes have the digest ${digest}`;

export function contentDiffers(digest: string, found: string, expected: string): string {
  return `Cannot use layer ${digest}: its content has the digest ${found}, and the configuration of the image says ${expected}; nothing was placed`;
}

/** That a configuration speaks of another number of layers than there are. */
export function countDiffers(found: number, layers: number): string {
  return `rootfs.diff_ids has ${found} items, and the manifest ${layers} layers`;
}

// What may be wrong with a small file of JSON that somebody has written by hand.

export const isNotRegular = 'it is not a regular file';
export const isLarger = (bytes: number) => `it is larger than ${bytes} bytes`;
export const isNotJson = (reason: string) => `it is not JSON (${reason})`;
