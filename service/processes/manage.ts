import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CountHelper } from '../images/details/count-helper.js';
import { countTree } from '../images/details/count-tree.js';
import { lookAtImage } from '../images/details/look-at.js';
import type { OnCount } from '../images/details/tree-usage.js';
import { examineImage } from '../images/examine/examine.js';
import { type ImageHost, imageHost } from '../images/layout/host.js';
import { cleanImages } from '../images/manage/clean.js';
import { cloneImage, type ManageOptions, removeImage, renameImage, setImageReadOnly } from '../images/manage/manage.js';
import { countUsage } from '../images/manage/usage.js';
import { UsedDownloads } from '../images/prune/unused.js';
import { runConfined } from './confined.js';
import { isSpare, log, tell, tellLeftovers } from './ipc/channel.js';
import type { FirstOrder } from './ipc/messages.js';
import { waitForOrder } from './ipc/orders.js';
import { ProgressReport } from './ipc/progress.js';
import { tryAll } from './ipc/try-all.js';

/** Entry point of the process that manages images: it can take long, and it needs the rights of the image directories. */

function keyOf(base64: string | undefined): Buffer | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

function usedDownloads({ roots, provenanceKey }: Extract<FirstOrder<'manage'>, { type: 'clean' }>, host: ImageHost) {
  const looking = UsedDownloads.find(host, roots, keyOf(provenanceKey));
  for (;;) {
    const { done, value } = looking.next();
    if (done === true) return value;
  }
}

/** What cannot be removed is told after all else has been tried, in whichever directory it is. */
function clean(order: Extract<FirstOrder<'manage'>, { type: 'clean' }>, host: ImageHost): void {
  const { roots, dryRun, olderThan, keep, pulled } = order;
  const rules = { olderThan, keep, pulled, used: order.unused ? usedDownloads(order, host) : undefined };
  tryAll((onFailure) => {
    for (const root of roots) {
      try {
        tellLeftovers(cleanImages(root, host, { dryRun, onFailure, rules }));
      } catch (error) {
        onFailure(error);
      }
    }
  });
  tell({ type: 'managed' });
}

/** The files are as large as disks. */
function examine({ image, provenanceKey }: Extract<FirstOrder<'manage'>, { type: 'examine' }>): void {
  const { name, class: imageClass, root, scope } = image;
  const host = imageHost(scope, process.env);
  let total = 0;
  const report = new ProgressReport(() => total);
  const onProgress = (bytesDone: number, bytesTotal: number): void => {
    total = bytesTotal;
    report.advance(bytesDone);
  };
  const key = keyOf(provenanceKey);
  const { checks, download } = examineImage(name, { imageClass, host, root, key, onProgress });
  tell({ type: 'examined', checks: [...checks], download });
}

const programs = dirname(process.argv[1] ?? '.');
const helper = new CountHelper(join(programs, 'countThread.js'));

/** A spare process has the time to start its second thread, and to count something, for the engine to compile that. */
function warmUp(): void {
  helper.start();
  const root = openSync(programs, 'r');
  try {
    countTree(root, () => undefined, helper);
  } finally {
    closeSync(root);
  }
}

/** How often a count is told of, in milliseconds. */
const countIntervalMs = 200;

function tellCounts(): OnCount {
  let toldAt = performance.now();
  return ({ files, allocated }) => {
    if (performance.now() - toldAt < countIntervalMs) return;
    toldAt = performance.now();
    tell({ type: 'counting', files, bytesOnDisk: Math.min(allocated, Number.MAX_SAFE_INTEGER) });
  };
}

function show(
  { images, recount, provenanceKey: base64 }: Extract<FirstOrder<'manage'>, { type: 'show' }>,
  host: ImageHost,
): void {
  const provenanceKey = keyOf(base64);
  for (const image of images) {
    const options = { host, recount, provenanceKey, now: Date.now() * 1000, onCount: tellCounts(), helper };
    tell({ type: 'shown', findings: lookAtImage(image, options) });
  }
  tell({ type: 'managed' });
}

function manage(order: FirstOrder<'manage'>): void {
  if (order.type === 'examine') {
    examine(order);
    return;
  }
  if (order.type === 'show') {
    show(order, imageHost(order.scope, process.env));
    return;
  }
  if (order.type === 'usage') {
    tell({
      type: 'counted',
      kinds: countUsage(order.directories, imageHost(order.scope, process.env), tellCounts(), helper),
    });
    return;
  }
  if (order.type === 'clean') {
    clean(order, imageHost(order.scope, process.env));
    return;
  }
  const { name, class: imageClass, root, scope } = order.image;
  const options: ManageOptions = {
    imageClass,
    host: imageHost(scope, process.env),
    ...(root === undefined ? {} : { root }),
    warn: (message) => log('warning', message),
  };
  if (order.type === 'remove') removeImage(name, options);
  else if (order.type === 'rename') renameImage(name, order.newName, options);
  else if (order.type === 'clone')
    cloneImage(name, order.newName, order.readOnly, { ...options, provenance: order.provenance });
  else setImageReadOnly(name, order.readOnly, options);
  tell({ type: 'managed' });
}

void runConfined('manage', process.env, () => {
  if (isSpare()) warmUp();
  const order = waitForOrder('manage');
  if (order !== undefined) manage(order);
});
