import { quoteWord } from '../../common/text.js';
import { ConnectionClosed, VarlinkError } from '../../varlink/error.js';
import { UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { Integer, Result, TransferReply } from '../connect/contract.js';
import { describeFailure } from '../connect/describe.js';
import { type ProgressDisplay, showProgress } from '../terminal/progress/progress-display.js';

/** A transfer that was asked for, and how it is to be watched. */
export interface Followed {
  /** What is being done, after `Failed to`. */
  readonly subject: string;
  /** Whether it goes on without us: then Ctrl-C detaches, otherwise it cancels. */
  readonly detachable: boolean;
  readonly replies: AsyncIterable<TransferReply>;
  readonly connection: ServiceConnection;
}

/**
 * Watches a transfer to its end, showing log and progress.
 *
 * @throws UserError if it failed or was cancelled, or the user detached
 */
export async function follow(session: Session, followed: Followed): Promise<Result> {
  const watcher = new Watcher(session, followed);
  using _ = session.context.onInterrupt(() => watcher.interrupt());
  return await watcher.run();
}

type Event = { readonly kind: 'reply'; readonly reply: IteratorResult<TransferReply> } | { readonly kind: 'detach' };

class Watcher {
  readonly #session: Session;
  readonly #followed: Followed;
  readonly #detached: Promise<Event>;
  readonly #abandoned: Promise<never>;
  #detach: () => void = () => {};
  #abandon: (reason: UserError) => void = () => {};
  #id: Integer | undefined;
  #cancelling = false;

  constructor(session: Session, followed: Followed) {
    this.#session = session;
    this.#followed = followed;
    this.#detached = new Promise((resolve) => {
      this.#detach = () => resolve({ kind: 'detach' });
    });
    this.#abandoned = new Promise((_, reject) => {
      this.#abandon = reject;
    });
    this.#abandoned.catch(() => {});
  }

  async run(): Promise<Result> {
    const { log, settings, context } = this.#session;
    using display = showProgress(log, settings.quiet, context);
    try {
      return await this.#consume(display);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #consume(display: ProgressDisplay): Promise<Result> {
    const iterator = this.#followed.replies[Symbol.asyncIterator]();
    let result: Result | undefined;
    for (;;) {
      const event = await this.#next(iterator);
      if (event.kind === 'detach') {
        display[Symbol.dispose]();
        throw this.#sayDetached();
      }
      if (event.reply.done === true) break;
      result = this.#take(event.reply.value, display) ?? result;
    }
    if (result === undefined) throw new ConnectionClosed();
    display.complete();
    return result;
  }

  async #next(iterator: AsyncIterator<TransferReply>): Promise<Event> {
    const reply = iterator.next().then((value): Event => ({ kind: 'reply', reply: value }));
    // Once detached nobody waits for it any more, and closing the connection makes it fail.
    reply.catch(() => {});
    return await Promise.race([reply, this.#detached, this.#abandoned]);
  }

  #take(reply: TransferReply, display: ProgressDisplay): Result | undefined {
    if (reply.id !== undefined && reply.id !== null && this.#id === undefined) this.#begin(reply.id);
    if (reply.log) this.#session.log.write(Number(reply.log.priority), reply.log.message);
    if (reply.progress) display.update(reply.progress);
    return reply.result ?? undefined;
  }

  #begin(id: Integer): void {
    this.#id = id;
    const consequence = this.#followed.detachable ? 'lets it continue in the background' : 'cancels it';
    this.#session.log.info(`Transfer ${id} started. Ctrl-C ${consequence}.`);
    if (this.#cancelling) this.#cancel(id);
  }

  interrupt(): void {
    if (this.#followed.detachable) {
      this.#detach();
      return;
    }
    if (this.#cancelling) {
      this.#abandon(
        new UserError('Interrupted before it was certain that the transfer ended.', { error: 'Cancelled' }),
      );
      return;
    }
    this.#cancelling = true;
    if (this.#id !== undefined) this.#cancel(this.#id);
  }

  /** The outcome is seen on the connection that watches. */
  #cancel(id: Integer): void {
    this.#session.log.notice(`Cancelling transfer ${id}…`);
    cancelTransfer(this.#followed.connection, id, this.#session.allowInteractiveAuthentication).catch((error) => {
      this.#abandon(describeFailure(`cancel transfer ${id}`, error) ?? new UserError(String(error)));
    });
  }

  #sayDetached(): UserError {
    const command = [this.#session.context.commandName(), ...this.#followed.connection.route.options];
    const words = (last: string) => [...command, last].map(quoteWord).join(' ');
    const id = this.#id;
    const message =
      id === undefined
        ? `The transfer continues in the background, if it was accepted: see ${words('list-transfers')}.`
        : `Transfer ${id} continues in the background. Cancel it with: ${words('cancel-transfer')} ${id}`;
    this.#session.log.info(message);
    return new UserError(message, { error: 'Detached', facts: { id }, isTold: true });
  }

  #failure(error: unknown): unknown {
    if (this.#cancelling && error instanceof VarlinkError && error.name === 'io.ferry.Transfer.Cancelled') {
      return new UserError(`Transfer ${this.#id} was cancelled.`, { cause: error });
    }
    if (error instanceof ConnectionClosed) {
      const { subject, connection } = this.#followed;
      return new UserError(
        `Failed to ${subject}: the service ended in the middle of it; see ${connection.route.logPlace}.`,
        { error: 'ConnectionClosed' },
      );
    }
    return describeFailure(this.#followed.subject, error) ?? error;
  }
}

/** Cancels a transfer over a connection of its own, since a call that is under way keeps the other one busy. */
export async function cancelTransfer(
  connection: ServiceConnection,
  id: Integer,
  allowInteractiveAuthentication: boolean,
): Promise<void> {
  const other = await connection.another();
  try {
    await other.transfer.cancel({ id, allowInteractiveAuthentication });
  } finally {
    other.close();
  }
}
