import { addAbortListener } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Failure } from '../../../common/failure.js';
import { wordFor } from '../../processes/ipc/definition.js';
import type { MessageOf, MessageType } from '../../processes/ipc/message-policy.js';
import type { FirstOrder, OrderTo, WorkerMessage } from '../../processes/ipc/messages.js';
import type { Begun, Sandbox, TreeOwners, WorkerName } from '../../sandbox/needs.js';
import type { CommitOutcome } from './commit-outcome.js';
import { ProcessFailures } from './failures.js';
import { Mailbox } from './mailbox.js';
import type { Spares } from './spares.js';
import { SupervisedProcess } from './supervised-process.js';
import { type WorkerExit, WorkerProcess } from './worker-process.js';

/** What the processes of one transfer are watched with. */
export interface WorkerObserver {
  onMessage(message: WorkerMessage): void;
  /** What a process has written on its standard error, once it has ended. */
  onOutput(name: WorkerName, text: string): void;
}

/** What the processes of one transfer are started with, and why they end. */
export interface Supervision {
  readonly sandbox: Sandbox;
  /** All that they get as their environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** Processes that wait for a transfer. */
  readonly spares?: Spares;
  readonly observer: WorkerObserver;
  readonly commitOutcome: CommitOutcome;
  /** Ends all of them. */
  readonly signal: AbortSignal;
  /** Goes on when another process says that the bytes are damaged: it may find that they are other ones. */
  readonly judge?: WorkerName;
  /** Whom the trees belong to that they read or write, if not whom new ones belong to. */
  readonly owners?: TreeOwners | undefined;
}

/**
 * Starts and watches the processes of one transfer, one of each name. They end together: when one fails or the signal is raised
 * the others are ended too, and the failure that came first and explains most is the failure of all.
 */
export class Supervisor {
  readonly #supervision: Supervision;
  readonly #processes = new Map<WorkerName, SupervisedProcess>();
  readonly #ends: Promise<void>[] = [];
  /** What processes of the transfer start others with. */
  readonly #lent: Begun[] = [];
  readonly #failures: ProcessFailures;
  readonly #mailbox = new Mailbox();
  readonly #listener: Disposable;
  #mayHaveLeft = false;

  constructor(supervision: Supervision) {
    this.#supervision = supervision;
    this.#failures = new ProcessFailures(supervision.commitOutcome);
    this.#listener = addAbortListener(supervision.signal, () => this.kill());
  }

  /** Whether a process ended in a way that may have left something behind. */
  get mayHaveLeft(): boolean {
    return this.#mayHaveLeft;
  }

  /** Whether one waits in its sandbox for its transfer. */
  hasSpare(name: WorkerName): boolean {
    return this.#supervision.spares?.has(name) === true;
  }

  /** Ends the spare processes that this transfer did not take: they are for nobody. */
  endSpares(): void {
    this.#supervision.spares?.endRest();
  }

  /**
   * Starts a process, or takes a spare one, and gives it copies of the descriptors, as 4, 5, …
   *
   * @throws Failure ServiceStopping when the program was updated
   * @throws Failure InsufficientSpace, FileSystemError when no user can be noted for the process
   * @throws Failure WorkerFailed when the system allows no more processes, descriptors or users
   * @throws the reason of the signal once it is raised
   */
  start<Name extends WorkerName>(name: Name, descriptors: readonly number[], order?: FirstOrder<Name>): void {
    if (this.#processes.has(name)) throw new Error(`the transfer has a ${name} process already`);
    this.#supervision.signal.throwIfAborted();
    const onMessage = (message: WorkerMessage) => this.#receive(one, message);
    const process = this.#attempt(name, () => this.#process(name, descriptors, onMessage));
    const one = new SupervisedProcess(process);
    this.#processes.set(name, one);
    this.#ends.push(this.#watch(one));
    if (order !== undefined) process.send(order);
  }

  /**
   * What a process of the transfer has to start another one with, in the sandbox for that name.
   *
   * @throws as start()
   */
  lend(name: WorkerName): string[] {
    const begun = this.#attempt(name, () => this.#supervision.sandbox.command(name).begin());
    this.#lent.push(begun);
    return [...begun.words];
  }

  /** The first message of a type; undefined once a process is lost, or when nobody who could say it is left. */
  async next<Type extends MessageType>(type: Type): Promise<MessageOf<Type> | undefined> {
    const early = this.#mailbox.early(type);
    if (early !== undefined) return early;
    return this.#canCome(type) ? this.#mailbox.next(type) : undefined;
  }

  /** Tells a process what to do. */
  send<Name extends WorkerName>(name: Name, order: OrderTo<Name>): void {
    this.#processes.get(name)?.process.send(order);
  }

  /** Tells a process that it is not needed, or gets nothing more to do. */
  dismiss(name: WorkerName): void {
    this.#processes.get(name)?.process.abandon();
  }

  /** Ends all of them by force. */
  kill(): void {
    this.#mayHaveLeft = true;
    for (const { process } of this.#processes.values()) process.kill();
  }

  /**
   * Lets all end because there will be no result. The placement process hears that nothing more is said, sees the end of its pipe
   * and removes what it made by itself; those without rights have nothing.
   */
  giveUp(): void {
    const { judge } = this.#supervision;
    for (const one of this.#processes.values()) {
      if (one.process.name !== judge || !this.#failures.tellOfDamage) one.stop();
    }
  }

  /** Waits until nothing is left of any, and listens to the signal no more. Resolves with the failure that explains most, if any. */
  async finish(): Promise<Failure | undefined> {
    await Promise.all(this.#ends);
    await Promise.all(this.#lent.map((begun) => begun.end()));
    this.#listener[Symbol.dispose]();
    return this.#failures.first;
  }

  #process(
    name: WorkerName,
    descriptors: readonly number[],
    onMessage: (message: WorkerMessage) => void,
  ): WorkerProcess {
    const { sandbox, environment, spares, owners } = this.#supervision;
    // A spare one is for new trees.
    const fits = owners === undefined || owners === sandbox.trees;
    const spare = fits ? spares?.take(name, descriptors, onMessage) : undefined;
    if (spare !== undefined) return spare;
    return new WorkerProcess({ name, command: sandbox.command(name, owners), descriptors, environment, onMessage });
  }

  /** Does what a process is started with: what the system says against it is told as its failure. */
  #attempt<Result>(name: WorkerName, action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw this.#failures.ofStart(name, error);
    }
  }

  #receive(one: SupervisedProcess, message: WorkerMessage): void {
    if (message.type === 'failure') this.#failures.told(message);
    else {
      this.#supervision.observer.onMessage(message);
      this.#mailbox.deliver(message);
    }
    if (message.type === 'bug') this.#failures.mistaken(one.process.name);
    one.heard(message);
    this.#mailbox.giveUp((type) => this.#canCome(type));
  }

  async #watch(one: SupervisedProcess): Promise<void> {
    const exit = await one.process.exited;
    // Of two that have ended, the one that ended of the other is often seen first: now the other one's end is known too.
    await setImmediate();
    this.#ended(one, exit);
  }

  #ended(one: SupervisedProcess, exit: WorkerExit): void {
    const { name, output } = one.process;
    if (output !== '') this.#supervision.observer.onOutput(name, output);
    const { isUnexplained, mayHaveLeft } = one.ended(exit);
    if (mayHaveLeft) this.#mayHaveLeft = true;
    if (isUnexplained) this.#failures.lost(name, exit);
    if (one.standing === 'lost') this.giveUp();
    this.#mailbox.giveUp((type) => this.#canCome(type));
  }

  /** Whether a message may still come: all are well, and one of them may say it. */
  #canCome(type: MessageType): boolean {
    const { speakers } = wordFor(type);
    const all = [...this.#processes.values()];
    if (all.some(({ standing }) => standing === 'lost')) return false;
    return all.some(({ maySpeak, process }) => maySpeak && speakers.includes(process.name));
  }
}
