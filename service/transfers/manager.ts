import { availableParallelism, freemem } from 'node:os';
import { Failure } from '../../common/failure.js';
import type { Integer } from '../../varlink/idl/value.js';
import type { Identifiers } from './identifiers.js';
import { type Result, type RunningTransfer, Transfer, type TransferSubject } from './transfer.js';

/** How many transfers are accepted at once. */
export const transferLimit = 64;
/** Memory that one running transfer may take, in bytes. */
const memoryEach = 200 * 1024 * 1024;
/** How many ended transfers stay readable. */
const keptTransfers = 256;

/**
 * What a transfer does when its turn comes.
 *
 * @throws Failure of the kind that explains why it failed; anything else is a bug
 */
export type TransferWork = (running: RunningTransfer) => Promise<Result>;

export interface AcceptOptions {
  /** Another transfer that has to end first. */
  after?: Transfer | undefined;
  /** Called when the work is given up before it began: what it was to take over is then nobody's. */
  onDropped?(): void;
}

interface Running {
  transfer: Transfer;
  abort: AbortController;
  settled: Promise<void>;
  /** Another transfer that has to end first. */
  after: Transfer | undefined;
  begin: () => void;
  begun: boolean;
}

/** How many transfers may run at the same time: the others wait. */
function runningLimit(): number {
  return Math.max(2, Math.min(2 * availableParallelism(), Math.floor(freemem() / memoryEach)));
}

/** Accepts transfers, lets as many run as the machine can bear, and knows all of them by identifier. */
export class TransferManager {
  readonly #identifiers: Identifiers;
  readonly #onChange: () => void;
  readonly #onBug: (error: unknown, transfer: Transfer) => void;
  readonly #active = new Map<number, Running>();
  readonly #ended = new Map<number, Transfer>();
  #stopping = false;

  constructor(identifiers: Identifiers, onChange: () => void, onBug: (error: unknown, transfer: Transfer) => void) {
    this.#identifiers = identifiers;
    this.#onChange = onChange;
    this.#onBug = onBug;
  }

  /** Transfers that have not ended, in the order of their identifiers. */
  get active(): Transfer[] {
    return [...this.#active.values()].map((running) => running.transfer);
  }

  /** @throws Failure NoSuchTransfer when there is no such transfer, or it ended too long ago */
  find(id: Integer): Transfer {
    // No transfer has a number that only a bigint can hold.
    const known = Number(id);
    const transfer = this.#active.get(known)?.transfer ?? this.#ended.get(known);
    if (transfer !== undefined) return transfer;
    throw new Failure('NoSuchTransfer', `There is no transfer ${id}; 'ferryctl list-transfers' shows those there are`, {
      id,
    });
  }

  /**
   * Accepts a transfer. It starts when its turn comes.
   *
   * @throws Failure ServiceStopping once stop() was called
   * @throws Failure TooManyTransfers when as many as are accepted have not ended
   * @throws Failure TransferInProgress when another one makes an image of that name
   * @throws Failure InsufficientSpace, FileSystemError when its identifier cannot be kept
   */
  accept(subject: Omit<TransferSubject, 'id'>, work: TransferWork, options: AcceptOptions = {}): Transfer {
    this.refuse(subject);
    const transfer = new Transfer({ ...subject, id: this.#identifiers.next() });
    const abort = new AbortController();
    let begin = (): void => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { after, onDropped } = options;
    const settled = this.#run(transfer, work, abort.signal, turn, onDropped);
    this.#active.set(transfer.subject.id, { transfer, abort, settled, after, begin, begun: false });
    this.#onChange();
    this.#schedule();
    return transfer;
  }

  /**
   * Ends a transfer; resolves when it has ended and nothing of it is left.
   *
   * @throws Failure NoSuchTransfer when there is no such transfer, or it has ended already, or it ends well all the same: its image is
   *   there then
   */
  async cancel(id: number): Promise<void> {
    const transfer = this.find(id);
    const wasActive = this.#active.has(id);
    await this.#end(id, cancelled());
    if (wasActive && transfer.result === undefined) return;
    throw new Failure('NoSuchTransfer', `Transfer ${id} has ended already`, { id });
  }

  async #end(id: number, reason: Failure): Promise<void> {
    const running = this.#active.get(id);
    running?.abort.abort(reason);
    running?.begin();
    await running?.settled;
  }

  /** Ends all transfers and accepts no more; resolves when nothing of them is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const reason = new Failure(
      'ServiceStopping',
      'The service is stopping; the transfer was ended and can be repeated',
      {},
    );
    await Promise.all([...this.#active.keys()].map((id) => this.#end(id, reason)));
  }

  /**
   * Refuses a transfer that accept() would not take now.
   *
   * @throws Failure ServiceStopping once stop() was called
   * @throws Failure TooManyTransfers when as many as are accepted have not ended
   * @throws Failure TransferInProgress when another one makes an image of that name
   */
  refuse(subject: Omit<TransferSubject, 'id'>): void {
    if (this.#stopping) throw new Failure('ServiceStopping', 'The service is stopping; try again in a moment', {});
    if (this.#active.size >= transferLimit) {
      const message = `There are ${transferLimit} transfers already, as many as are accepted; wait for one to end or cancel one`;
      throw new Failure('TooManyTransfers', message, { limit: transferLimit });
    }
    if (onlyReads(subject) || subject.local === undefined) return;
    const other = this.active.find(({ subject: active }) => {
      return active.imageRoot === subject.imageRoot && active.local === subject.local && !onlyReads(active);
    });
    if (other === undefined) return;
    const id = other.subject.id;
    const message = `Transfer ${id} is making an image '${subject.local}' already; cancel it or choose another name`;
    throw new Failure('TransferInProgress', message, { id });
  }

  async #run(
    transfer: Transfer,
    work: TransferWork,
    signal: AbortSignal,
    turn: Promise<void>,
    onDropped?: () => void,
  ): Promise<void> {
    try {
      await turn;
      if (signal.aborted) onDropped?.();
      signal.throwIfAborted();
      transfer.succeed(await work({ transfer, signal }));
    } catch (error) {
      transfer.fail(this.#asFailure(error, transfer));
    }
    this.#active.delete(transfer.subject.id);
    this.#ended.set(transfer.subject.id, transfer);
    for (const id of this.#ended.keys()) {
      if (this.#ended.size <= keptTransfers) break;
      this.#ended.delete(id);
    }
    this.#schedule();
    this.#onChange();
  }

  #asFailure(error: unknown, transfer: Transfer): Failure {
    if (error instanceof Failure) return error;
    this.#onBug(error, transfer);
    const text = error instanceof Error ? error.message : String(error);
    return new Failure('WorkerFailed', `The service made a mistake (${text}); its log has the details`, {
      process: 'service',
    });
  }

  #schedule(): void {
    const all = [...this.#active.values()];
    let free = runningLimit() - all.filter((running) => running.begun).length;
    for (const running of all) {
      if (free <= 0) return;
      if (running.begun || (running.after !== undefined && !running.after.ended)) continue;
      running.begun = true;
      running.begin();
      free -= 1;
    }
  }
}

/** Whether a transfer makes no image. */
function onlyReads({ type }: Pick<TransferSubject, 'type'>): boolean {
  return type.startsWith('export') || type.startsWith('push');
}

function cancelled(): Failure {
  return new Failure('Cancelled', 'The transfer was cancelled; nothing was placed', {});
}
