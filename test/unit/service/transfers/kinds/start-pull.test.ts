import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { checkPull } from '../../../../../service/api/pull-request.js';
import { Identifiers } from '../../../../../service/transfers/identifiers.js';
import { manageImages } from '../../../../../service/transfers/kinds/manage.js';
import { Pulls } from '../../../../../service/transfers/kinds/start-pull.js';
import { Looks } from '../../../../../service/transfers/looks.js';
import { TransferManager } from '../../../../../service/transfers/manager.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { canBeAskedAgain, processOfTransfer } from '../../../../support/texts/transfers.js';
import { fakeHost } from '../fake-workers.js';

/** Pulls of a host whose fetch process does what a script says, and one to be looked at. */
function prepare(t: TestContext, fetch: string) {
  const directory = temporaryDirectory(t);
  const host = fakeHost(directory.path, { fetch });
  const manager = new TransferManager(new Identifiers(directory.file('last')), () => {}, assert.fail);
  const wish = { url: 'http://127.0.0.1/x.raw', format: 'raw', class: 'machine', verify: 'no' } as const;
  const checked = checkPull(host, { pid: process.pid, uid: 0 }, wish);
  const request = { ...checked, image: { ...checked.image, imageRoot: directory.path } };
  return { pulls: new Pulls(host, manager, new Looks()), request };
}

test('a process that is to ask the server and ends is told of, and that nothing is lost', async (t) => {
  const { pulls, request } = prepare(t, 'hear(); process.exit(3);');
  await assert.rejects(pulls.plan(request, 0, new AbortController().signal), {
    kind: 'WorkerFailed',
    message: `${processOfTransfer('fetch')} ended unexpectedly, with exit status 3; ${canBeAskedAgain}`,
  });
});

test('so is one that manages images', async (t) => {
  const host = fakeHost(temporaryDirectory(t).path, { manage: 'hear(); process.exit(3);' });
  await assert.rejects(
    manageImages(host, { type: 'remove', image: { scope: 'system', class: 'machine', name: 'x', root: undefined } }, 0),
    {
      kind: 'WorkerFailed',
      message: `${processOfTransfer('manage')} ended unexpectedly, with exit status 3; look at the images, and try again`,
    },
  );
});

test('16 pulls are looked at, and the 17th is told so', async (t) => {
  const { pulls, request } = prepare(t, 'hear(); await pause(1e9);');
  const abort = new AbortController();
  const plans = Array.from({ length: 16 }, () => pulls.plan(request, 0, abort.signal).catch(() => 'ended'));
  await assert.rejects(pulls.plan(request, 0, abort.signal), {
    kind: 'TooManyTransfers',
    message: '16 pulls are being looked at already, as many as are at once; try again in a moment',
    facts: { limit: 16 },
  });
  abort.abort();
  assert.deepEqual(new Set(await Promise.all(plans)), new Set(['ended']));
});
