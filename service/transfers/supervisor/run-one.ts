import type { MessageOf, MessageType } from '../../processes/ipc/message-policy.js';
import type { FirstOrder, WorkerMessage } from '../../processes/ipc/messages.js';
import type { WorkerName } from '../../sandbox/needs.js';
import { workerEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { outputLog } from '../observe.js';
import type { OwnedDescriptors } from '../owned-descriptors.js';
import { ownersOf } from '../tree-owners.js';
import { placesNothing } from './commit-outcome.js';
import { Supervisor } from './supervisor.js';

/** What one process is to do by itself. */
export interface SingleTask<Name extends WorkerName, Type extends MessageType> {
  readonly name: Name;
  /** They are closed once the process has copies. */
  readonly descriptors?: OwnedDescriptors;
  readonly order: FirstOrder<Name>;
  /** Its last word, when it has done it. */
  readonly result: Type;
  /** What messages say of its being interrupted. */
  readonly advice: string;
  /** What the log calls it. */
  readonly context: string;
  readonly signal?: AbortSignal;
  /** Whether it may be a spare process. */
  readonly takesSpare?: boolean;
  /** The trees that it is about. */
  readonly trees?: readonly string[];
  onMessage(message: WorkerMessage): void;
}

/** Starts the process. Resolves with its last word; undefined when it ends without one. */
async function ask<Name extends WorkerName, Type extends MessageType>(
  supervisor: Supervisor,
  { name, descriptors, order, result }: SingleTask<Name, Type>,
): Promise<MessageOf<Type> | undefined> {
  supervisor.start(name, descriptors?.numbers ?? [], order);
  descriptors?.[Symbol.dispose]();
  return await supervisor.next(result);
}

/**
 * Has one process do something that is not a transfer. Resolves with its last word.
 *
 * @throws Failure of the kind that the process tells
 * @throws Failure WorkerFailed when it cannot start, or ends without telling why, as when `signal` is raised
 * @throws Failure InsufficientSpace, FileSystemError when no user can be noted for it
 * @throws Failure ServiceStopping when the program was updated
 * @throws the reason of `signal` when that is raised before the process starts
 */
export async function runOne<Name extends WorkerName, Type extends MessageType>(
  host: Host,
  task: SingleTask<Name, Type>,
): Promise<MessageOf<Type>> {
  using _given = task.descriptors;
  const { name, advice, context } = task;
  const onMessage = (message: WorkerMessage) => {
    if (message.type === 'bug') host.log.bug(message.stack, context);
    else task.onMessage(message);
  };
  const sandbox = await host.sandbox;
  const supervisor = new Supervisor({
    sandbox,
    owners: ownersOf(sandbox, task.trees ?? []),
    environment: workerEnvironment(host),
    ...(task.takesSpare && { spares: host.spares }),
    observer: { onMessage, onOutput: outputLog(host.log, context) },
    commitOutcome: placesNothing(advice),
    signal: task.signal ?? new AbortController().signal,
  });
  const said = await ask(supervisor, task).catch(async (error) => {
    await supervisor.finish();
    throw error;
  });
  const failure = await supervisor.finish();
  if (task.takesSpare) host.spares.refill();
  if (said !== undefined) return said;
  throw failure ?? new Error(`the ${name} process ended without a word`);
}
