import { Failure, type FailureName } from '../../../../common/failure.js';
import type { Result, TransferSubject } from '../../../../service/transfers/transfer.js';

/** A pull by root, of which tests change what they look at. */
export const someSubject: Omit<TransferSubject, 'id'> = {
  type: 'pull_raw',
  class: 'machine',
  remote: 'http://example.org/image.raw',
  local: 'image',
  imageRoot: '/var/lib/machines',
  uid: 0,
};

export const someResult: Result = {
  path: '/var/lib/machines/image.raw',
  pristinePath: undefined,
  bytes: 5,
  sha256: undefined,
  verifiedBy: 'no',
  signedBy: undefined,
  fromCache: false,
  lossCount: 0,
  losses: [],
};

/** For assert.throws and assert.rejects: a failure of this kind. */
export function isFailure(kind: FailureName, message: RegExp = /./): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof Failure)) throw error;
    if (error.kind !== kind || !message.test(error.message)) throw error;
    return true;
  };
}
