import { codecHost } from '../../formats/compression/host.js';
import { runConfined } from '../confined.js';
import { isSpare, tell } from '../ipc/channel.js';
import { waitForOrder } from '../ipc/orders.js';

/**
 * Entry point of the decode process: compression libraries meet what strangers wrote, without network and without any rights. What
 * it says are counts of bytes and failures; it vouches for nothing.
 */
void runConfined('decode', process.env, async () => {
  if (isSpare()) await Promise.all([import('./decode-download.js'), import('./decode-import.js')]);
  const order = waitForOrder('decode');
  if (order === undefined) return;
  const host = codecHost(process.env['PATH']);
  // Each kind needs another part of the program: what is not needed is not loaded.
  if (order.type === 'decodePull') {
    const { decodeDownload } = await import('./decode-download.js');
    tell({ type: 'moved', outcome: decodeDownload(order, host) });
  } else if (order.type === 'decodeImport') {
    const { decodeImport } = await import('./decode-import.js');
    tell({ type: 'moved', outcome: decodeImport(order, host) });
  } else if (order.type === 'encodeOci') {
    const { encodeOci } = await import('./encode-oci.js');
    tell({ type: 'moved', outcome: encodeOci(order, host) });
  } else {
    const { encodeExport } = await import('./encode-export.js');
    tell({ type: 'moved', outcome: encodeExport(order, host) });
  }
});
