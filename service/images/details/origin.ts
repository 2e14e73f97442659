import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImageFindings, ShownImage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { errnoName } from '../../../linux/errno.js';
import { parsePristineName } from '../layout/pristine-names.js';
import { readRecord } from '../pristine/record.js';
import { type ProvenanceFinding, readOrigin, readProvenance } from '../provenance/provenance.js';

type Origin = Pick<ImageFindings, 'provenance' | 'provenanceState' | 'changed'>;

function found({ provenance, state, changed }: ProvenanceFinding): Origin {
  return { provenance, provenanceState: state, changed };
}

/** Of an image that cannot be opened. */
export const noOrigin: Origin = { provenance: undefined, provenanceState: 'unreadable', changed: 'unknown' };

/** A pristine download has a record of its own, which is taken away when it is made writable. */
function originOfPristine(descriptor: number): Origin {
  const record = readRecord(descriptor);
  if (record === undefined) return { ...noOrigin, provenanceState: 'none' };
  const { url, etag, sha256, sha512, bytes, verification, signedBy, time } = record;
  const download = { url, etag, sha256, sha512, bytes, verification, signedBy, verifiedAt: time };
  const placed = { placedAt: time, version: '', operation: 'pull', uid: fstatSync(descriptor).uid } as const;
  const absent = { lastModified: undefined, pristine: undefined, clonedFrom: undefined };
  return { provenance: { ...download, ...placed, ...absent }, provenanceState: 'known', changed: 'no' };
}

/**
 * Where an open image came from.
 *
 * @throws SystemError, Error of node
 */
export function originOf(descriptor: number, { path, type }: ShownImage, key: Buffer | undefined): Origin {
  if (type === 'block') return { ...noOrigin, provenanceState: 'none' };
  if (parsePristineName(basename(path)) !== undefined) return originOfPristine(descriptor);
  return found(readProvenance(descriptor, key));
}

/**
 * What a record that can be believed says of where an image came from, without looking whether it was changed since; undefined if there
 * is none, or the image cannot be opened.
 */
export function knownOrigin({ path, type }: Pick<ShownImage, 'path' | 'type'>, key: Buffer | undefined) {
  if (type === 'block') return undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    try {
      if (parsePristineName(basename(path)) !== undefined) return originOfPristine(descriptor).provenance;
      const { state, provenance } = readOrigin(descriptor, key);
      return state === 'known' ? provenance : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (errnoName(error) === undefined) throw error;
    return undefined;
  }
}
