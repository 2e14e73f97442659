import { setImmediate } from 'node:timers/promises';
import { Failure, type FailureName } from '../../../common/failure.js';
import { escapeText } from '../../../varlink/text.js';
import { senderEnded, takerEnded } from '../../processes/ipc/frames.js';
import { type MessageType, wordFor } from '../../processes/ipc/message-policy.js';
import type { WorkerMessage } from '../../processes/ipc/messages.js';
import type { Command } from '../../sandbox/needs.js';
import type { CommitOutcome } from './commit-outcome.js';
import type { Spares } from './spares.js';
import { type WorkerExit, WorkerProcess } from './worker.js';

type MessageOf<Type extends MessageType> = Extract<WorkerMessage, { type: Type }>;

export interface WorkerStart {
  name: string;
  command: Command;
  descriptors: readonly number[];
  environment: NodeJS.ProcessEnv;
  /** Processes that wait for a transfer, where there may be one of that name. */
  spares?: Spares;
}

/** A failure, and how much it explains: the less its rank, the more. */
interface Explained {
  failure: Failure;
  rank: number;
}

/**
 * That the bytes are not the right ones beats what is wrong with them, what was told beats what a kill explains, that beats what
 * only followed from another process's end, and last comes that such an end was seen.
 */
const ranks = { verdict: 0, told: 1, killed: 2, followed: 3, echoed: 4 };

function rankOf({ kind, message }: MessageOf<'failure'>): number {
  if (kind === 'VerificationFailed') return ranks.verdict;
  if (message === takerEnded || message === senderEnded) return ranks.echoed;
  return kind === 'WorkerFailed' ? ranks.followed : ranks.told;
}

/** Whether a process has no rights: then it leaves nothing behind, and has nothing to put in order. */
function hasNoRights({ name }: WorkerProcess): boolean {
  return name === 'fetch' || name === 'decode';
}

/** What the processes of one transfer are watched with. */
export interface WorkerObserver {
  onMessage(message: WorkerMessage): void;
  /** What the process of that name has written on its standard error, once it has ended. */
  onOutput(name: string, text: string): void;
}

/**
 * The processes of one transfer, which end together: when one fails or the signal is raised the others are ended too, and the
 * failure that came first and explains most is the failure of all.
 */
export class Workers {
  readonly #observer: WorkerObserver;
  readonly #commitOutcome: CommitOutcome;
  readonly #processes: WorkerProcess[] = [];
  readonly #failures: Explained[] = [];
  /** Those that were ended because another one had failed: their own end explains nothing. */
  readonly #endedByUs = new Set<WorkerProcess>();
  /** Those that have said that all is done: how they end then does not matter. */
  readonly #done = new Set<WorkerProcess>();
  readonly #waiting: { type: MessageType; resolve: (message: WorkerMessage | null) => void }[] = [];
  /** The first message of each type that nobody had asked for yet. */
  readonly #early = new Map<MessageType, WorkerMessage>();
  #judge: string | null = null;
  #killed = false;
  #broken = false;
  readonly #living = new Set<string>();
  readonly #ends: Promise<void>[] = [];

  constructor(observer: WorkerObserver, signal: AbortSignal, commitOutcome: CommitOutcome) {
    this.#observer = observer;
    this.#commitOutcome = commitOutcome;
    signal.addEventListener('abort', () => this.kill(), { once: true });
  }

  /** Whether a process ended in a way that may have left something behind. */
  get killed(): boolean {
    return this.#killed;
  }

  start({ name, command, descriptors, environment, spares }: WorkerStart): WorkerProcess {
    const onMessage = (message: WorkerMessage) => this.#receive(worker, message);
    const worker: WorkerProcess =
      spares?.take(name, descriptors, onMessage) ??
      new WorkerProcess(name, command, descriptors, environment, onMessage);
    this.#processes.push(worker);
    this.#living.add(name);
    this.#ends.push(this.#watch(worker));
    return worker;
  }

  /** The first message of a type; null once a process has failed, or when nobody who could say it is left. */
  next<Type extends MessageType>(type: Type): Promise<MessageOf<Type> | null> {
    const isWanted = (message: WorkerMessage | null): message is MessageOf<Type> => message?.type === type;
    const early = this.#early.get(type) ?? null;
    if (isWanted(early)) return Promise.resolve(early);
    if (this.#broken || !this.#canBeSaid(type)) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#waiting.push({ type, resolve: (message) => resolve(isWanted(message) ? message : null) });
    });
  }

  /** Says something to the process of that name. */
  send(name: string, message: object): void {
    this.#processes.find((worker) => worker.name === name)?.send(message);
  }

  /** Has the process of that name go on when another one says that the bytes are damaged: it may find that they are other ones. */
  hearOut(name: string): void {
    this.#judge = name;
  }

  kill(): void {
    this.#killed = true;
    for (const worker of this.#processes) worker.kill();
  }

  /** Tells the process of that name that it is not needed, or gets nothing more to do. */
  dismiss(name: string): void {
    this.#processes.find((worker) => worker.name === name)?.abandon();
  }

  /**
   * Lets all end because there will be no result. The placement process hears that nothing more is said, sees the end of its pipe
   * and removes what it made by itself; those without rights have nothing.
   */
  giveUp(): void {
    const isDamaged = this.#failures.some(({ failure }) => failure.kind === 'Corrupt');
    for (const worker of this.#processes) {
      if (isDamaged && worker.name === this.#judge) continue;
      if (hasNoRights(worker)) this.#end(worker);
      else worker.abandon();
    }
  }

  #end(worker: WorkerProcess): void {
    if (this.#endedByUs.has(worker) || worker.hasExited) return;
    this.#endedByUs.add(worker);
    worker.kill();
  }

  /** Waits until all have ended. Gives back the failure that explains most, if there was one. */
  async finish(): Promise<Failure | null> {
    await Promise.all(this.#ends);
    const [first] = [...this.#failures].sort((a, b) => a.rank - b.rank);
    return first?.failure ?? null;
  }

  #receive(worker: WorkerProcess, message: WorkerMessage): void {
    if (['fetched', 'planned', 'moved'].includes(message.type)) this.#done.add(worker);
    if (message.type === 'failure') {
      this.#failures.push({ failure: rebuild(message), rank: rankOf(message) });
    } else this.#pass(message);
    if (message.type === 'bug')
      this.#failures.push({ failure: mistake(worker.name, this.#commitOutcome), rank: ranks.followed });
    if (hasNoRights(worker) && wordFor(message.type).last) this.#endForGood(worker);
  }

  /** Ends a process that has said all: it may have threads that wait for ever, and nobody waits for another word. */
  #endForGood(worker: WorkerProcess): void {
    this.#living.delete(worker.name);
    this.#stopWaiting((type) => this.#canBeSaid(type));
    this.#end(worker);
  }

  #pass(message: WorkerMessage): void {
    this.#observer.onMessage(message);
    const index = this.#waiting.findIndex((waiting) => waiting.type === message.type);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting !== undefined) waiting.resolve(message);
    else if (!this.#early.has(message.type)) this.#early.set(message.type, message);
  }

  async #watch(worker: WorkerProcess): Promise<void> {
    const exit = await worker.exited;
    // Of two that have ended, the one that ended of the other is often seen first: now the other one's end is known too.
    await setImmediate();
    this.#ended(worker, exit);
  }

  #ended(worker: WorkerProcess, exit: WorkerExit): void {
    this.#living.delete(worker.name);
    if (worker.output !== '') this.#observer.onOutput(worker.name, worker.output);
    if (exit.nonsense === null && (exit.code === 0 || this.#done.has(worker))) {
      this.#stopWaiting((type) => this.#canBeSaid(type));
      return;
    }
    if (exit.signal !== null && !hasNoRights(worker)) this.#killed = true;
    if (!this.#endedByUs.has(worker) || exit.nonsense !== null) {
      const rank = exit.signal === null ? ranks.followed : ranks.killed;
      this.#failures.push({ failure: unexpectedEnd(worker.name, exit, this.#commitOutcome), rank });
    }
    this.#broken = true;
    this.giveUp();
    this.#stopWaiting(() => false);
  }

  #canBeSaid(type: MessageType): boolean {
    return wordFor(type).speakers.some((name) => this.#living.has(name));
  }

  #stopWaiting(except: (type: MessageType) => boolean): void {
    for (const waiting of this.#waiting.splice(0)) {
      if (except(waiting.type)) this.#waiting.push(waiting);
      else waiting.resolve(null);
    }
  }
}

function unexpectedEnd(name: string, { code, signal, nonsense }: WorkerExit, commitOutcome: CommitOutcome): Failure {
  const how = signal === null ? `with exit status ${code}` : `by ${signal}`;
  const what =
    nonsense === null
      ? `ended unexpectedly, ${how}`
      : `sent an invalid message (${escapeText(nonsense)}) and was killed`;
  const message = `The ${name} process of the transfer ${what}; ${commitOutcome.tell()}`;
  return new Failure('WorkerFailed', message, { process: name });
}

function mistake(name: string, commitOutcome: CommitOutcome): Failure {
  const message = `The ${name} process of the transfer made a mistake, which the log of the service shows; ${commitOutcome.tell()}`;
  return new Failure('WorkerFailed', message, { process: name });
}

function rebuild(message: MessageOf<'failure'>): Failure {
  // The facts were taken from a Failure of this kind on the other side.
  return new Failure<FailureName>(message.kind, message.message, message.facts as never);
}
