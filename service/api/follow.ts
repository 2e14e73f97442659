import { addAbortListener } from 'node:events';
import { imageNameOf } from '../../common/image-names.js';
import type { PullReply, WatchReply } from '../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { ServerCall } from '../../varlink/server/call.js';
import { startCommands } from '../images/details/start-command.js';
import type { ImageOwner } from '../images/layout/host.js';
import type { Image } from '../images/manage/images.js';
import type { Result, Transfer } from '../transfers/transfer.js';
import { onWire } from './on-wire.js';
import { Notifier, type RelayForm, relay } from './relay.js';

/** What methods that start or watch a transfer reply. */
export type TransferReply = PullReply & WatchReply;

const form: RelayForm<TransferReply> = {
  progress: (progress) => ({ progress: onWire(progress) }),
  log: (line) => ({ log: line }),
};

/** Waits until a transfer has ended or its caller is gone. Leaves nothing on the connection, which may carry many calls. */
async function ended(transfer: Transfer, closed: AbortSignal): Promise<void> {
  const notifier = new Notifier();
  using _subscription = transfer.subscribe((event) => {
    if (event.type === 'ended') notifier.ring();
  });
  using _listener = addAbortListener(closed, () => notifier.ring());
  if (!transfer.ended) await notifier.wait();
}

/** Answers with what happens to a transfer, if the caller takes more than one reply, and with how it ended. */
export async function follow(
  call: ServerCall<unknown, TransferReply>,
  transfer: Transfer,
  owner: ImageOwner,
): Promise<void> {
  const { id } = transfer.subject;
  if (call.more) {
    call.continues({ id });
    if (!(await relay(call, transfer, form))) return;
  } else {
    await ended(transfer, call.closed);
  }
  if (transfer.failure !== undefined) throw transfer.failure;
  if (transfer.result === undefined) return;
  call.reply({ ...(call.more ? {} : { id }), result: resultOnWire(transfer, transfer.result, owner) });
}

/** What a transfer ended with, with how its image is put to use, which depends on whose it is. */
export function resultOnWire({ subject }: Transfer, result: Result, owner: ImageOwner) {
  const { path } = result;
  const commands =
    path === undefined
      ? null
      : startCommands({ class: subject.class, path, ...nameAndType(path) }, { root: undefined }, owner);
  return { ...onWire(result), signerName: result.signerName ?? null, startCommands: commands };
}

function nameAndType(path: string): Pick<Image, 'name' | 'type'> {
  const type = path.endsWith('.raw') ? 'raw' : path.endsWith('.mstack') ? 'mstack' : 'directory';
  return { name: imageNameOf(path), type };
}
