import type { InstallRequest } from '../../images/install/request.js';
import type { VerificationRecord } from '../../images/pristine/record.js';
import type { NewProvenance } from '../../images/provenance/provenance.js';
import type { NewImage, PullOutcome } from '../ipc/messages.js';

/** What is recorded with the image; undefined where nothing can be. */
export function provenanceFor(
  { provenance: order }: NewImage,
  details: Omit<NewProvenance, 'uid'>,
): InstallRequest['provenance'] {
  return order && { details: { ...details, uid: order.uid }, key: Buffer.from(order.base64, 'base64') };
}

/** What a pulled image was made of. */
export interface PulledFrom {
  /** Without user name and password. */
  readonly url: string;
  readonly outcome: PullOutcome;
  /** The pristine download that it is copied from; undefined if none is kept. */
  readonly pristine: { readonly path: string; readonly record: VerificationRecord | undefined } | undefined;
}

/** What came now was verified now; a copy of an earlier download, when that was. */
export function detailsOfPull({ url, outcome, pristine }: PulledFrom): Omit<NewProvenance, 'uid'> {
  const recorded = outcome.cachedPath === undefined ? undefined : pristine?.record;
  const { sha256, sha512, bytes, verification, signedBy } = outcome.record ?? {};
  const isVerified = verification !== undefined && verification !== 'no';
  const lastModified =
    outcome.lastModified === undefined ? recorded?.lastModified : Math.trunc(outcome.lastModified) * 1000;
  return {
    operation: 'pull',
    url,
    etag: outcome.etag,
    lastModified: lastModified !== undefined && lastModified >= 0 ? lastModified : undefined,
    sha256,
    sha512,
    bytes,
    verification,
    signedBy,
    verifiedAt: isVerified ? (recorded?.time ?? Date.now() * 1000) : undefined,
    pristine: pristine?.path,
  };
}
