import { checksumFits, isZeroBlock, tarBlockSize } from '../tar/header.js';
import { type ContentKind, factsOf } from './kinds.js';
import { lookLikeMembers } from './members.js';
import { signatures, signedKind } from './signatures.js';

/** How many bytes of the beginning tell all that can be told: a btrfs file system's mark comes last. */
export const headLength = 66_048;
/** How many of the last bytes do: the footers of VHD and DMG. */
export const tailLength = 512;

/** What is known of some data. Sizes are bytes. */
export interface Sample {
  /** Its first bytes, up to `headLength`; what is behind them is not known. */
  head: Buffer;
  /** Its last bytes, `tailLength` of them or all there are, if they are known. */
  tail?: Buffer | undefined;
  /** Its size, if that is known. */
  length?: number | undefined;
}

/**
 * Says what some data is, by its bytes alone: names play no part. What is a compression or an image of another format is that whatever
 * else it looks like; behind that come tar archives, then what has the mark of a partition table or file system, then the rest.
 */
export function sniffContent({ head, tail, length }: Sample): ContentKind {
  if (length === 0) return 'empty';
  const start = head.toString('latin1', 0, headLength);
  return (
    compressionKind(head) ??
    signedKind(signatures.containers, start) ??
    footerKind(tail) ??
    descriptorKind(start) ??
    archiveKind(head) ??
    signedKind(signatures.disks, start) ??
    signedKind(signatures.others, start) ??
    documentKind(start) ??
    signedKind(signatures.weakDisks, start) ??
    plainKind(head, start)
  );
}

/** The compression that data has by its first 18 bytes, fewer only if it is shorter; undefined for none. */
export function compressionKind(head: Buffer): ContentKind | undefined {
  const start = head.toString('latin1', 0, 64);
  const found = signedKind(signatures.compressions, start);
  if (found !== undefined) return isSkippable(start) ? afterSkippable(head) : found;
  if (isLzmaAlone(head)) return 'lzma';
  return isCompress(head) ? 'compress' : undefined;
}

function isSkippable(start: string): boolean {
  return /^[\x50-\x5f]\x2a\x4d\x18/.test(start);
}

/** Whose frames follow the skippable ones that zstd and lz4 share; zstd's where that cannot be seen. */
function afterSkippable(head: Buffer): ContentKind {
  let position = 0;
  while (position + 8 <= head.length && isSkippable(head.toString('latin1', position, position + 4))) {
    position += 8 + head.readUInt32LE(position + 4);
  }
  return head.toString('latin1', position, position + 4) === '\x04\x22\x4d\x18' ? 'lz4' : 'zstd';
}

/**
 * The headers of xz's predecessor have no magic number: a properties byte, a dictionary of a size that encoders use (a power of two,
 * or one and a half of it), and a content size that is either unknown or below 256 GiB, as xz and liblzma test it. Where the
 * properties are not the usual ones, the first byte of what is coded has to be 0, as it always is, and where they are 0, as in much
 * that is not lzma, the size has to be unknown.
 */
export function isLzmaAlone(bytes: Buffer): boolean {
  const [properties = 0xff] = bytes;
  if (bytes.length < 13 || properties >= 225) return false;
  if (properties !== 0x5d && (bytes[13] ?? 0) !== 0) return false;
  const size = bytes.readBigUInt64LE(5);
  if (!isDictionarySize(bytes.readUInt32LE(1))) return false;
  return size === 0xffffffffffffffffn || (properties !== 0 && size > 0n && size < 1n << 38n);
}

/** Whether these are 2^n bytes, or 2^n + 2^(n-1). */
function isDictionarySize(bytes: number): boolean {
  return bytes >= 0x1000 && [bytes, bytes / 1.5].some((power) => Number.isInteger(Math.log2(power)));
}

/** compress(1): two bytes, then one with the longest code, 9 to 16 bits, and two bits that are never set. */
function isCompress(bytes: Buffer): boolean {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x9d || bytes[2] === undefined) return false;
  const longest = bytes[2] & 0x1f;
  return (bytes[2] & 0x60) === 0 && longest >= 9 && longest <= 16;
}

/** The footer of a VHD, which of old ones lacks its last byte, and that of a DMG. */
export function footerKind(tail: Buffer | undefined): ContentKind | undefined {
  if (tail === undefined) return undefined;
  const end = tail.toString('latin1', Math.max(0, tail.length - tailLength));
  if (tail.length >= tailLength && end.startsWith('koly\0\0\0\x04')) return 'dmg';
  return end.startsWith('conectix') || end.startsWith('conectix', 1) ? 'vhd' : undefined;
}

function descriptorKind(start: string): ContentKind | undefined {
  return /^(#[^\n]*\n|\s)*# *Disk DescriptorFile/i.test(start.slice(0, 512)) ? 'vmdkDescriptor' : undefined;
}

function archiveKind(head: Buffer): ContentKind | undefined {
  if (isBinaryCpio(head)) return 'cpioBinary';
  if (head.length < tarBlockSize || isZeroBlock(head, 0) || !checksumFits(head, 0)) return undefined;
  return lookLikeMembers(head) ?? 'tar';
}

/** cpio's header of two-byte numbers, either way round: a type of file, and a name that ends where it should. */
function isBinaryCpio(head: Buffer): boolean {
  if (head.length < 28) return false;
  const swapped = head.readUInt16LE(0) !== 0o070707;
  if (swapped && head.readUInt16BE(0) !== 0o070707) return false;
  const word = (at: number): number => (swapped ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const nameEnd = 26 + word(20);
  return [0o1, 0o2, 0o4, 0o6, 0o10, 0o12, 0o14].includes(word(6) >> 12) && word(20) > 1 && head[nameEnd - 1] === 0;
}

/** Behind a byte order mark and comments; no comment can be read in two ways, or matching could take for ever. */
const html =
  /^(?:\xef\xbb\xbf)?\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body|meta|script|style|link|title|center|div|h[1-6]|p|pre|table)[\s>]/is;
const xml = /^(?:\xef\xbb\xbf)?\s*<(?:\?xml\s|(?:\w+:)?(?:Error|ListBucketResult|Envelope)[\s>])/i;
const json = /^(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[{["\]])/;
const printable = /^[\t\n\r\x20-\x7e\x80-\xff]*$/;

/** What stands behind the byte order marks of UTF-16: as bytes, its ASCII characters are those with the zeros left out. */
function narrowed(start: string): string {
  const wide = start.slice(0, 8192);
  return /^(?:\xff\xfe|\xfe\xff)/.test(wide) ? wide.slice(2).replaceAll('\0', '') : wide;
}

function documentKind(start: string): ContentKind | undefined {
  const text = narrowed(start).slice(0, 4096);
  if (html.test(text)) return 'html';
  if (xml.test(text)) return /<!doctype\s+html/i.test(text) ? 'html' : 'xml';
  return json.test(text) && printable.test(text.slice(0, 512)) ? 'json' : undefined;
}

function plainKind(head: Buffer, start: string): ContentKind {
  if (head.length > 0 && printable.test(start.slice(0, 512))) return 'text';
  return head.length >= tarBlockSize && isZeroBlock(head, 0) ? 'zeros' : 'unknown';
}

/** Whether it is certainly not a disk, nor what Ferry makes one of. */
export function isCertainlyNoDisk(kind: ContentKind): boolean {
  return !['disk', 'convertible', 'unknown'].includes(factsOf(kind).role);
}

/** Whether it is certainly not an archive that becomes a tree. */
export function isCertainlyNoTree(kind: ContentKind): boolean {
  return !['tree', 'unknown'].includes(factsOf(kind).role);
}
