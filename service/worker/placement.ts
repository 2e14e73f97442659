import { FrameReader } from '../stages/frames.js';
import { dataDescriptor, runWorker, waitForDaemon } from './channel.js';
import type { PlacementOrder } from './messages.js';
import { placeExport } from './placeExport.js';
import { placeImport } from './placeImport.js';
import { placePull } from './placePull.js';

/** Entry point of the placement process: reads and writes trees and disks, without a network (DESIGN: processes). */
void runWorker(() => {
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as PlacementOrder;
  if (order.kind === 'pull') placePull(order, new FrameReader(dataDescriptor));
  else if (order.kind === 'import') placeImport(order, new FrameReader(dataDescriptor));
  else placeExport(order);
});
