import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import type { WorkerName } from '../../sandbox/needs.js';
import { workerEnvironment } from '../environment.js';
import type { Host } from '../host.js';
import { cleanRoot, noteRoot } from '../kinds/leftovers.js';
import { observe } from '../observe.js';
import type { RunningTransfer } from '../transfer.js';
import { ownersOf } from '../tree-owners.js';
import type { CommitOutcome } from './commit-outcome.js';
import { Supervisor, type WorkerObserver } from './supervisor.js';

/** What the processes of a transfer run for. */
export interface ProcessTask extends RunningTransfer {
  /** The directory that something is made in. */
  readonly imageRoot: string;
  readonly commitOutcome: CommitOutcome;
  /** The process that has the last word on whether the bytes are the right ones, where one has. */
  readonly judge?: WorkerName;
  /** The trees that it reads. */
  readonly trees?: readonly string[];
  /** What is told what they say; absent where that is the progress and the log of the transfer. */
  readonly observer?: WorkerObserver;
}

/**
 * Runs the processes of a transfer, or of a part of it: whatever way it ends, none of them and nothing of theirs is left. `work` starts
 * them and resolves with the result, or with undefined when one of them is lost.
 *
 * @throws Failure of the kind that a process tells
 * @throws Failure WorkerFailed when one cannot start, or ends without telling why
 * @throws Failure Cancelled, ServiceStopping, as the reason of `signal` says, when that is raised before there is a result
 * @throws Failure FileSystemError, InsufficientSpace when the image directory cannot be noted
 * @throws whatever `work` throws
 */
export async function runTransfer<Result>(
  host: Host,
  task: ProcessTask,
  work: (supervisor: Supervisor) => Promise<Result | undefined>,
): Promise<Result> {
  const { imageRoot, commitOutcome, transfer, signal, trees, ...rest } = task;
  failOn(host.runtimeDirectory, () => noteRoot(host, imageRoot));
  const sandbox = await host.sandbox;
  signal.throwIfAborted();
  const watched = { observer: observe(transfer, host.log), ...rest, commitOutcome, signal };
  const supervisor = new Supervisor({
    ...watched,
    sandbox,
    owners: ownersOf(sandbox, trees ?? []),
    environment: workerEnvironment(host),
    spares: host.spares,
  });
  const { result, mistake } = await attempt(supervisor, work);
  const failure = await supervisor.finish();
  if (supervisor.mayHaveLeft) {
    transfer.enter('cleaning');
    await cleanRoot(host, imageRoot);
  }
  // What happens to a process after it has said that all is done changes nothing: the image is there.
  if (result !== undefined) return result;
  if (signal.aborted) throw endedEarly(signal.reason, commitOutcome);
  throw mistake ?? failure ?? new Error('the processes of the transfer ended well without a result');
}

/** What came of the work: its result, or what it has thrown. Without a result the processes are ended. */
async function attempt<Result>(
  supervisor: Supervisor,
  work: (supervisor: Supervisor) => Promise<Result | undefined>,
): Promise<{ result?: Result | undefined; mistake?: unknown }> {
  try {
    const result = await work(supervisor);
    if (result === undefined) supervisor.giveUp();
    return { result };
  } catch (mistake) {
    supervisor.kill();
    return { mistake };
  }
}

/** Why a transfer was ended. A kill may come after the rename that gives the image its name: then the reason says so. */
function endedEarly(reason: unknown, commitOutcome: CommitOutcome): unknown {
  if (!(reason instanceof Failure) || !commitOutcome.isPlaced()) return reason;
  return new Failure(reason.kind, `The transfer was ended too late: ${commitOutcome.tell()}`, reason.facts);
}

/** @throws Failure WorkerFailed when a process names what it cannot have made: a path that is not below the image directory. */
export function checkPlaces(name: WorkerName, imageRoot: string, paths: readonly (string | undefined)[]): void {
  const root = imageRoot.replace(/\/+$/, '');
  const isBelow = (path: string) => path.startsWith(`${root}/`) && !/\/(\.{0,2})(\/|$)/.test(path.slice(root.length));
  const wrong = paths.find((path) => path !== undefined && !isBelow(path));
  if (wrong === undefined) return;
  const message = `The ${name} process of the transfer names ${escapeText(wrong)}, which is not in ${escapeText(imageRoot)}`;
  throw new Failure('WorkerFailed', message, { process: name });
}

/** @throws Failure WorkerFailed when what one process sent is not what the other received: then nothing may be installed. */
export function checkCounts(sender: WorkerName, sent: number, receiver: WorkerName, received: number): void {
  if (sent === received) return;
  const message = `The ${sender} process sent ${sent} bytes and the ${receiver} process received ${received}; nothing was placed`;
  throw new Failure('WorkerFailed', message, { process: sender });
}
