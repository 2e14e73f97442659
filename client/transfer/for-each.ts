import { exitStatus } from '../../common/exit-statuses.js';
import { ConnectionClosed } from '../../varlink/error.js';
import { UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import { statusOf } from '../outcome/document.js';

/**
 * Does something with each of several things; one that fails is reported, also in what --json writes, and does not keep the others from
 * their turn. Only a connection that broke does.
 *
 * @returns the exit status: that of the first failure
 */
export async function forEach<Item>(
  session: Session,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<number> {
  let first: UserError | undefined;
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      session.log.error(error.message);
      session.noteFailure(error);
      first ??= error;
      if (error.cause instanceof ConnectionClosed) break;
    }
  }
  return first === undefined ? exitStatus.success : exitStatus[statusOf(first)];
}
