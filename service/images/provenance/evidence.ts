import { closeSync, constants, type Dirent, fstatSync, lstatSync, opendirSync } from 'node:fs';
import type { ChangedSince } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { isSubvolume, nestedSubvolumes, subvolumeInformation } from '../../../linux/btrfs.js';
import { errnoName } from '../../../linux/errno.js';
import { O_PATH, openat2, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../../../linux/files.js';

/** What an image was like when it was placed, as far as that is cheap to compare. */
export interface Evidence {
  /** Modification time of a disk, or of a tree's root, in nanoseconds since 1970. */
  readonly modified: string;
  /** Of a disk, in bytes. */
  readonly size?: number;
  /** The transaction in which anything in a subvolume was last changed; absent while the file system still writes of before. */
  readonly transaction?: string;
}

/** Transactions can end meanwhile. */
const attemptsMax = 4;

/** The transaction in which the subvolume was last changed; undefined for another tree. */
function transactionOf(descriptor: number): bigint | undefined {
  return isSubvolume(descriptor) ? subvolumeInformation(descriptor).transaction : undefined;
}

/**
 * Has `write` record what the image is like, which itself changes a subvolume: until the transaction that it says is that of the
 * record.
 *
 * @throws what `write` throws
 */
export function writeEvidence(descriptor: number, settled: boolean, write: (evidence: Evidence) => boolean): boolean {
  const status = fstatSync(descriptor, { bigint: true });
  const modified = String(status.mtimeNs);
  if (status.isFile()) return write({ modified, size: Number(status.size) });
  let transaction = settled ? transactionOf(descriptor) : undefined;
  for (let attempts = 1; transaction !== undefined && attempts <= attemptsMax; attempts++) {
    if (!write({ modified, transaction: String(transaction) })) return false;
    const now = transactionOf(descriptor);
    if (now === transaction) return true;
    transaction = now;
  }
  return write({ modified });
}

/** A tree tells in its first entries, and in places that a system writes to, whether somebody did. */
const entriesMax = 64;
const busyPlaces = ['etc', 'root', 'tmp', 'usr/bin', 'usr/lib', 'var/cache', 'var/lib', 'var/log', 'var/tmp'] as const;

/** The last change of an entry, in nanoseconds since 1970; undefined where nobody can tell, or something else is mounted. */
type ChangeTime = bigint | undefined;

function timeUnless(reason: () => ChangeTime): ChangeTime {
  try {
    return reason();
  } catch (error) {
    // Gone, a link on the way, or not ours to look at.
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}

/** Links of a tree lead nowhere here. */
function changeTimeBeneath(root: number, path: string): ChangeTime {
  return timeUnless(() => {
    const found = openat2(root, path, O_PATH | constants.O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    try {
      return fstatSync(found, { bigint: true }).ctimeNs;
    } finally {
      closeSync(found);
    }
  });
}

function* firstEntries(root: number): Generator<ChangeTime> {
  using directory = openedDirectory(root);
  for (let count = 0; count < entriesMax; count++) {
    const entry = directory.next();
    if (entry === undefined) return;
    const path = Buffer.concat([Buffer.from(`/proc/self/fd/${root}/`), entry.name]);
    yield timeUnless(() => lstatSync(path, { bigint: true }).ctimeNs);
  }
}

/** Node's own types know of no names that are bytes. */
function openedDirectory(root: number): Disposable & { next(): Dirent<Buffer> | undefined } {
  const directory = opendirSync(`/proc/self/fd/${root}`, { encoding: 'buffer' as BufferEncoding });
  return {
    next: () => (directory.readSync() as unknown as Dirent<Buffer> | null) ?? undefined,
    [Symbol.dispose]: () => directory.closeSync(),
  };
}

function hasLaterEntry(root: number, placedNs: bigint): boolean {
  const isLater = (time: ChangeTime) => time !== undefined && time >= placedNs;
  if (busyPlaces.some((place) => isLater(changeTimeBeneath(root, place)))) return true;
  for (const time of firstEntries(root)) if (isLater(time)) return true;
  return false;
}

/** Whether a subvolume is certainly as it was: what is in other subvolumes inside it is not known. */
function isSameSubvolume(descriptor: number, transaction: string | undefined): boolean {
  if (transaction === undefined || String(transactionOf(descriptor)) !== transaction) return false;
  return nestedSubvolumes(descriptor).length === 0;
}

/**
 * Whether an image was changed since it was placed. A disk tells by its size and its time. A subvolume that has not been touched is the
 * same; of any other tree it is only known that it was changed, where one of few entries shows it.
 *
 * @param placedAt in microseconds since 1970
 * @throws SystemError, Error of node
 */
export function changedSince(descriptor: number, before: Evidence, placedAt: number): ChangedSince {
  const status = fstatSync(descriptor, { bigint: true });
  const isSameTime = String(status.mtimeNs) === before.modified;
  if (status.isFile()) return isSameTime && Number(status.size) === before.size ? 'no' : 'yes';
  if (isSameSubvolume(descriptor, before.transaction)) return 'no';
  // The clock is read in milliseconds, and what came just before was not after it.
  return !isSameTime || hasLaterEntry(descriptor, (BigInt(placedAt) + 1000n) * 1000n) ? 'yes' : 'unknown';
}
