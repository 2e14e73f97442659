import { setTimeout as delay } from 'node:timers/promises';
import { VarlinkError } from '../../varlink/error.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { ImportParameters, Result, TransferReply } from '../connect/contract.js';
import { attempt } from '../connect/describe.js';
import { type Chunks, type Moved, StreamBroken, sendBytes } from './bytes.js';
import { follow } from './follow.js';

/** How often the service is asked how far it has come while bytes are sent, in milliseconds. */
const askIntervalMs = 500;

/**
 * Imports over two connections: bytes go over one, and over the other the word that these were all.
 *
 * @returns the result
 * @throws UserError; no image is placed then
 */
export async function upload(
  session: Session,
  calls: ServiceConnection,
  parameters: ImportParameters,
  source: Chunks,
): Promise<Result> {
  const subject = `import image '${parameters.name}'`;
  const carrier = await calls.another();
  try {
    const { reply, stream } = await attempt(subject, () => carrier.transfer.importUpgrade(parameters));
    const id = reply.id ?? 0;
    // That it broke is seen by who sends; after that it may break as it likes.
    stream.on('error', () => {});
    using _ = { [Symbol.dispose]: () => stream.destroy() };
    const replies = watchUpload(calls, id, sendBytes(source, stream));
    return await follow(session, { subject, detachable: false, replies, connection: calls });
  } finally {
    carrier.close();
  }
}

/** What happens to the transfer, first while bytes are sent, then until its end. */
async function* watchUpload(
  calls: ServiceConnection,
  id: number | bigint,
  sending: Promise<Moved>,
): AsyncGenerator<TransferReply> {
  sending.catch(() => {});
  yield { id };
  try {
    let moved: Moved | undefined;
    while (moved === undefined) {
      const { progress } = await calls.transfer.watch({ id });
      if (progress) yield { progress };
      moved = await settledWithin(sending, askIntervalMs);
    }
    await calls.transfer.finish({ id, bytes: moved.bytes, sha256: moved.sha256 });
  } catch (error) {
    // What the service has against the bytes it says to those who watch.
    if (!(error instanceof StreamBroken) && !hasEnded(error)) throw await giveUp(calls, id, error);
  }
  yield* calls.transfer.watchMore({ id });
}

/** Whether the transfer waits no more for the word that these were all bytes: how it ended, those hear who watch it. */
function hasEnded(error: unknown): boolean {
  return error instanceof VarlinkError && error.name === 'io.ferry.Transfer.NoSuchTransfer';
}

/** What a promise gives; undefined if that takes longer. */
async function settledWithin<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value | undefined> {
  const abort = new AbortController();
  const timeout = delay(milliseconds, undefined, { signal: abort.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    abort.abort();
  }
}

/** Without the bytes to come there will be no image: the service need not wait to find that out. */
async function giveUp(calls: ServiceConnection, id: number | bigint, error: unknown): Promise<unknown> {
  const cancelled = calls.transfer.cancel({ id }).catch(() => {});
  await settledWithin(cancelled, 10 * askIntervalMs);
  return error;
}
