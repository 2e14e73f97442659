import type { FirstOrder, ImageCheck, ManagedImage } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { managedTrees } from '../kinds/manage.js';
import { knownProvenanceKey } from '../provenance-order.js';
import { runOne } from '../supervisor/run-one.js';
import { type JudgeRequest, judgeDownload } from './judge-download.js';

/** Told how many bytes were read, and how many will be. */
export type OnVerified = (bytesDone: number, bytesTotal: number) => void;

/**
 * Verifies an image: a process of its own reads it, and another one without rights judges what proves it.
 *
 * @throws Failure NoSuchImage, ImageBusy, FileSystemError, InsufficientSpace when it cannot be read
 * @throws Failure WorkerFailed when a process cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure ServiceStopping when the program was updated
 * @throws SystemError when there can be no more processes; the reason of `signal`
 */
export async function verifyImage(
  host: Host,
  image: ManagedImage,
  request: JudgeRequest,
  signal: AbortSignal,
  onProgress: OnVerified,
): Promise<ImageCheck[]> {
  const order: FirstOrder<'manage'> = { type: 'examine', image, provenanceKey: knownProvenanceKey(host) };
  const { checks, download } = await runOne(host, {
    name: 'manage',
    order,
    trees: managedTrees(host, image),
    result: 'examined',
    advice: 'try again',
    context: 'verify',
    signal,
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'progress') onProgress(message.bytesDone, message.bytesTotal ?? message.bytesDone);
    },
  });
  if (download === undefined) return checks;
  return [...checks, await judgeDownload(host, download, request, signal)];
}
