import type { Failure } from '../../../common/failure.js';
import type { Leftover, ManageOrder } from '../../processes/ipc/messages.js';
import { workerEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { outputLog } from '../observe.js';
import { placesNothing } from '../supervisor/commit-outcome.js';
import { Workers } from '../supervisor/workers.js';

/**
 * Has a process of its own do something to images, so that neither its length nor what it meets holds up the service.
 * Gives back what was cleaned. Rejects with a Failure.
 */
export async function manageImages(host: Host, order: ManageOrder): Promise<Leftover[]> {
  const never = new AbortController().signal;
  const leftovers: Leftover[] = [];
  const workers = new Workers(
    {
      onMessage(message) {
        if (message.type === 'log') host.log.write(message.priority, message.message);
        else if (message.type === 'leftovers') leftovers.push(...message.leftovers);
        else if (message.type === 'bug') host.log.bug(message.stack, 'manage');
      },
      onOutput: outputLog(host.log, 'manage'),
    },
    never,
    placesNothing('look at the images, and try again'),
  );
  const command = (await host.sandbox).command('manage');
  workers.start({ name: 'manage', command, descriptors: [], environment: workerEnvironment(host) }).send(order);
  const managed = await workers.next('managed');
  const failure: Failure | null = await workers.finish();
  if (failure !== null) throw failure;
  if (managed === null) throw new Error('the process that manages images ended without a word');
  return leftovers;
}
