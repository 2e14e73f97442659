import { failOn } from '../../images/install/file-system-failure.js';
import { imageHost } from '../../images/layout/host.js';
import { runConfined } from '../confined.js';
import { dataDescriptor, decodeDescriptor } from '../ipc/channel.js';
import { FrameReader } from '../ipc/frames.js';
import type { FirstOrder } from '../ipc/messages.js';
import { waitForOrder } from '../ipc/orders.js';
import { placeExport } from './place-export.js';
import { placeImport } from './place-import.js';
import { placeLayer } from './place-layer.js';
import { placeOci } from './place-oci.js';
import { placePull } from './place-pull.js';

function place(order: FirstOrder<'placement'>): void {
  const host = imageHost('image' in order ? order.image.scope : order.scope, process.env);
  if (order.type === 'placePull')
    placePull(order, host, new FrameReader(dataDescriptor, 'fetch'), new FrameReader(decodeDescriptor, 'decode'));
  else if (order.type === 'placeLayer')
    placeLayer(order, host, new FrameReader(dataDescriptor, 'fetch'), new FrameReader(decodeDescriptor, 'decode'));
  else if (order.type === 'placeOci') placeOci(order, host);
  else if (order.type === 'placeImport') placeImport(order, host, new FrameReader(dataDescriptor, 'decode'));
  else placeExport(order, host);
}

/** The image directory, or the image that is exported. */
function directoryOf(order: FirstOrder<'placement'>): string {
  if (order.type === 'placeExport') return order.path;
  return order.type === 'placeLayer' ? order.imageRoot : order.image.imageRoot;
}

/** Entry point of the placement process: reads and writes trees and disks, without a network. */
void runConfined('placement', process.env, () => {
  const order = waitForOrder('placement');
  if (order === undefined) return;
  // What fails and says no better where it did has failed in the image directory.
  failOn(directoryOf(order), () => place(order));
});
