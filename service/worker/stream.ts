import { isSpare, runWorker, tell, waitForDaemon } from './channel.js';
import type { StreamOrder } from './messages.js';

/** Entry point of the stream process: network, hash, verification and codecs, without any rights (DESIGN: processes). */
void runWorker(async () => {
  if (isSpare()) await Promise.all([import('./streamPull.js'), import('./streamImport.js')]);
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as StreamOrder;
  // Each kind needs another part of the program: what is not needed is not loaded.
  if (order.kind === 'pull') {
    const { streamPull } = await import('./streamPull.js');
    tell({ type: 'streamed', outcome: await streamPull(order) });
  } else if (order.kind === 'plan') {
    const { planDownload } = await import('./planDownload.js');
    tell({ type: 'planned', outcome: await planDownload(order.pull) });
  } else if (order.kind === 'import') {
    const { streamImport } = await import('./streamImport.js');
    tell({ type: 'moved', outcome: streamImport(order) });
  } else {
    const { streamExport } = await import('./streamExport.js');
    tell({ type: 'moved', outcome: streamExport(order) });
  }
});
