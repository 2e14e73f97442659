import { ConnectionClosed } from '../../varlink/error.js';
import { UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';

/**
 * Does something with each of several things; one that fails is reported and does not keep the others from their turn.
 *
 * @returns the exit status: 1 if any failed
 */
export async function forEach<Item>(
  session: Session,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<number> {
  let status = 0;
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!(error instanceof UserError) || error.cause instanceof ConnectionClosed) throw error;
      session.log.error(error.message);
      status = 1;
    }
  }
  return status;
}
