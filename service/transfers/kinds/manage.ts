import { join } from 'node:path';
import { Failure } from '../../../common/failure.js';
import { imageRootPath } from '../../../common/image-classes.js';
import type { FirstOrder, Leftover, ManagedImage } from '../../processes/ipc/messages.js';
import type { NotedEvent } from '../history/event.js';
import type { Host } from '../host.js';
import { runOne } from '../supervisor/run-one.js';

/** What is done to images. */
export type ManageOrder = Exclude<FirstOrder<'manage'>, { type: 'examine' | 'show' | 'usage' }>;

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
export async function manageImages(host: Host, order: ManageOrder, uid: number): Promise<Leftover[]> {
  const leftovers: Leftover[] = [];
  const isRehearsal = order.type === 'clean' && order.dryRun;
  const note = (error?: string) => {
    if (!isRehearsal) host.history.note({ ...describe(order, leftovers), uid, error });
  };
  try {
    await run(host, order, leftovers);
  } catch (error) {
    note(error instanceof Failure ? error.kind : 'WorkerFailed');
    throw error;
  }
  note();
  return leftovers;
}

/** What the history says of an order. */
function describe(order: ManageOrder, leftovers: readonly Leftover[]): Omit<NotedEvent, 'uid'> {
  if (order.type === 'clean') {
    const bytes = leftovers.reduce((sum, leftover) => sum + leftover.bytes, 0);
    const [path, ...others] = order.roots;
    return { operation: 'clean', count: leftovers.length, bytes, ...(others.length === 0 && { path }) };
  }
  const { class: imageClass, name, root } = order.image;
  const known = { class: imageClass, name, path: root };
  if (order.type === 'remove') return { ...known, operation: 'remove' };
  if (order.type === 'setReadOnly') return { ...known, operation: order.readOnly ? 'make_read_only' : 'make_writable' };
  return { ...known, operation: order.type, newName: order.newName };
}

/** Where an image is, if it is a tree. */
export function managedTrees(host: Host, { class: imageClass, name, root }: ManagedImage): string[] {
  const directory = root ?? imageRootPath(imageClass, host.scope, host.environment);
  return directory === undefined ? [] : [join(directory, name)];
}

async function run(host: Host, order: ManageOrder, leftovers: Leftover[]): Promise<void> {
  await runOne(host, {
    name: 'manage',
    order,
    trees: order.type === 'clean' ? [] : managedTrees(host, order.image),
    result: 'managed',
    advice: 'look at the images, and try again',
    context: 'manage',
    onMessage(message) {
      if (message.type === 'log') host.log.write(message.priority, message.message);
      else if (message.type === 'leftovers') leftovers.push(...message.leftovers);
    },
  });
}
