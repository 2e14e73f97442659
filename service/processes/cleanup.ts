import { removeStaleLocks } from '../images/install/locks.js';
import { cleanStale, forEachLeftover, removeUnlocked } from '../images/install/temporary.js';
import { ImageRoot } from '../images/layout/root.js';
import { expiredPartials } from '../images/pristine/partial.js';
import { runConfined } from './confined.js';
import { tell, tellLeftovers } from './ipc/channel.js';
import { waitForOrder } from './ipc/orders.js';
import { tryAll } from './ipc/try-all.js';

/** Entry point of the cleanup process: removes what ended transfers left in one image directory. */
void runConfined('cleanup', process.env, () => {
  const order = waitForOrder('cleanup');
  if (order === undefined) return;
  const { root, partial } = order;
  using imageRoot = ImageRoot.open(root);
  const partials = [...expiredPartials(imageRoot), ...(partial === undefined ? [] : [partial])];
  tryAll((onFailure) => {
    const removed = forEachLeftover(imageRoot, partials, (name) => removeUnlocked(imageRoot, name), onFailure);
    tellLeftovers(removed.map((one) => ({ ...one, reason: 'partial' })));
    tellLeftovers(cleanStale(imageRoot, { onFailure }).map((one) => ({ ...one, reason: 'temporary' })));
    removeStaleLocks(imageRoot);
    tell({ type: 'cleaned' });
  });
});
