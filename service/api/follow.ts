import type { PullReply, WatchReply } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import type { Transfer } from '../transfer/transfer.js';
import { type RelayForm, relay } from './relay.js';

/** What methods that start or watch a transfer reply. */
export type TransferReply = PullReply & WatchReply;

const form: RelayForm<TransferReply> = {
  progress: (progress) => ({ progress: { ...progress } }),
  log: (line) => ({ log: line }),
};

function ended(transfer: Transfer, closed: AbortSignal): Promise<void> {
  if (transfer.ended) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = transfer.subscribe((event) => {
      if (event.type !== 'ended') return;
      subscription[Symbol.dispose]();
      resolve();
    });
    closed.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Answers with what happens to a transfer, if the caller takes more than one reply, and with how it ended. */
export async function follow(call: ServerCall<unknown, TransferReply>, transfer: Transfer): Promise<void> {
  const { id } = transfer.subject;
  if (call.more) {
    call.continues({ id });
    if (!(await relay(call, transfer, form))) return;
  } else {
    await ended(transfer, call.closed);
  }
  if (transfer.failure !== null) throw transfer.failure;
  if (transfer.result !== null) call.reply({ ...(call.more ? {} : { id }), result: transfer.result });
}
