import { runWorker, tell, waitForDaemon } from './channel.js';
import type { StreamOrder } from './messages.js';
import { streamPull } from './streamPull.js';

/** Entry point of the stream process: network, hash, verification and decoding, without any rights (DESIGN: processes). */
await runWorker(async () => {
  const order = waitForDaemon();
  if (order === null) return;
  // The daemon wrote this order, in this version of the program.
  tell({ type: 'streamed', outcome: await streamPull(order as StreamOrder) });
});
