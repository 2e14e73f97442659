import { Failure } from '../../../common/failure.js';
import { type ByteString, display } from './byte-string.js';

/** The archive is damaged or hostile. `offset` is where the header block of the entry begins, in bytes of the plain tar. */
export function corruptArchive(reason: string, offset: number, path?: ByteString): Failure<'Corrupt'> {
  const what = path === undefined ? 'the tar archive' : `entry '${display(path)}' of the tar archive`;
  return new Failure('Corrupt', `At byte ${offset}, ${what} ${reason}`, { what: `${what} ${reason}`, offset });
}
