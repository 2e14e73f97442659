import { Failure } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { failOn } from '../../images/install/file-system-failure.js';
import type { Begun, WorkerName } from '../../sandbox/needs.js';
import type { Host } from '../host.js';
import { cleanRoot, noteRoot } from '../kinds/leftovers.js';
import { observe } from '../observe.js';
import type { Result, Transfer } from '../transfer.js';
import type { CommitOutcome } from './commit-outcome.js';
import { Crew } from './crew.js';
import { Workers } from './workers.js';

/** What a process of the transfer starts another one with. */
export type Lend = (name: WorkerName) => string[];

/**
 * Runs the processes of a transfer: whatever way it ends, none of them and nothing of theirs is left. `conduct` starts them and
 * gives back the result, or null when one of them has failed. Rejects with a Failure.
 */
export async function withCrew(
  host: Host,
  imageRoot: string,
  commitOutcome: CommitOutcome,
  transfer: Transfer,
  signal: AbortSignal,
  conduct: (crew: Crew, lend: Lend) => Promise<Result | null>,
): Promise<Result> {
  failOn(host.runtimeDirectory, () => noteRoot(host, imageRoot));
  const workers = new Workers(observe(transfer, host.log), signal, commitOutcome);
  const lent: Begun[] = [];
  let result: Result | null = null;
  let mistake: unknown = null;
  try {
    const sandbox = await host.sandbox;
    signal.throwIfAborted();
    const lend: Lend = (name) => {
      const begun = sandbox.command(name).begin();
      lent.push(begun);
      return [...begun.words];
    };
    using crew = new Crew(host, sandbox, workers);
    result = await conduct(crew, lend);
    if (result === null) workers.giveUp();
  } catch (error) {
    mistake = error;
    workers.kill();
  }
  const failure = await workers.finish();
  await Promise.all(lent.map((begun) => begun.end()));
  if (workers.killed) {
    transfer.enter('cleaning');
    await cleanRoot(host, imageRoot);
  }
  // What happens to a process after it has said that all is done changes nothing: the image is there.
  if (result !== null) return result;
  throw (
    (signal.aborted ? endedEarly(signal.reason, commitOutcome) : (mistake ?? failure)) ??
    new Error('the processes of the transfer ended well without a result')
  );
}

/** Why a transfer was ended. A kill may come after the rename that gives the image its name: then the reason says so. */
function endedEarly(reason: unknown, commitOutcome: CommitOutcome): unknown {
  if (!(reason instanceof Failure) || !commitOutcome.isPlaced()) return reason;
  return new Failure(reason.kind, `The transfer was ended too late: ${commitOutcome.tell()}`, reason.facts);
}

/** Throws when a process names what it cannot have made: a path that is not below the image directory. */
export function checkPlaces(name: string, imageRoot: string, paths: readonly (string | null)[]): void {
  const root = imageRoot.replace(/\/+$/, '');
  const isBelow = (path: string) => path.startsWith(`${root}/`) && !/\/(\.{0,2})(\/|$)/.test(path.slice(root.length));
  const wrong = paths.find((path) => path !== null && !isBelow(path));
  if (wrong === undefined || wrong === null) return;
  const message = `The ${name} process of the transfer names ${escapeText(wrong)}, which is not in ${escapeText(imageRoot)}`;
  throw new Failure('WorkerFailed', message, { process: name });
}

/** Throws when what one process sent is not what the other received: then nothing may be installed. */
export function checkCounts(sender: string, sent: number, receiver: string, received: number): void {
  if (sent === received) return;
  const message = `The ${sender} process sent ${sent} bytes and the ${receiver} process received ${received}; nothing was placed`;
  throw new Failure('WorkerFailed', message, { process: sender });
}
