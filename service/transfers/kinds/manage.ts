import type { FirstOrder, Leftover } from '../../processes/ipc/messages.js';
import type { Host } from '../host.js';
import { runOne } from '../supervisor/run-one.js';

/**
 * Has a process of its own do something to images, so that neither its length nor what it meets holds up the service.
 * Resolves with what was cleaned.
 *
 * @throws Failure NoSuchImage, ImageExists, ImageBusy, InvalidName for names that cannot be used so
 * @throws Failure FileSystemError, InsufficientSpace, UnsupportedFormat, Corrupt when it cannot be done
 * @throws Failure WorkerFailed when the process cannot start, or ends without telling why
 * @throws Failure ServiceStopping when the program was updated
 * @throws SystemError when there can be no more processes
 */
export async function manageImages(host: Host, order: FirstOrder<'manage'>): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  await runOne(host, {
    name: 'manage',
    order,
    result: 'managed',
    advice: 'look at the images, and try again',
    context: 'manage',
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'leftovers') leftovers.push(...message.leftovers);
    },
  });
  return leftovers;
}
