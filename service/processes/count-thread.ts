import { workerData } from 'node:worker_threads';
import { SystemError } from '../../linux/errno.js';
import type { HelpRequest, Told } from '../images/details/count-helper.js';
import { CountShare } from '../images/details/count-share.js';
import { TreeCount } from '../images/details/count-tree.js';

/** A thread of the manage process that counts a part of a large tree. It ends with the process. */

/** One count, from the first parcel to the last; what is left after a failure is passed over. */
function help(share: CountShare): Told {
  const count = new TreeCount(() => undefined, share);
  let failure: Told | undefined;
  for (let parcel = share.take(); parcel !== undefined; parcel = share.next()) {
    try {
      if (failure === undefined) count.addParcel(parcel);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      failure = { syscall: error.syscall, errno: error.errno };
    }
  }
  return failure ?? { count: count.found };
}

const { memory, port }: HelpRequest = workerData;
const share = new CountShare(memory, 1);
share.join();
for (;;) {
  port.postMessage(help(share));
  share.hasTold();
}
