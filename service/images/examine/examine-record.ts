import type {
  KnownDownload,
  Provenance,
  ProvenanceState,
} from '../../../interfaces/internal/generated/io.ferry.Worker.generated.js';
import type { ProvenanceFinding } from '../provenance/provenance.js';
import { bad, good, type ImageCheck, unknown } from './checks.js';

/** Why nothing is compared with a record. */
const reasons: Readonly<Record<Exclude<ProvenanceState, 'known' | 'forged'>, string>> = {
  copied: 'The record is of another image, from which this one was copied by another program: nothing can be compared',
  unreadable: 'The record of where the image came from cannot be read: nothing can be compared',
  unchecked: 'The record cannot be believed, because the key it was written with is gone: nothing can be compared',
  none: 'The image has no record of where it came from: nothing can be compared',
};

const origins = { pull: 'was pulled', import: 'was imported', clone: 'was cloned' } as const;

/** Whether what an image says of itself can be believed. */
export function examineRecord({ state, provenance }: ProvenanceFinding): ImageCheck {
  if (state === 'forged')
    return bad(
      'record',
      'The record of where the image came from was forged: it is not believed, and nothing compared',
    );
  if (state !== 'known' || provenance === undefined)
    return unknown('record', reasons[state === 'known' ? 'unreadable' : state]);
  return good('record', `The record of the image, which ${origins[provenance.operation]}, is authentic`);
}

/** The download that an authentic record tells of; undefined if the image was not downloaded. */
export function recordedDownload(
  { url, sha256, sha512, bytes, verification, signedBy }: Provenance,
  format: KnownDownload['format'],
): KnownDownload | undefined {
  if (url === undefined || sha256 === undefined || bytes === undefined) return undefined;
  const unrecorded = { sidecarVerification: undefined, leftOut: undefined, hashes: undefined };
  const record = { sha256, sha512, bytes, verification: verification ?? 'no', signedBy, ...unrecorded };
  return { url, format, record, pristinePath: undefined };
}
