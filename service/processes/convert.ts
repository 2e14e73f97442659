import { readImageSettings } from '../../common/environment.js';
import { convertQcow2 } from '../formats/qcow2/convert.js';
import { failOn } from '../images/install/file-system-failure.js';
import { Writeback } from '../images/install/writeback.js';
import { runConfined } from './confined.js';
import { firstFileDescriptor, log } from './ipc/channel.js';

/*
 * Entry point of the process that converts qcow2 to raw: it parses what a stranger wrote, so it has no rights but two
 * descriptors, the source at 5 and the target at 6. What it says goes to the placement process.
 */

void runConfined('convert', process.env, () => {
  const sizeMax = Number(process.argv[2]);
  const target = firstFileDescriptor + 1;
  const writeback = readImageSettings(process.env).synchronize ? Writeback.ofFile(target) : undefined;
  failOn('The disk image', () =>
    convertQcow2(firstFileDescriptor, target, {
      sizeMax,
      onProgress: (bytes) => writeback?.reached(bytes),
      onWarning: (message: string) => log('warning', message),
    }),
  );
});
