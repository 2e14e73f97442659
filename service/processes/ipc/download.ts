import type { Download, VerificationRecord } from './messages.js';

/** Whether nothing is installed that is not known to be what it should be. */
export function isVerified({ verification, digest }: Pick<Download, 'verification' | 'digest'>): boolean {
  return verification !== 'no' || digest !== undefined;
}

/** Whether a copy is what the caller says that the image is. */
export function hasDigest(record: VerificationRecord | undefined, digest: string | undefined): boolean {
  if (record === undefined || digest === undefined) return false;
  return digest === `sha256:${record.sha256}` || digest === `sha512:${record.sha512}`;
}
