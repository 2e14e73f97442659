import { FrameReader } from '../stages/frames.js';
import { failOn } from '../store/fileSystemFailure.js';
import { dataDescriptor, decodeDescriptor, waitForDaemon } from './channel.js';
import { runConfined } from './confined.js';
import type { PlacementOrder } from './messages.js';
import { placeExport } from './placeExport.js';
import { placeImport } from './placeImport.js';
import { placePull } from './placePull.js';

function place(order: PlacementOrder): void {
  if (order.kind === 'pull')
    placePull(order, new FrameReader(dataDescriptor, 'fetch'), new FrameReader(decodeDescriptor, 'decode'));
  else if (order.kind === 'import') placeImport(order, new FrameReader(dataDescriptor, 'decode'));
  else placeExport(order);
}

/** Entry point of the placement process: reads and writes trees and disks, without a network (DESIGN: processes). */
void runConfined('placement', () => {
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as PlacementOrder;
  // What fails and says no better where it did has failed in the image directory.
  failOn(order.kind === 'export' ? order.path : order.imageRoot, () => place(order));
});
