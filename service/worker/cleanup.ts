import { failOn } from '../store/fileSystemFailure.js';
import { removeStaleLocks } from '../store/locks.js';
import { expiredPartials } from '../store/partial.js';
import { ImageRoot } from '../store/root.js';
import { cleanStale, removeUnlocked } from '../store/temporary.js';
import { runWorker, tell, tellLeftovers, waitForDaemon } from './channel.js';
import type { CleanupOrder } from './messages.js';

/** Entry point of the cleanup process: removes what ended transfers left in one image directory. */
void runWorker(() => {
  const order = waitForDaemon();
  if (order === null) return;
  // The daemon wrote this order, in this version of the program.
  const { root, partial } = order as CleanupOrder;
  using imageRoot = ImageRoot.open(root);
  const partials = [...expiredPartials(imageRoot), ...(partial === null ? [] : [partial])];
  const removed = partials.map((name) => failOn(imageRoot.pathOf(name), () => removeUnlocked(imageRoot, name)));
  removeStaleLocks(imageRoot);
  tellLeftovers(removed.filter((one) => one !== null).map((one) => ({ ...one, reason: 'partial' })));
  tellLeftovers(cleanStale(imageRoot).map((one) => ({ ...one, reason: 'temporary' })));
  tell({ type: 'cleaned' });
});
