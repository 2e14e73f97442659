import { fstatSync } from 'node:fs';
import type { ImageFormat } from '../../../common/image-classes.js';
import type { KnownDownload } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { isUntouched } from '../pristine/cache.js';
import { hasRecord, readRecord, type VerificationRecord, verifiedOf } from '../pristine/record.js';
import { type ImageCheck, unknown } from './checks.js';
import { compareDisk, decoded, isComparable } from './compare-disk.js';
import type { DiskDigest } from './hash-disk.js';

/** A pristine download that is open, and held so that nobody removes or replaces it. */
export interface HeldPristine {
  readonly descriptor: number;
  readonly path: string;
  readonly format: ImageFormat;
}

/** What a pristine download turned out to be. */
export interface PristineFinding {
  readonly check: ImageCheck;
  /** What its record says; undefined if it has none that counts. */
  readonly download: KnownDownload | undefined;
  /** Whether it was stored as it came; undefined if nobody knows. */
  readonly asTransferred: boolean | undefined;
}

/**
 * Holds a pristine download against its record.
 *
 * @param hash hashes the disk
 * @throws SystemError or Error of node when it cannot be read
 */
export function examinePristine(pristine: HeldPristine, hash: () => DiskDigest): PristineFinding {
  const record = isUntouched(pristine.descriptor, pristine.format) ? readRecord(pristine.descriptor) : undefined;
  if (record === undefined) return { check: withoutRecord(pristine), download: undefined, asTransferred: undefined };
  return {
    check: compare(pristine, record, hash),
    download: {
      url: record.url,
      format: pristine.format,
      record: verifiedOf(record),
      pristinePath: pristine.path,
    },
    asTransferred: record.asTransferred,
  };
}

function withoutRecord({ descriptor, format, path: subject }: HeldPristine): ImageCheck {
  const what = 'Cannot verify the pristine download';
  if (!isUntouched(descriptor, format))
    return unknown('pristine', `${what}: it was made writable, so its record does not count; pull it again`, {
      subject,
    });
  if (hasRecord(descriptor)) return unknown('pristine', `${what}: its record is damaged; pull it again`, { subject });
  return unknown('pristine', `${what}: it has no record, like those of systemd-importd; pull it again`, { subject });
}

function compare(
  { descriptor, format, path }: HeldPristine,
  record: VerificationRecord,
  hash: () => DiskDigest,
): ImageCheck {
  const disk = { kind: 'pristine', path, readOnly: true } as const;
  if (format === 'tar') {
    const message =
      'Cannot compare the pristine download with its record: that is of the archive the tree was unpacked from';
    return unknown('pristine', message, { subject: path });
  }
  const { sha256, bytes, asTransferred } = record;
  const recorded = { sha256, bytes, asTransferred };
  return isComparable(recorded, fstatSync(descriptor).size) ? compareDisk(disk, recorded, hash()) : decoded(disk);
}
