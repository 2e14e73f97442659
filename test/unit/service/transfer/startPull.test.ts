import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPull } from '../../../../service/api/pullRequest.js';
import { Identifiers } from '../../../../service/transfer/identifiers.js';
import { TransferManager } from '../../../../service/transfer/manager.js';
import { Pulls } from '../../../../service/transfer/startPull.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { fakeHost } from './fakeWorkers.js';

test('16 pulls are looked at, and the 17th is told so', async (t) => {
  const directory = temporaryDirectory(t);
  const host = fakeHost(directory.path, { stream: 'hear(); await pause(1e9);' });
  const manager = new TransferManager(new Identifiers(directory.file('last')), () => {}, assert.fail);
  const pulls = new Pulls(host, manager);
  const wish = { url: 'http://127.0.0.1/x.raw', format: 'raw', class: 'machine', verify: 'no' } as const;
  const peer = { pid: process.pid, uid: 0 };
  const request = { ...checkPull(host, peer, wish), imageRoot: directory.path };
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
