import { convertQcow2 } from '../stages/disk/qcow2/convert.js';
import { firstFileDescriptor, log, runWorker } from './channel.js';

/*
 * Entry point of the process that converts qcow2 to raw: it parses what a stranger wrote, so it has no rights but two
 * descriptors, the source at 5 and the target at 6. What it says goes to the placement process.
 */

void runWorker(() => {
  const sizeMax = Number(process.argv[2]);
  convertQcow2(firstFileDescriptor, firstFileDescriptor + 1, {
    sizeMax,
    onProgress: () => {},
    onWarning: (message: string) => log(4, message),
  });
});
