import { type ImageHost, imageHost } from '../images/layout/host.js';
import { cleanImages } from '../images/manage/clean.js';
import { cloneImage, type ManageOptions, removeImage, renameImage, setImageReadOnly } from '../images/manage/manage.js';
import { runConfined } from './confined.js';
import { log, tell, tellLeftovers, waitForDaemon } from './ipc/channel.js';
import type { ManageOrder } from './ipc/messages.js';
import { tryAll } from './ipc/try-all.js';

/** Entry point of the process that manages images: it can take long, and it needs the rights of the image directories. */

/** What cannot be removed is told after all else has been tried, in whichever directory it is. */
function clean({ roots, dryRun }: Extract<ManageOrder, { verb: 'clean' }>, host: ImageHost): void {
  tryAll((onFailure) => {
    for (const root of roots) {
      try {
        tellLeftovers(cleanImages(root, host, { dryRun, onFailure }));
      } catch (error) {
        onFailure(error);
      }
    }
  });
  tell({ type: 'managed' });
}

function manage(order: ManageOrder, host: ImageHost): void {
  if (order.verb === 'clean') {
    clean(order, host);
    return;
  }
  const options: ManageOptions = {
    imageClass: order.class,
    host,
    ...(order.root === null ? {} : { root: order.root }),
    warn: (message) => log(4, message),
  };
  if (order.verb === 'remove') removeImage(order.name, options);
  else if (order.verb === 'rename') renameImage(order.name, order.newName, options);
  else if (order.verb === 'clone') cloneImage(order.name, order.newName, order.readOnly, options);
  else setImageReadOnly(order.name, order.readOnly, options);
  tell({ type: 'managed' });
}

void runConfined('manage', process.env, () => {
  const message = waitForDaemon();
  if (message === null) return;
  // The daemon wrote this order, in this version of the program.
  const order = message as ManageOrder;
  manage(order, imageHost(order.scope, process.env));
});
