import { version } from '../../../common/version.js';
import type {
  ChangedSince,
  Provenance,
  ProvenanceState,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { cannotBeSet, getAttribute, setAttribute } from '../../../linux/attributes.js';
import { isSubvolume, subvolumeInformation } from '../../../linux/btrfs.js';
import { hasCode } from '../../../linux/errno.js';
import { lastingIdentity } from '../../../linux/status.js';
import { ownAttribute, urlDigest } from '../pristine/record.js';
import { changedSince, type Evidence, writeEvidence } from './evidence.js';
import { openRecord, type ProvenanceRecord, provenanceOf, sealRecord } from './record.js';

/** What is known of where an image came from, and how far that can be believed. */
export interface ProvenanceFinding {
  readonly state: ProvenanceState;
  readonly changed: ChangedSince;
  /** Undefined unless the record is authentic: for this image, or for the one that it is a copy of. */
  readonly provenance: Provenance | undefined;
}

/** What is to be recorded of an image. */
export interface NewProvenance extends Omit<Provenance, 'placedAt' | 'version'> {
  /** Of a clone, whether what it was made of had been changed. */
  readonly changedBefore?: ChangedSince;
}

/** The attribute's name, as this process may set it: what a process may do does not change. */
let attribute: string | undefined;

export function provenanceAttribute(): string {
  attribute ??= ownAttribute('provenance');
  return attribute;
}

/** Whether an attribute is the record of where an image came from, as this process may set it. */
export function isProvenance(name: string): boolean {
  return name === provenanceAttribute();
}

/**
 * What tells an image from every other one, also from its copies, and stays when it is renamed. Undefined where nothing does.
 *
 * @throws SystemError
 */
export function carrierOf(descriptor: number): string | undefined {
  if (isSubvolume(descriptor)) return `subvolume:${subvolumeInformation(descriptor).uuid}`;
  const identity = lastingIdentity(descriptor);
  return identity === undefined ? undefined : `inode:${identity}`;
}

/** A record in full, and in ever shorter forms: file systems differ in how long an attribute may be. */
function formsOf(record: ProvenanceRecord): ProvenanceRecord[] {
  const short = { ...record, ...(record.url !== undefined && { url: urlDigest(record.url) }) };
  const shorter = { ...short, etag: undefined, pristine: undefined, clonedFrom: undefined };
  return [record, short, shorter, { ...shorter, sha512: undefined }];
}

function store(descriptor: number, record: ProvenanceRecord, key: Buffer): boolean {
  return formsOf(record).some((form) => {
    try {
      setAttribute(descriptor, provenanceAttribute(), sealRecord(form, key));
      return true;
    } catch (error) {
      if (!cannotBeSet(error)) throw error;
      return false;
    }
  });
}

/**
 * Records with an open image where it came from. The image is complete, and not marked read-only yet; `settled` says that all
 * of it is on the disk, without which later changes of a subvolume cannot be told from those of before. False where the file
 * system has no place for the record, or does not tell the image from others.
 *
 * @throws SystemError, Error of node
 */
export function writeProvenance(
  descriptor: number,
  { changedBefore = 'no', ...provenance }: NewProvenance,
  key: Buffer,
  settled: boolean,
): boolean {
  const carrier = carrierOf(descriptor);
  if (carrier === undefined) return false;
  const placed = { ...provenance, placedAt: Date.now() * 1000, version, carrier, changedBefore };
  return writeEvidence(descriptor, settled, (evidence: Evidence) => store(descriptor, { ...placed, evidence }, key));
}

function attributeOf(descriptor: number): Buffer | 'none' | 'unreadable' {
  try {
    return getAttribute(descriptor, provenanceAttribute()) ?? 'none';
  } catch (error) {
    if (hasCode(error, 'EOPNOTSUPP', 'ENOTSUP')) return 'none';
    if (hasCode(error, 'EACCES', 'EPERM', 'ERANGE', 'EIO')) return 'unreadable';
    throw error;
  }
}

function withoutRecord(state: ProvenanceState): ProvenanceFinding {
  return { state, changed: 'unknown', provenance: undefined };
}

/** One that was changed before it was cloned is not what came from there, whatever happened since. */
function both(before: ChangedSince, since: ChangedSince): ChangedSince {
  if (before === 'yes' || since === 'yes') return 'yes';
  return before === 'no' ? since : 'unknown';
}

/** The record of an open image, or why there is none to believe. */
function recordOf(descriptor: number, key: Buffer | undefined): ProvenanceRecord | ProvenanceState {
  const value = attributeOf(descriptor);
  return typeof value === 'string' ? value : openRecord(value, key);
}

/**
 * As readProvenance(), without looking whether the image was changed, which takes longer than all else.
 *
 * @throws SystemError, Error of node
 */
export function readOrigin(descriptor: number, key: Buffer | undefined): Omit<ProvenanceFinding, 'changed'> {
  const record = recordOf(descriptor, key);
  if (typeof record === 'string') return { state: record, provenance: undefined };
  return { state: record.carrier === carrierOf(descriptor) ? 'known' : 'copied', provenance: provenanceOf(record) };
}

/**
 * Reads where an open image came from. What was not written with the key is not believed, and what was written for another image
 * only says what this one is a copy of.
 *
 * @param key the service's own; undefined where it has none
 * @throws SystemError, Error of node
 */
export function readProvenance(descriptor: number, key: Buffer | undefined): ProvenanceFinding {
  const record = recordOf(descriptor, key);
  if (typeof record === 'string') return withoutRecord(record);
  const provenance = provenanceOf(record);
  if (record.carrier !== carrierOf(descriptor)) return { state: 'copied', changed: 'unknown', provenance };
  const since = changedSince(descriptor, record.evidence, record.placedAt);
  return { state: 'known', changed: both(record.changedBefore, since), provenance };
}
