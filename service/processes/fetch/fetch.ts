import { runConfined } from '../confined.js';
import { isSpare, tell, waitForDaemon } from '../ipc/channel.js';
import type { FetchOrder } from '../ipc/messages.js';

/** Entry point of the fetch process: network, hash and verification, without any rights. It decodes no byte of an image. */
void runConfined('fetch', process.env, async () => {
  if (isSpare()) await prepare();
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as FetchOrder;
  // Each kind needs another part of the program: what is not needed is not loaded.
  if (order.kind === 'pull') {
    const { fetchPull } = await import('./fetch-pull.js');
    tell({ type: 'fetched', outcome: await fetchPull(order) });
  } else {
    const { planDownload } = await import('./plan-download.js');
    tell({ type: 'planned', outcome: await planDownload(order.pull) });
  }
});

/** What a download needs in any case, done while nobody waits for it. */
async function prepare(): Promise<void> {
  const [{ nodeInternals }] = await Promise.all([
    import('../../http/connection/internals.js'),
    import('./fetch-pull.js'),
  ]);
  await nodeInternals();
}
