import { fstatSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import { isBtrfs, isSubvolume } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { futimens, timestamp } from '../../../linux/files.js';
import { hasForeignOwners, isForeign } from '../../../linux/owners/foreign-owners.js';
import { escapeText } from '../../../varlink/text.js';
import { cloneOrCopy } from '../../formats/disk/copy.js';
import {
  type Attribute,
  attributesHeld,
  isOriginAttribute,
  isOwnAttribute,
} from '../../formats/metadata/attributes.js';
import { flagsOf } from '../../formats/metadata/flags.js';
import { OpenInode } from '../../formats/metadata/inode.js';
import { AttributeList, exact, type LossKeeper } from '../../formats/metadata/losses.js';
import { MetadataWriter } from '../../formats/metadata/writer.js';
import { SizeLimit } from '../../formats/size-limit.js';
import { DataLimit } from '../install/data-limit.js';
import { failOn } from '../install/file-system-failure.js';
import { createTemporaryBy, createTemporaryFile, createTemporaryTree, type Temporary } from '../install/temporary.js';
import { Writeback } from '../install/writeback.js';
import type { Warn } from '../layout/host.js';
import type { ImageRoot } from '../layout/root.js';
import { walkTree } from '../manage/walk-tree.js';
import { dropAttributes } from '../pristine/record.js';
import { isReadError } from './copy-source.js';
import { type CopyTreeOptions, copyTree } from './copy-tree.js';
import { snapshotTree } from './snapshot.js';

export interface CopyOptions {
  /** Whether trees on btrfs become subvolumes, by a snapshot where the source is one. */
  subvolumes: boolean;
  /** Whether a disk image is one of ours, which may say where it came from; see isOriginAttribute(). */
  keepOrigin?: boolean;
  losses?: LossKeeper;
  /** Told of attributes of a disk that cannot be stored with its copy. */
  warn?: Warn;
  /** Most bytes of data, holes not counted; unlimited unless given. Of a disk, 64 times as many with its holes. */
  sizeMax?: number;
  /** How many bytes of data a tree is known to have: then it need not be measured before it is shared as a whole. */
  dataBytes?: number;
  /** Whether the copy will have to be on the disk at its end: then writing begins early. */
  synchronize?: boolean;
  /** Told of every entry of a tree before it is copied. */
  onEntry?: NonNullable<CopyTreeOptions['onEntry']>;
  /** Told how far the copy of a disk is, in bytes. */
  onBytes?: (position: number) => void;
}

/** A disk does not belong to a tree. */
const theDisk = { path: '' };

/** Undoes what was begun when the rest fails. */
function fillOrRemove(temporary: Temporary, fill: () => void): Temporary {
  try {
    failOn(temporary.path, () => namingSource(fill));
    return temporary;
  } catch (error) {
    temporary[Symbol.dispose]();
    throw error;
  }
}

/** The name of the copy says nothing about a source that cannot be read. */
function namingSource(fill: () => void): void {
  try {
    fill();
  } catch (error) {
    if (!isReadError(error)) throw error;
    failOn('The original', () => {
      throw error;
    });
  }
}

/** Mode 0644 less the umask, as a file that is made new; owner, contents, attributes and times of the original. */
function copyRaw(source: number, root: ImageRoot, tag: string, options: CopyOptions): Temporary {
  const temporary = createTemporaryFile(root, tag);
  const { descriptor } = temporary;
  return fillOrRemove(temporary, () => {
    new MetadataWriter(exact, 'set').takeHint(descriptor, theDisk, flagsOf(source));
    const writeback = writebackOf(temporary, options);
    const onProgress = (position: number): void => {
      writeback?.reached(position);
      options.onBytes?.(position);
    };
    const { size, blocks } = fstatSync(source);
    const limit = { sizeMax: options.sizeMax };
    // Before a byte is copied, and after: it may have become larger.
    new SizeLimit(limit).checkDisk(size, Math.min(size, blocks * 512));
    const copied = cloneOrCopy(source, descriptor, { ...limit, subject: escapeText(root.path), onProgress });
    new SizeLimit(limit).checkDisk(copied.size, copied.allocated);
    describeAs(source, descriptor, { keepOrigin: options.keepOrigin, warn: options.warn });
  });
}

export interface DescribeOptions {
  /** Whether it is described as one of ours, which may say where it came from; see isOriginAttribute(). */
  keepOrigin?: boolean | undefined;
  /** Told of attributes that cannot be stored. */
  warn?: Warn | undefined;
  /** How that calls what is described. */
  subject?: string;
}

/**
 * Gives a disk image the times and `user.*` attributes of the file it was made from, less what isOriginAttribute() means, or with
 * `keepOrigin` only what Ferry keeps for itself.
 *
 * @throws SystemError
 */
export function describeAs(source: number, image: number, options: DescribeOptions = {}): void {
  const { keepOrigin = false, warn = () => {}, subject = 'the image' } = options;
  const status = fstatSync(source, { bigint: true });
  const isDroppedName = (name: string) =>
    !isUserAttribute(name) || (keepOrigin ? isOwnAttribute(name) : isOriginAttribute(name));
  storeAttributes(image, attributesHeld(source, isDroppedName), warn, subject);
  futimens(image, timestamp(status.atimeNs), timestamp(status.mtimeNs));
}

/** Of a disk image only these belong to the image; access control lists and labels belong to the place it is kept in. */
function isUserAttribute(name: string): boolean {
  return name.startsWith('user.');
}

/** Sets attributes of a disk, and tells once of all that had to be left out. */
function storeAttributes(image: number, attributes: Iterable<Attribute>, warn: Warn, subject: string): void {
  const list = new AttributeList();
  const writer = new MetadataWriter(list, 'set');
  const inode = new OpenInode(image);
  for (const attribute of attributes) writer.setAttribute(inode, theDisk, attribute);
  if (list.lost.length === 0) return;
  const names = escapeText(list.lost.join(', '));
  warn(`Cannot store attributes with ${subject}: ${names}; they were left out`);
}

function snapshot(source: number, root: ImageRoot, tag: string, options: CopyOptions): Temporary | undefined {
  if (!options.subvolumes || !isSubvolume(source) || !isBtrfs(root.descriptor)) return undefined;
  // A snapshot has the owners that there are, which have to be those of the range.
  if (hasForeignOwners() && !isForeign(fstatSync(source).uid)) return undefined;
  if (options.sizeMax !== undefined) checkData(source, options.sizeMax, options.dataBytes);
  try {
    const drop = (subvolume: number) => dropAttributes(subvolume, isOriginAttribute);
    return createTemporaryBy(root, tag, (directory, name) => snapshotTree(source, directory, name, drop));
  } catch (error) {
    // Another btrfs, a subvolume of somebody else, or one that lies too deep in another.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** A snapshot copies nothing that could be counted meanwhile. */
function checkData(source: number, sizeMax: number, known: number | undefined): void {
  const limit = new DataLimit(sizeMax);
  if (known !== undefined) limit.count(known);
  else failOn('the image', () => walkTree(source, (status) => limit.add(status)));
}

/** createTemporaryBy() makes Failures of errors; these mean that a copy is the answer. */
function isRefusal(error: unknown): boolean {
  const codes = ['EXDEV', 'EPERM', 'ENAMETOOLONG'];
  if (hasCode(error, ...codes)) return true;
  const facts: unknown = error instanceof Error && 'facts' in error ? error.facts : undefined;
  const name: unknown =
    typeof facts === 'object' && facts !== null && 'errorName' in facts ? facts.errorName : undefined;
  return typeof name === 'string' && codes.includes(name);
}

function copyDirectory(source: number, root: ImageRoot, tag: string, options: CopyOptions): Temporary {
  const temporary = createTemporaryTree(root, tag, { subvolume: options.subvolumes });
  const writeback = writebackOf(temporary, options);
  const limit = new DataLimit(options.sizeMax);
  let bytes = 0;
  const onEntry: NonNullable<CopyTreeOptions['onEntry']> = (name, status) => {
    bytes += status.allocated;
    limit.add(status);
    writeback?.reached(bytes);
    options.onEntry?.(name, status);
  };
  const tree = { losses: options.losses ?? exact, onEntry };
  return fillOrRemove(temporary, () => copyTree(source, temporary.descriptor, tree));
}

function writebackOf(temporary: Temporary, { synchronize }: CopyOptions): Writeback | undefined {
  return synchronize ? Writeback.of(temporary) : undefined;
}

/**
 * Makes a writable copy of an open image under a temporary name: a snapshot, a reflink, or else a copy that keeps holes.
 * A tree keeps all it has, the time of its root too; a file becomes a new one with the contents, times and `user.*`
 * attributes of the original. What isOriginAttribute() means is left behind.
 *
 * @throws Failure UnsupportedFormat beyond `sizeMax` or when the file system cannot have files of that size, Corrupt when
 * the original changes meanwhile, FileSystemError, InsufficientSpace; what `onEntry` and `onBytes` throw
 */
export function copyImage(
  source: number,
  format: ImageFormat,
  root: ImageRoot,
  tag: string,
  options: CopyOptions,
): Temporary {
  if (format === 'raw') return copyRaw(source, root, tag, options);
  return snapshot(source, root, tag, options) ?? copyDirectory(source, root, tag, options);
}

/**
 * Stamps a file with where it came from, as systemd does: URL, ETag and, if the server told it, the time it is of. Long URLs
 * and ETags have no place on some file systems: `warn` is told.
 */
export function stampOrigin(
  descriptor: number,
  origin: { url: string; etag: string | undefined },
  lastModified: number | undefined,
  warn: Warn,
): void {
  const attributes: Attribute[] = [{ name: 'user.source_url', value: Buffer.from(origin.url) }];
  if (origin.etag !== undefined) attributes.push({ name: 'user.source_etag', value: Buffer.from(origin.etag) });
  if (lastModified !== undefined) attributes.push({ name: 'user.crtime_usec', value: microseconds(lastModified) });
  storeAttributes(descriptor, attributes, warn, 'the image');
  if (lastModified === undefined) return;
  const time = timestamp(BigInt(Math.trunc(lastModified)) * 1_000_000n);
  futimens(descriptor, time, time);
}

/** 64 bits, little endian, as in `user.crtime_usec`. */
function microseconds(milliseconds: number): Buffer {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(BigInt(Math.max(0, Math.trunc(milliseconds))) * 1000n);
  return value;
}
