import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { KnownSize } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { blockDeviceSize } from '../../../linux/block.js';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import { close, openat } from '../../../linux/files.js';
import { synchronizeFileSystem } from '../../../linux/space.js';
import { isImmutable } from '../install/read-only.js';
import type { CountHelper } from './count-helper.js';
import { countTree } from './count-tree.js';
import { openUnnoticed } from './open-unnoticed.js';
import type { OnCount } from './tree-usage.js';

/** How large an image is, and whether that still holds. */
export interface FoundSize {
  size: KnownSize;
  state: 'counted' | 'unchanged' | 'earlier';
  /** Directories that could not be read. */
  unreadable: number;
}

function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/**
 * What changes with whatever is in a tree: the transaction of the last change of a subvolume; of a directory that is marked read-only
 * the time of its last change, which taking the mark away sets. Undefined for others: changes below them leave no trace.
 */
function versionOf(root: number, status: BigIntStats): string | undefined {
  if (isSubvolume(root)) return `transaction ${subvolumeInformation(root).transaction}`;
  return isImmutable(root) ? `marked ${status.ctimeNs}` : undefined;
}

function sizeOfDisk(descriptor: number, status: BigIntStats, now: number): FoundSize {
  const bytes = status.isBlockDevice() ? blockDeviceSize(descriptor) : Number(status.size);
  const bytesOnDisk = status.isBlockDevice() ? bytes : Number(status.blocks) * 512;
  const size = { identity: identityOf(status), version: undefined, bytes, bytesOnDisk, files: undefined };
  return { size: { ...size, countedAt: now }, state: 'counted', unreadable: 0 };
}

/** Sparse files can claim more than a number holds exactly. */
function exact(bytes: number): number {
  return Math.min(bytes, Number.MAX_SAFE_INTEGER);
}

/**
 * Counts a tree. A version is given only if it was the same before and after, and what is changed from now on has another one: of a
 * subvolume the transaction that is under way is ended first.
 */
function count(descriptor: number, status: BigIntStats, { now, onCount, helper }: SizeOptions): FoundSize {
  if (isSubvolume(descriptor)) synchronizeFileSystem(descriptor);
  const before = versionOf(descriptor, status);
  // The position in the directory belongs to the open file.
  const { files, bytes, allocated, unreadable, isNested } = countTree(descriptor, onCount, helper);
  const isSteady =
    !isNested && unreadable === 0 && before === versionOf(descriptor, fstatSync(descriptor, { bigint: true }));
  const version = isSteady ? before : undefined;
  const sums = { bytes: exact(bytes), bytesOnDisk: exact(allocated), files };
  return { size: { identity: identityOf(status), version, ...sums, countedAt: now }, state: 'counted', unreadable };
}

export interface SizeOptions {
  /** What was counted before. */
  known: KnownSize | undefined;
  /** Whether to count all the same. */
  recount: boolean;
  /** Microseconds since 1970. */
  now: number;
  onCount: OnCount;
  /** The thread that counts a part of large trees. */
  helper?: CountHelper | undefined;
}

/**
 * The size of an open image: of a tree what was counted before, if it is of the same tree, or else counted now.
 *
 * @throws SystemError or Error of node when something cannot be read
 */
export function sizeOf(descriptor: number, options: SizeOptions): FoundSize {
  const { known, recount, now } = options;
  const status = fstatSync(descriptor, { bigint: true });
  if (!status.isDirectory()) return sizeOfDisk(descriptor, status, now);
  if (recount || known?.identity !== identityOf(status)) return countAgain(descriptor, status, options);
  const version = versionOf(descriptor, status);
  if (known.version !== undefined && known.version === version)
    return { size: known, state: 'unchanged', unreadable: 0 };
  // A subvolume and a marked tree tell that they have changed.
  if (known.version !== undefined || version !== undefined) return countAgain(descriptor, status, options);
  return { size: known, state: 'earlier', unreadable: 0 };
}

/** Counts from a descriptor of its own, since reading a directory moves its position. */
function countAgain(descriptor: number, status: BigIntStats, options: SizeOptions): FoundSize {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const root = openUnnoticed((flag) => openat(descriptor, '.', flags | flag));
  try {
    return count(root, status, options);
  } finally {
    close(root);
  }
}

/**
 * Whether the tree at a path (not a link) tells that nothing in it has changed since it was counted.
 *
 * @throws SystemError or Error of node when it cannot be opened, or something about it cannot be found out
 */
export function isStillRight({ identity, version }: KnownSize, path: string): boolean {
  if (version === undefined) return false;
  const root = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const status = fstatSync(root, { bigint: true });
    return identityOf(status) === identity && versionOf(root, status) === version;
  } finally {
    closeSync(root);
  }
}
