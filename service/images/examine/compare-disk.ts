import { bad, type CheckKind, good, type ImageCheck, unknown } from './checks.js';
import type { DiskDigest } from './hash-disk.js';

/** What is recorded of the bytes that a disk image came as. */
export interface RecordedBytes {
  /** Of the bytes as they were transferred, lower-case hexadecimal. */
  readonly sha256: string;
  /** How many they were. */
  readonly bytes: number;
  /** Whether the disk was stored as it came, neither decompressed nor converted; undefined in older records. */
  readonly asTransferred: boolean | undefined;
}

/** What is compared: a file, and whether whoever uses it may have changed it. */
export interface ComparedDisk {
  readonly kind: Extract<CheckKind, 'pristine' | 'image'>;
  readonly path: string;
  readonly readOnly: boolean;
}

const nouns = { pristine: 'pristine download', image: 'image' } as const;

/** Whether comparing a disk with its record can show anything: of one that was decoded on its way only the encoded bytes are known. */
export function isComparable({ asTransferred, bytes }: RecordedBytes, size: number): boolean {
  return asTransferred ?? bytes === size;
}

/** What cannot be compared. */
export function decoded(disk: ComparedDisk): ImageCheck {
  const message = `Cannot compare the ${nouns[disk.kind]} with its record: that is of the compressed or qcow2 file it was made from`;
  return unknown(disk.kind, message, { subject: disk.path });
}

/** What was verified is not what is there now. */
export function changedMeanwhile(kind: ComparedDisk['kind'], subject: string): ImageCheck {
  const message = `The ${nouns[kind]} was changed, replaced or removed while it was verified; verify it again`;
  return unknown(kind, message, { subject });
}

/** Holds the digest of a disk against what was recorded of it. */
export function compareDisk(disk: ComparedDisk, recorded: RecordedBytes, found: DiskDigest): ImageCheck {
  const { kind, path: subject } = disk;
  const what = nouns[kind];
  if (found.hasChanged) return changedMeanwhile(kind, subject);
  if (recorded.sha256 === found.sha256)
    return good(kind, `The ${what} has the recorded sha256 ${found.sha256}`, { subject });
  if (!isComparable(recorded, found.bytes)) return decoded(disk);
  if (!disk.readOnly) {
    const message = `The ${what} is writable and has changed since it was placed`;
    return unknown(kind, message, { subject });
  }
  const message = `The ${what} has changed: it has sha256 ${found.sha256}, recorded is ${recorded.sha256}; pull it again`;
  return bad(kind, message, { subject, expected: recorded.sha256, found: found.sha256 });
}
