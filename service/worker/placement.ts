import { FrameReader } from '../stages/frames.js';
import { dataDescriptor, runWorker, waitForDaemon } from './channel.js';
import type { PlacementOrder } from './messages.js';
import { placePull } from './placePull.js';

/** Entry point of the placement process: writes trees and disks and gives them their names, without a network (DESIGN: processes). */
await runWorker(() => {
  const order = waitForDaemon();
  if (order === null) return;
  // The daemon wrote this order, in this version of the program.
  placePull(order as PlacementOrder, new FrameReader(dataDescriptor));
});
