import type { FirstOrder, ImageFindings } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { runOne } from '../supervisor/run-one.js';

/** How far a count has come. */
export interface Count {
  readonly files: number;
  readonly bytesOnDisk: number;
}

/**
 * Has a process of its own look at images: to count a tree takes long, and it reads what strangers wrote. Resolves with what it finds of
 * each, in order.
 *
 * @throws Failure NoSuchImage when one is gone by now, FileSystemError when it cannot be looked at
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure ServiceStopping when the program was updated
 * @throws SystemError when there can be no more processes; the reason of `signal`
 */
export async function showImages(
  host: Host,
  order: Extract<FirstOrder<'manage'>, { type: 'show' }>,
  signal: AbortSignal,
  onCount: (count: Count) => void,
): Promise<ImageFindings[]> {
  const findings: ImageFindings[] = [];
  await runOne(host, {
    name: 'manage',
    order,
    result: 'managed',
    advice: 'try again',
    context: 'show',
    signal,
    takesSpare: true,
    trees: order.images.map(({ path }) => path),
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'counting') onCount(message);
      else if (message.type === 'shown') findings.push(message.findings);
    },
  });
  if (findings.length !== order.images.length) throw new Error('too few findings');
  return findings;
}
