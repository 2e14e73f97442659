import { deflateRawSync } from 'node:zlib';

/** Builds small qcow2 images byte by byte (QEMU's docs/interop/qcow2.rst), also such as no program would write. */

export const clusterBytes = 512;
export const compressedFlag = 1n << 62n;
export const copied = 1n << 63n;

export interface Qcow2Fields {
  version?: number;
  clusterBits?: number;
  /** Of the disk, in bytes. */
  size?: number | bigint;
  encryption?: number;
  backing?: string;
  l1Entries?: number;
  l1Offset?: number | bigint;
  incompatible?: number | bigint;
  headerLength?: number;
  compression?: number;
  snapshots?: number;
  refcountOrder?: number;
  /** Entries of the L1 table; the first L2 table follows it. */
  l1?: readonly (number | bigint)[];
  /** Entries of the L2 table, with extended L2 entries pairs of an entry and its bitmap. */
  l2?: readonly (number | bigint)[];
  /** The clusters after the L2 table. */
  data?: Buffer;
  /** Bytes put over the finished image. */
  patches?: readonly { at: number; bytes: Buffer }[];
  /** Where the file is cut. */
  length?: number;
}

/** Where things are: a cluster each for the header, a refcount table, a refcount block, the L1 table and the L2 table. */
export const place = { l1: 3 * clusterBytes, l2: 4 * clusterBytes, data: 5 * clusterBytes } as const;

/** A number of 8 bytes, as all tables hold it. */
export function entry(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

/** An image of clusters of 512 bytes; unless told otherwise with one cluster of data. */
export function qcow2(fields: Qcow2Fields = {}): Buffer {
  const data = fields.data ?? Buffer.alloc(clusterBytes, 'data');
  const image = Buffer.alloc(place.data + data.length);
  writeHeader(image, fields);
  const tables: [number, readonly (number | bigint)[]][] = [
    [clusterBytes, [2 * clusterBytes]],
    [place.l1, fields.l1 ?? [BigInt(place.l2) | copied]],
    [place.l2, fields.l2 ?? [BigInt(place.data) | copied]],
  ];
  for (const [at, entries] of tables)
    for (const [index, value] of entries.entries()) entry(value).copy(image, at + index * 8);
  data.copy(image, place.data);
  for (const { at, bytes } of fields.patches ?? []) bytes.copy(image, at);
  return image.subarray(0, fields.length ?? image.length);
}

function writeHeader(image: Buffer, fields: Qcow2Fields): void {
  const version = fields.version ?? 3;
  image.write('QFI\xfb', 'latin1');
  image.writeUInt32BE(version, 4);
  if (fields.backing !== undefined) {
    entry(200).copy(image, 8);
    image.writeUInt32BE(fields.backing.length, 16);
    image.write(fields.backing, 200, 'latin1');
  }
  image.writeUInt32BE(fields.clusterBits ?? 9, 20);
  entry(fields.size ?? 64 * clusterBytes).copy(image, 24);
  image.writeUInt32BE(fields.encryption ?? 0, 32);
  image.writeUInt32BE(fields.l1Entries ?? fields.l1?.length ?? 1, 36);
  entry(fields.l1Offset ?? place.l1).copy(image, 40);
  entry(clusterBytes).copy(image, 48);
  image.writeUInt32BE(1, 56);
  image.writeUInt32BE(fields.snapshots ?? 0, 60);
  if (version < 3) return;
  entry(fields.incompatible ?? 0).copy(image, 72);
  image.writeUInt32BE(fields.refcountOrder ?? 4, 96);
  image.writeUInt32BE(fields.headerLength ?? 112, 100);
  image.writeUInt8(fields.compression ?? 0, 104);
}

/** The entry of a compressed cluster of an image made here. */
export function compressedEntry(offset: number, length: number): bigint {
  const sectors = Math.floor((offset + length - 1) / 512) - Math.floor(offset / 512);
  return compressedFlag | (BigInt(sectors) << 61n) | BigInt(offset);
}

/** A cluster that holds a deflated cluster of a byte. */
export function deflated(byte: number): Buffer {
  return Buffer.concat([deflateRawSync(Buffer.alloc(clusterBytes, byte)), Buffer.alloc(clusterBytes)]).subarray(
    0,
    clusterBytes,
  );
}

/** A cluster that holds a zstd frame (RFC 8878) of one run of a byte. */
export function zstdRun(byte: number): Buffer {
  const frame = Buffer.alloc(clusterBytes);
  // Single segment with a size of two bytes, which counts from 256; the last block is a run.
  Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x01, 0x03, 0x10, 0x00, byte).copy(frame);
  return frame;
}
