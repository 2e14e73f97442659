import { failOn } from '../../images/install/file-system-failure.js';
import { imageHost } from '../../images/layout/host.js';
import { runConfined } from '../confined.js';
import { dataDescriptor, decodeDescriptor, waitForDaemon } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { PlacementOrder } from '../ipc/messages.js';
import { placeExport } from './place-export.js';
import { placeImport } from './place-import.js';
import { placePull } from './place-pull.js';

function place(order: PlacementOrder): void {
  const host = imageHost(order.scope, process.env);
  if (order.kind === 'pull')
    placePull(order, host, new FrameReader(dataDescriptor, 'fetch'), new FrameReader(decodeDescriptor, 'decode'));
  else if (order.kind === 'import') placeImport(order, host, new FrameReader(dataDescriptor, 'decode'));
  else placeExport(order, host);
}

/** Entry point of the placement process: reads and writes trees and disks, without a network. */
void runConfined('placement', process.env, () => {
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as PlacementOrder;
  // What fails and says no better where it did has failed in the image directory.
  failOn(order.kind === 'export' ? order.path : order.imageRoot, () => place(order));
});
