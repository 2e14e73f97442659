import { fstatSync } from 'node:fs';
import { hasReadOnlyMark } from '../install/read-only.js';
import { isStackWritable } from '../layers/stack-mode.js';
import type { ProvenanceFinding } from '../provenance/provenance.js';
import { bad, good, type ImageCheck, unknown } from './checks.js';
import { compareDisk, decoded, isComparable } from './compare-disk.js';
import type { DiskDigest } from './hash-disk.js';

/** A placed image that is open. */
export interface PlacedImage {
  readonly descriptor: number;
  readonly path: string;
  /** What its record says, which is authentic. */
  readonly finding: ProvenanceFinding;
  /** Whether its download was stored as it came; undefined if nobody knows. */
  readonly asTransferred: boolean | undefined;
}

/**
 * Holds a placed image against its record.
 *
 * @param hash hashes the disk
 * @throws SystemError or Error of node when it cannot be read
 */
export function examinePlaced(image: PlacedImage, hash: () => DiskDigest): ImageCheck {
  const { descriptor, path, finding } = image;
  const readOnly = path.endsWith('.mstack') ? !isStackWritable(descriptor) : hasReadOnlyMark(descriptor);
  const status = fstatSync(descriptor);
  if (!status.isFile()) return byEvidence(image, readOnly, 'the record is of the archive the tree was unpacked from');
  const { sha256, bytes } = finding.provenance ?? {};
  if (sha256 === undefined || bytes === undefined)
    return byEvidence(image, readOnly, 'its digest was not recorded, because it was not downloaded');
  const recorded = { sha256, bytes, asTransferred: image.asTransferred };
  const disk = { kind: 'image', path, readOnly } as const;
  if (finding.changed === 'yes' && !readOnly) return changed(image, readOnly);
  if (isComparable(recorded, status.size)) return compareDisk(disk, recorded, hash());
  return finding.changed === 'yes' ? changed(image, readOnly) : decoded(disk);
}

/** What cannot be compared with a digest: a subvolume may show that nothing was written to it since. */
function byEvidence(image: PlacedImage, readOnly: boolean, reason: string): ImageCheck {
  const { path: subject, finding, descriptor } = image;
  if (finding.changed === 'yes') return changed(image, readOnly);
  // The time of a file can be set by whoever may write to it.
  if (finding.changed === 'no' && fstatSync(descriptor).isDirectory())
    return good('image', 'Nothing was written to the image since it was placed', { subject });
  return unknown('image', `Cannot tell whether the image has changed: ${reason}`, { subject });
}

function changed({ path: subject }: PlacedImage, readOnly: boolean): ImageCheck {
  if (!readOnly) return unknown('image', 'The image is writable and has changed since it was placed', { subject });
  return bad('image', 'The image has changed since it was placed, though it is read-only; pull it again', { subject });
}
