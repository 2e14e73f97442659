import { createHash } from 'node:crypto';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import type { Scene } from './scene.js';

// Imports and exports whose bytes go over the connection of the call, which is upgraded for that.

/** How a sender ends: says the truth, says something else, or says nothing. */
export type Ending = 'truth' | 'lie' | 'silence';

/** Imports bytes over an upgraded connection; the error's name, or null when all went well. */
export async function importStream(
  scene: Scene,
  parameters: object,
  bytes: Buffer,
  ending: Ending,
): Promise<string | null> {
  using calls = await scene.connect();
  const sender = await scene.connect();
  const { reply, stream } = await new TransferClient(sender).importUpgrade({
    class: 'machine',
    imageRoot: scene.host.imageRoot,
    ...parameters,
  } as Parameters<TransferClient['importUpgrade']>[0]);
  const transfers = new TransferClient(calls);
  const id = reply.id ?? 0;
  stream.on('error', () => undefined);
  stream.end(bytes);
  stream.resume();
  if (ending !== 'silence') {
    const sha256 = createHash('sha256')
      .update(ending === 'truth' ? bytes : 'something else')
      .digest('hex');
    await transfers.finish({ id, bytes: bytes.length, sha256 });
  }
  try {
    for await (const _ of transfers.watchMore({ id }));
    return null;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  } finally {
    stream.destroy();
  }
}

/** Exports over an upgraded connection: what came, and what the service says that it sent. */
export async function exportStream(
  scene: Scene,
  parameters: object,
): Promise<{ bytes: Buffer; said: { bytes: number; sha256: string } }> {
  using calls = await scene.connect();
  const receiver = await scene.connect();
  const { reply, stream } = await new TransferClient(receiver).exportUpgrade({
    class: 'machine',
    imageRoot: scene.host.imageRoot,
    ...parameters,
  } as Parameters<TransferClient['exportUpgrade']>[0]);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  let result = null;
  for await (const watched of new TransferClient(calls).watchMore({ id: reply.id ?? 0 }))
    result = watched.result ?? result;
  return { bytes, said: { bytes: Number(result?.bytes), sha256: result?.sha256 ?? '' } };
}
