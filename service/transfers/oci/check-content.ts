import { Failure } from '../../../common/failure.js';
import { algorithmOf, checkDiffId } from '../../formats/oci/diff-ids.js';
import type { Download, MovedBytes, PullOutcome } from '../../processes/ipc/messages.js';

/**
 * What is in a layer has to be what the configuration of its image says. One that is not compressed is what has come.
 *
 * @param moved undefined where nothing was decoded
 * @throws Failure Corrupt when it is not
 * @throws Failure WorkerFailed when no process has told its digest
 */
export function checkContent(
  { digest = '', diffId }: Pick<Download, 'digest' | 'diffId'>,
  { record }: Pick<PullOutcome, 'record'>,
  moved: Pick<MovedBytes, 'diffId'> | undefined,
): void {
  if (diffId === undefined || record === undefined) return;
  const { sha256, sha512 } = record;
  const asItCame = algorithmOf(diffId) === 'sha512' ? sha512 && `sha512:${sha512}` : `sha256:${sha256}`;
  const found = moved === undefined ? asItCame : moved.diffId;
  if (found !== undefined && algorithmOf(found) === algorithmOf(diffId)) {
    checkDiffId(digest, diffId, found);
    return;
  }
  const message = 'The processes of the transfer do not tell the digest of what is in a layer; nothing was placed';
  throw new Failure('WorkerFailed', message, { process: moved === undefined ? 'fetch' : 'decode' });
}
