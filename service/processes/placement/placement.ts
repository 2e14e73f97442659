import { failOn } from '../../images/install/file-system-failure.js';
import { runConfined } from '../confined.js';
import { dataDescriptor, decodeDescriptor, waitForDaemon } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { PlacementOrder } from '../ipc/messages.js';
import { placeExport } from './place-export.js';
import { placeImport } from './place-import.js';
import { placePull } from './place-pull.js';

function place(order: PlacementOrder): void {
  if (order.kind === 'pull')
    placePull(order, new FrameReader(dataDescriptor, 'fetch'), new FrameReader(decodeDescriptor, 'decode'));
  else if (order.kind === 'import') placeImport(order, new FrameReader(dataDescriptor, 'decode'));
  else placeExport(order);
}

/** Entry point of the placement process: reads and writes trees and disks, without a network. */
void runConfined('placement', () => {
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as PlacementOrder;
  // What fails and says no better where it did has failed in the image directory.
  failOn(order.kind === 'export' ? order.path : order.imageRoot, () => place(order));
});
