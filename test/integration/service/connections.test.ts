import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { TransferClient } from '../../../interfaces/generated/io.ferry.Transfer.generated.js';
import { listing } from '../../support/files.js';
import { errorOf, Running } from '../../support/service/calls.js';
import { twoProcessors } from '../../support/service/ferry-host.js';
import { gate, heldBytes, needsService, type Stage, setStage, someBytes } from '../../support/service/stage.js';
import { waitWhile } from '../../support/wait.js';

/** Imports over the connection of the call. */
async function importOver({ connect, host }: Stage, name: string) {
  const client = new TransferClient(await connect());
  const wish = { format: 'raw' as const, class: 'machine' as const, name, imageRoot: host.imageRoot };
  const { reply, stream } = await client.importUpgrade(wish);
  return { id: Number(reply.id), stream };
}

test('an import whose sender is waited for can be cancelled at once', async (t) => {
  if (!needsService(t)) return;
  const stage = await setStage(t);
  const { id, stream } = await importOver(stage, 'x');
  stream.end(someBytes(100_000));
  // All has arrived, and the sender has not said that it is all: that is waited for ten seconds.
  await waitWhile(async () => !/moved|importing/.test((await stage.transfers.watch({ id })).progress?.phase ?? ''), 5);
  await waitWhile(async () => Number((await stage.transfers.watch({ id })).progress?.bytesDone) < 100_000, 5);
  await pause(300);
  const late = AbortSignal.timeout(9000);
  await stage.transfers.cancel({ id });
  assert.equal(late.aborted, false, 'the sender was waited for all the same');
  assert.equal((await errorOf(stage.transfers.watch({ id }))).name, 'io.ferry.Transfer.Cancelled');
  assert.deepEqual(listing(stage.host.imageRoot), []);
});

test('the connection of a transfer that is cancelled before its turn is closed', async (t) => {
  if (!needsService(t)) return;
  // On more than 31, as many transfers run as are accepted.
  const stage = await setStage(t, { environment: twoProcessors });
  const url = stage.server.serve('/x.raw', heldBytes, gate);
  const busy = 4;
  for (let index = 0; index < busy; index += 1)
    await Running.begin(await stage.connect(), stage.pull(`${url}?${index}`, `x${index}`));
  const { id, stream } = await importOver(stage, 'queued');
  const { progress } = await stage.transfers.watch({ id });
  assert.equal(progress?.phase, 'queued');
  await stage.transfers.cancel({ id });
  for await (const bytes of stream) assert.fail(`${bytes}`);
});

test('what a sender says of the bytes it sent has to be what arrived', async (t) => {
  if (!needsService(t)) return;
  const stage = await setStage(t);
  const { id, stream } = await importOver(stage, 'x');
  stream.end(someBytes(100_000));
  await stage.transfers.finish({ id, bytes: 100_001, sha256: '0'.repeat(64) });
  const watching = await Running.begin(await stage.connect(), { id }, 'io.ferry.Transfer.Watch');
  await watching.done;
  assert.equal(watching.error?.name, 'io.ferry.Transfer.Corrupt');
  assert.match(watching.error?.message ?? '', /sent 100001 bytes .* but 100000 bytes arrived .*; nothing was placed/);
  assert.deepEqual(listing(stage.host.imageRoot), []);
});
