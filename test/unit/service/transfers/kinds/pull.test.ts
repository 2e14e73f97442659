import assert from 'node:assert/strict';
import { closeSync, fchmodSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pristineName } from '../../../../../service/images/layout/pristine-names.js';
import { writeRecord } from '../../../../../service/images/pristine/record.js';
import { readOrder } from '../../../../../service/processes/ipc/orders.js';
import { describeDownload } from '../../../../../service/transfers/kinds/pull.js';
import { checkCounts } from '../../../../../service/transfers/supervisor/run-transfer.js';
import { needs } from '../../../../support/needs.js';
import { processesDisagree } from '../../../../support/texts/transfers.js';
import { isFailure } from '../samples.js';
import {
  fetched,
  honestFetch,
  placedMessage,
  preparePull,
  received,
  record,
  waitsForCommit,
} from './pull-processes.js';

const placed = `tell(${placedMessage});`;
const honestPlacement = `const order = hear(); ${received(10)} ${waitsForCommit} ${placed}`;

test('placement installs what fetch has vouched for, once both have counted the same', async (t) => {
  const { run, commit, imageRoot } = preparePull(t, { fetch: honestFetch, placement: honestPlacement });
  assert.deepEqual(await run(), {
    path: `${imageRoot}/x.raw`,
    pristinePath: `${imageRoot}/.p`,
    bytes: 99,
    sha256: 'ab'.repeat(32),
    verifiedBy: 'checksum',
    signedBy: undefined,
    signerName: undefined,
    fromCache: false,
    lossCount: 2,
    losses: [],
  });
  assert.equal(commit().outcome.sentBytes, 10);
});

test('what one process sent has to be what the other received', () => {
  checkCounts('fetch', 10, 'placement', 10);
  assert.throws(() => checkCounts('fetch', 10, 'placement', 9), {
    kind: 'WorkerFailed',
    message: processesDisagree('fetch', 10, 'placement', 9),
  });
});

test('what is there already is refused before anything starts', async (t) => {
  const { run, imageRoot } = preparePull(t, {});
  writeFileSync(`${imageRoot}/x.raw`, '');
  await assert.rejects(run(), isFailure('ImageExists', /x/));
});

test('secrets go to the fetch process, in its order and nowhere else', async (t) => {
  const dump = (name: string) => `const order = hear();
    const said = { order, environment: process.env, command: process.argv };
    writeFileSync(process.env.TMPDIR + '/${name}', JSON.stringify(said));`;
  const prepared = preparePull(t, {
    fetch: `${dump('fetch')} ${fetched()}`,
    placement: `${dump('placement')} ${received(10)} hear(); ${placed}`,
  });
  const { run, directory } = prepared;
  prepared.host.environment['TMPDIR'] = directory.path;
  await run();
  const said = (name: string) => JSON.parse(readFileSync(directory.file(name), 'utf8'));
  const { order, environment, command } = said('fetch');
  assert.equal(order.download.url, 'http://joe:secret@example.org/x.raw');
  assert.equal(order.download.netrc, 'machine example.org login joe password secret');
  assert.deepEqual(order.download.environment, { http_proxy: 'http://proxy:secret@127.0.0.1:1' });
  assert.deepEqual(environment, { LANG: 'C.UTF-8', TMPDIR: directory.path, FERRY_PARENT_PID: String(process.pid) });
  assert.doesNotMatch(JSON.stringify({ environment, command, all: said('placement') }), /secret/);
});

test('the image directory is noted before the processes start, for the service that comes after a crash', async (t) => {
  const { run, directory, imageRoot } = preparePull(t, { fetch: honestFetch, placement: honestPlacement });
  await run();
  const [note = ''] = readdirSync(directory.file('run', 'roots'));
  assert.equal(readFileSync(directory.file('run', 'roots', note), 'utf8'), imageRoot);
});

test('of what is recorded of a copy the fetch process is told what it knows, whatever a newer version has added', async (t) => {
  if (!needs(t, { root: true })) return;
  const { host, request, imageRoot } = preparePull(t, {});
  const path = join(imageRoot, pristineName({ format: 'raw', url: request.remote, etag: '"v"' }, imageRoot));
  const copy = openSync(path, 'w');
  const verified = { ...record, sha512: undefined, verification: 'checksum' as const, signedBy: undefined };
  const later = { more: 'than there is to know' };
  assert.ok(writeRecord(copy, { ...verified, ...later, url: request.remote, etag: '"v"', time: 1 }));
  fchmodSync(copy, 0o444);
  closeSync(copy);
  const download = await describeDownload(host, request, undefined);
  assert.deepEqual(download.cached, [{ path, etag: '"v"', record: verified }]);
  readOrder('fetch', { type: 'fetchPull', download });
});
