import { fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImageFindings, ShownImage } from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import { parsePristineName } from '../layout/pristine-names.js';
import { readRecord } from '../pristine/record.js';
import { type ProvenanceFinding, readProvenance } from '../provenance/provenance.js';

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
