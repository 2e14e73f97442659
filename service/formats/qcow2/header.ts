import { fstatSync, readSync } from 'node:fs';
import { escapeText } from '../../../varlink/text.js';
import { sniffContent } from '../content/sniff.js';
import { corruptDisk, unsupported } from './failures.js';

/*
 * The header of qcow2 images, versions 2 and 3; offsets as in QEMU's docs/interop/qcow2.rst. All numbers are big-endian.
 */

const headerLength2 = 72;
const headerLength3 = 104;
const compressionTypeEnd = 105;
/** A backing file's name has at most this many bytes. */
const backingNameMax = 1023;
/** As QEMU: no more of the L1 table than this is read, in bytes. */
const l1BytesMax = 32 * 1024 * 1024;

const incompatibleDirty = 1n << 0n;
const incompatibleCorrupt = 1n << 1n;
const incompatibleExternalData = 1n << 2n;
const incompatibleCompressionType = 1n << 3n;
const incompatibleExtendedL2 = 1n << 4n;
const incompatibleKnown =
  incompatibleDirty |
  incompatibleCorrupt |
  incompatibleExternalData |
  incompatibleCompressionType |
  incompatibleExtendedL2;

const encryptionMethods = ['none', 'AES', 'LUKS'];

/** What is needed of a header to read an image. Sizes and offsets are bytes. */
export interface Qcow2Image {
  version: number;
  /** Size of the file. */
  fileSize: number;
  /** Size of the disk that the image describes. */
  virtualSize: number;
  clusterBits: number;
  clusterSize: number;
  /** Entries of one L2 table, which takes one cluster. */
  l2Entries: number;
  extendedL2: boolean;
  compression: 'zlib' | 'zstd';
  l1Offset: number;
  /** Entries of the L1 table that the virtual size needs; the table in the file may have more. */
  l1Entries: number;
  /** Marked by what has used it: its tables may be wrong. */
  corrupt: boolean;
  /** Not closed properly when last used: its reference counts, which reading does not need, may be wrong. */
  dirty: boolean;
}

/** Whether the file begins as a qcow2 does. Shorter and empty files are simply raw. */
export function isQcow2(descriptor: number): boolean {
  return sniffContent({ head: readAt(descriptor, headerLength2, 0) }) === 'qcow2';
}

/** Reads up to `length` bytes at `offset`; fewer where the file ends. */
export function readAt(descriptor: number, length: number, offset: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, buffer, done, length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return buffer.subarray(0, done);
}

/**
 * Reads and judges the header.
 *
 * @throws Failure Corrupt on impossible values or tables outside of the file, UnsupportedFormat on
 * encryption, an external data file, a backing file, unknown versions and features or too large a disk, Error of node on
 * failed reads
 */
export function readHeader(descriptor: number, subject: string): Qcow2Image {
  const fileSize = fstatSync(descriptor).size;
  const header = readAt(descriptor, 4096, 0);
  if (header.length < headerLength2) throw corruptDisk(subject, 'it ends within its header', header.length);
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw unsupported(subject, `qcow version ${version}`, 'versions 2 and 3');
  const features = version === 3 ? readFeatures(header, subject) : { incompatible: 0n, compression: 'zlib' as const };
  judgeFeatures(features.incompatible, subject);
  refuseEncryption(header.readUInt32BE(32), subject);
  refuseBackingFile(descriptor, header, subject);
  const geometry = readGeometry(header, (features.incompatible & incompatibleExtendedL2) !== 0n, subject);
  const image: Qcow2Image = {
    version,
    fileSize,
    ...geometry,
    compression: features.compression,
    corrupt: (features.incompatible & incompatibleCorrupt) !== 0n,
    dirty: (features.incompatible & incompatibleDirty) !== 0n,
  };
  judgeL1(image, header.readUInt32BE(36), subject);
  return image;
}

function readFeatures(header: Buffer, subject: string): { incompatible: bigint; compression: 'zlib' | 'zstd' } {
  if (header.length < headerLength3) throw corruptDisk(subject, 'it ends within its header', header.length);
  const length = header.readUInt32BE(100);
  if (length < headerLength3 || length % 8 !== 0) throw corruptDisk(subject, `its header length is ${length}`, 100);
  const incompatible = header.readBigUInt64BE(72);
  const type = length >= compressionTypeEnd && header.length >= compressionTypeEnd ? header.readUInt8(104) : 0;
  const flagged = (incompatible & incompatibleCompressionType) !== 0n;
  if (type > 1) throw unsupported(subject, `qcow2 compression type ${type}`, 'zlib and zstd');
  if (flagged !== (type !== 0)) throw corruptDisk(subject, 'its compression type contradicts its features', 104);
  return { incompatible, compression: type === 1 ? 'zstd' : 'zlib' };
}

function judgeFeatures(incompatible: bigint, subject: string): void {
  if ((incompatible & incompatibleExternalData) !== 0n) {
    throw unsupported(subject, 'an external data file', "data within the image: convert it with 'qemu-img convert'");
  }
  const unknown = incompatible & ~incompatibleKnown;
  if (unknown !== 0n) throw unsupported(subject, `qcow2 features 0x${unknown.toString(16)}`, 'the known ones');
}

function refuseEncryption(method: number, subject: string): void {
  if (method === 0) return;
  const name = encryptionMethods[method] ?? `method ${method}`;
  throw unsupported(subject, `qcow2 encryption (${name})`, 'images that are not encrypted');
}

function refuseBackingFile(descriptor: number, header: Buffer, subject: string): void {
  const offset = header.readBigUInt64BE(8);
  const length = header.readUInt32BE(16);
  if (offset === 0n || length === 0) return;
  if (length > backingNameMax) throw corruptDisk(subject, `the name of its backing file has ${length} bytes`, 16);
  const name = offset < 1n << 48n ? readAt(descriptor, length, Number(offset)).toString() : '';
  const allowed = "images that stand alone: merge them with 'qemu-img convert -O qcow2'";
  throw unsupported(subject, `the backing file '${escapeText(name)}'`, allowed);
}

type Geometry = Pick<
  Qcow2Image,
  'virtualSize' | 'clusterBits' | 'clusterSize' | 'l2Entries' | 'extendedL2' | 'l1Offset' | 'l1Entries'
>;

function readGeometry(header: Buffer, extendedL2: boolean, subject: string): Geometry {
  const clusterBits = header.readUInt32BE(20);
  if (clusterBits < (extendedL2 ? 14 : 9) || clusterBits > 21) {
    throw corruptDisk(subject, `its cluster size is 2^${clusterBits}`, 20);
  }
  const clusterSize = 2 ** clusterBits;
  const l2Entries = clusterSize / (extendedL2 ? 16 : 8);
  const virtualSize = header.readBigUInt64BE(24);
  const l1Entries = virtualSize / BigInt(clusterSize * l2Entries) + 1n;
  if (virtualSize > BigInt(Number.MAX_SAFE_INTEGER) || (l1Entries - 1n) * 8n > BigInt(l1BytesMax)) {
    throw unsupported(subject, `a disk of ${virtualSize} bytes`, `tables of at most ${l1BytesMax} bytes`);
  }
  return {
    virtualSize: Number(virtualSize),
    clusterBits,
    clusterSize,
    l2Entries,
    extendedL2,
    l1Offset: Number(header.readBigUInt64BE(40)),
    l1Entries: Math.ceil(Number(virtualSize) / (clusterSize * l2Entries)),
  };
}

function judgeL1(image: Qcow2Image, l1EntriesInFile: number, subject: string): void {
  const { l1Offset, l1Entries, clusterSize, fileSize } = image;
  if (l1EntriesInFile < l1Entries) {
    throw corruptDisk(subject, `its L1 table has ${l1EntriesInFile} entries, but its size needs ${l1Entries}`, 36);
  }
  if (l1Entries === 0) return;
  if (l1Offset % clusterSize !== 0) throw corruptDisk(subject, `its L1 table begins within a cluster`, 40);
  if (l1Offset + l1Entries * 8 > fileSize) {
    throw corruptDisk(subject, `its L1 table lies behind the end of the file: it is truncated`, l1Offset);
  }
}
