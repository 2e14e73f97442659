import { Failure, type FailureName } from '../../../common/failure.js';
import { errnoName } from '../../../linux/errno.js';
import { escapeText } from '../../../varlink/text.js';
import { senderEnded, takerEnded } from '../../processes/ipc/frames.js';
import type { MessageOf } from '../../processes/ipc/message-policy.js';
import type { WorkerName } from '../../sandbox/needs.js';
import type { CommitOutcome } from './commit-outcome.js';
import { startErrorOf, type WorkerExit } from './worker-process.js';

/**
 * That the bytes are not the right ones beats what is wrong with them, what was told beats what a kill explains, that beats what
 * only followed from another process's end, and last comes that such an end was seen.
 */
const ranks = { verdict: 0, told: 1, killed: 2, followed: 3, echoed: 4 };

/** What went wrong with the processes of one transfer, of which one failure is that of all. */
export class ProcessFailures {
  readonly #commitOutcome: CommitOutcome;
  /** With how much each explains: the less its rank, the more. */
  readonly #failures: { failure: Failure; rank: number }[] = [];

  constructor(commitOutcome: CommitOutcome) {
    this.#commitOutcome = commitOutcome;
  }

  /** The one that explains most, and of several the first. */
  get first(): Failure | undefined {
    const [first] = [...this.#failures].sort((a, b) => a.rank - b.rank);
    return first?.failure;
  }

  /** Whether one is that the bytes are damaged. */
  get tellOfDamage(): boolean {
    return this.#failures.some(({ failure }) => failure.kind === 'Corrupt');
  }

  /** A process has told why it cannot go on. */
  told(message: MessageOf<'failure'>): void {
    // The facts were taken from a Failure of this kind on the other side.
    const failure = new Failure<FailureName>(message.kind, message.message, message.facts as never);
    this.#failures.push({ failure, rank: rankOf(message) });
  }

  /** A process has met a mistake of the program. */
  mistaken(name: WorkerName): void {
    const what = 'made a mistake, which the log of the service shows';
    this.#failures.push({ failure: this.#failed(name, what), rank: ranks.followed });
  }

  /** A process has ended without a word that explains it. */
  lost(name: WorkerName, exit: WorkerExit): void {
    const isCause = exit.signal !== undefined || exit.startError !== undefined;
    const failure =
      exit.startError === undefined ? this.#failed(name, endOf(exit)) : this.#notStarted(name, exit.startError);
    this.#failures.push({ failure, rank: isCause ? ranks.killed : ranks.followed });
  }

  /** What to throw when a process cannot be started, for a reason of the system: that of a Failure explains itself. */
  ofStart(name: WorkerName, error: unknown): unknown {
    return errnoName(error) === undefined ? error : this.#notStarted(name, startErrorOf(error));
  }

  #notStarted(name: WorkerName, reason: string): Failure {
    const message = `Cannot start the ${name} process of the transfer: ${reason}; ${this.#commitOutcome.tell()}`;
    return new Failure('WorkerFailed', message, { process: name });
  }

  #failed(name: WorkerName, what: string): Failure {
    const message = `The ${name} process of the transfer ${what}; ${this.#commitOutcome.tell()}`;
    return new Failure('WorkerFailed', message, { process: name });
  }
}

function rankOf({ kind, message }: MessageOf<'failure'>): number {
  if (kind === 'VerificationFailed') return ranks.verdict;
  if (message === takerEnded || message === senderEnded) return ranks.echoed;
  return kind === 'WorkerFailed' ? ranks.followed : ranks.told;
}

function endOf({ code, signal, nonsense }: WorkerExit): string {
  if (nonsense !== undefined) return `sent an invalid message (${escapeText(nonsense)}) and was killed`;
  return `ended unexpectedly, ${signal === undefined ? `with exit status ${code}` : `by ${signal}`}`;
}
