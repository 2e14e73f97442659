import { ImageRoot } from '../store/root.js';
import { cleanStale } from '../store/temporary.js';
import { runWorker, tell, waitForDaemon } from './channel.js';

/** Entry point of the cleanup process: removes what ended transfers left in one image directory. */
void runWorker(() => {
  const order = waitForDaemon();
  if (order === null) return;
  // The daemon wrote this order, in this version of the program.
  const { root } = order as { root: string };
  using imageRoot = ImageRoot.open(root);
  tell({ type: 'cleaned', removed: cleanStale(imageRoot) });
});
