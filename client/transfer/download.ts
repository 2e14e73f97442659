import { formatBytes } from '../../common/sizes.js';
import { UserError } from '../cli/failure.js';
import type { Session } from '../cli/session.js';
import type { ServiceConnection } from '../connect/connect.js';
import type { ExportParameters, Result, TransferReply } from '../connect/contract.js';
import { type Moved, receiveBytes, StreamBroken } from './bytes.js';
import type { ExportTarget } from './export-target.js';
import { follow } from './follow.js';
import { writerTo } from './writer.js';

/**
 * Exports over two connections: bytes come over one, and over the other how it went.
 *
 * @returns the result, which was compared with what has arrived
 * @throws UserError, VarlinkError; what was written so far is good for nothing then
 */
export async function download(
  session: Session,
  calls: ServiceConnection,
  parameters: ExportParameters,
  target: ExportTarget,
): Promise<Result> {
  const subject = `export image '${parameters.name}'`;
  const carrier = await calls.another();
  try {
    const { reply, stream } = await carrier.transfer.exportUpgrade(parameters);
    stream.on('error', () => {});
    using _ = { [Symbol.dispose]: () => stream.destroy() };
    await using writer = writerTo(target);
    const receiving = receiveBytes(stream, (chunk) => writer.write(chunk)).then(async (moved) => {
      await writer.finish();
      return moved;
    });
    const replies = watchDownload(calls, reply.id ?? 0, receiving);
    const result = await follow(session, { subject, detachable: false, replies, connection: calls });
    compare(result, await received(receiving), calls);
    return result;
  } finally {
    carrier.close();
  }
}

/** What happens to the transfer, as long as we can take its bytes. */
async function* watchDownload(
  calls: ServiceConnection,
  id: number | bigint,
  receiving: Promise<Moved>,
): AsyncGenerator<TransferReply> {
  yield { id };
  const failed = new Promise<never>((_, reject) => {
    receiving.catch((error) => error instanceof UserError && reject(error));
  });
  failed.catch(() => {});
  const replies = calls.transfer.watchMore({ id })[Symbol.asyncIterator]();
  for (;;) {
    const next = replies.next();
    next.catch(() => {});
    const { done, value } = await Promise.race([next, failed]);
    if (done === true) return;
    yield value;
  }
}

/** The service has said that all went well: then what broke is on the way here. */
async function received(receiving: Promise<Moved>): Promise<Moved | undefined> {
  try {
    return await receiving;
  } catch (error) {
    if (error instanceof StreamBroken) return undefined;
    throw error;
  }
}

function compare(result: Result, moved: Moved | undefined, { route }: ServiceConnection): void {
  const bytes = Number(result.bytes);
  if (moved !== undefined && moved.bytes === bytes && moved.sha256 === result.sha256) return;
  const found =
    moved === undefined
      ? 'the connection broke before all of them had come'
      : `${moved.bytes} bytes with SHA-256 ${moved.sha256} have come`;
  throw new UserError(
    `The image did not arrive whole from ${route.elsewhere}: ${bytes} bytes (${formatBytes(bytes)}) with SHA-256 ${result.sha256} were sent, but ${found}.`,
    {
      error: 'Corrupt',
      facts: { expected: result.sha256, found: moved?.sha256, bytesExpected: bytes, bytesFound: moved?.bytes },
    },
  );
}
