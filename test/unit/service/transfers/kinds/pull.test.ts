import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../../../../common/failure.js';
import { pristineName } from '../../../../../service/images/layout/pristine-names.js';
import { writeRecord } from '../../../../../service/images/pristine/record.js';
import { readOrder } from '../../../../../service/processes/ipc/orders.js';
import type { WorkerName } from '../../../../../service/sandbox/sandbox.js';
import { describeDownload, runPull } from '../../../../../service/transfers/kinds/pull.js';
import type { PullRequest } from '../../../../../service/transfers/kinds/pull-request.js';
import { checkCounts } from '../../../../../service/transfers/supervisor/run-transfer.js';
import { Transfer } from '../../../../../service/transfers/transfer.js';
import { like } from '../../../../support/like.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { tooManyLinks } from '../../../../support/texts/common.js';
import {
  completeButUnfinished,
  nothingWasPlaced,
  processesDisagree,
  processOfTransfer,
  wasCancelled,
} from '../../../../support/texts/transfers.js';
import { fakeHost } from '../fake-workers.js';
import { isFailure, someSubject } from '../samples.js';

const record = { sha256: 'ab'.repeat(32), sha512: null, bytes: 99, verification: 'checksum', signedBy: null };
const fetched = (changes: object = {}) => {
  const outcome = {
    cachedPath: null,
    etag: null,
    lastModified: null,
    sentBytes: 10,
    encodedBytes: 0,
    record,
    sidecars: [],
    ...changes,
  };
  return `tell(${JSON.stringify({ type: 'fetched', outcome })});`;
};
const received = (bytes: number, decodedBytes = 0) =>
  `tell({ type: 'received', bytes: ${bytes}, decodedBytes: ${decodedBytes} });`;
/** Writes down what the daemon says after the order. */
const waitsForCommit = `writeFileSync(order.image.imageRoot + '/commit', JSON.stringify(hear()));`;
const placedMessage = `{ type: 'placed', outcome: { path: order.image.imageRoot + '/x.raw', pristinePath: order.image.imageRoot + '/.p', lossCount: 2, losses: [] } }`;
const placed = `tell(${placedMessage});`;
const honestFetch = `hear(); ${fetched()}`;
const honestPlacement = `const order = hear(); ${received(10)} ${waitsForCommit} ${placed}`;

/** A pull whose workers do what scripts say. */
function preparePull(t: TestContext, scripts: Partial<Record<WorkerName, string>>) {
  const directory = temporaryDirectory(t);
  const imageRoot = directory.file('images');
  mkdirSync(imageRoot);
  const image = { format: 'raw', class: 'machine', name: 'x', imageRoot, sizeMax: 1e9 } as const;
  const request: PullRequest = {
    image: { ...image, force: false, readOnly: false, strict: false },
    download: {
      url: 'http://joe:secret@example.org/x.raw',
      verification: 'no',
      limitRate: undefined,
      resume: true,
      netrc: 'machine example.org login joe password secret',
    },
    remote: 'http://example.org/x.raw',
    keyrings: [],
    keepDownload: false,
  };
  const host = fakeHost(directory.file('run'), scripts);
  host.environment['http_proxy'] = 'http://proxy:secret@127.0.0.1:1';
  host.environment['LANG'] = 'C.UTF-8';
  const transfer = new Transfer({ ...someSubject, id: 1 });
  const abort = new AbortController();
  const run = () => runPull(host, request, { transfer, signal: abort.signal });
  const commit = () => JSON.parse(readFileSync(`${imageRoot}/commit`, 'utf8'));
  return { run, host, request, transfer, abort, imageRoot, directory, commit };
}

test('placement installs what fetch has vouched for, once both have counted the same', async (t) => {
  const { run, commit, imageRoot } = preparePull(t, { fetch: honestFetch, placement: honestPlacement });
  assert.deepEqual(await run(), {
    path: `${imageRoot}/x.raw`,
    pristinePath: `${imageRoot}/.p`,
    bytes: 99,
    sha256: 'ab'.repeat(32),
    verifiedBy: 'checksum',
    signedBy: undefined,
    fromCache: false,
    lossCount: 2,
    losses: [],
  });
  assert.equal(commit().outcome.sentBytes, 10);
});

const forEver = 'await pause(1e9);';
const corrupt = `tell({ type: 'failure', kind: 'VerificationFailed', message: 'wrong sum', facts: { file: 'x', expected: 'a', found: 'b' } });
  process.exit(1);`;
const lies: [what: string, fetch: string, placement: string, kind: string, message: RegExp][] = [
  [
    'sent more than arrived',
    honestFetch,
    `const order = hear(); ${received(9)} ${waitsForCommit}`,
    'WorkerFailed',
    /sent 10 bytes.*received 9; nothing was placed/,
  ],
  [
    'sent less than arrived',
    honestFetch,
    `const order = hear(); ${received(11)} ${waitsForCommit}`,
    'WorkerFailed',
    /sent 10 bytes.*received 11/,
  ],
  [
    'ends well without a word',
    'hear();',
    `const order = hear(); ${received(10)} ${waitsForCommit}`,
    'Error',
    /without a result/,
  ],
  [
    'ends well before placement has begun',
    '',
    `const order = hear(); await pause(200); ${received(10)} ${waitsForCommit}`,
    'Error',
    /without a result/,
  ],
  [
    'crashes after the last byte',
    `hear(); process.kill(process.pid, 'SIGABRT'); await pause(1e9);`,
    `const order = hear(); ${received(10)} ${waitsForCommit}`,
    'WorkerFailed',
    /fetch process .*by SIGABRT/,
  ],
  [
    'cannot verify',
    `hear(); ${corrupt}`,
    `const order = hear(); ${received(10)} ${waitsForCommit}`,
    'VerificationFailed',
    /wrong sum/,
  ],
  [
    'names a pristine image it was not offered',
    `hear(); ${fetched({ cachedPath: '/etc/shadow' })}`,
    `const order = hear(); ${received(10)} ${waitsForCommit}`,
    'WorkerFailed',
    /^Failure: The fetch process of the transfer names \/etc\/shadow, which is not a copy of this download$/,
  ],
];
for (const [what, fetch, placement, kind, message] of lies) {
  test(`placement gets no permission when fetch ${what}`, async (t) => {
    const { run, imageRoot } = preparePull(t, { fetch, placement });
    await assert.rejects(run(), (error) => {
      assert.equal(error instanceof Error && 'kind' in error ? error.kind : 'Error', kind);
      assert.match(String(error), message);
      return true;
    });
    const commit = existsSync(`${imageRoot}/commit`) ? readFileSync(`${imageRoot}/commit`, 'utf8') : 'null';
    assert.equal(commit, 'null');
  });
}

for (const path of ['/etc/shadow', '../x', 'images/../../../etc/x', '']) {
  test(`placement cannot have placed an image at '${path}'`, async (t) => {
    const at = path.startsWith('/') ? `'${path}'` : `order.image.imageRoot + '/${path}'`;
    const outcome = `{ path: order.image.imageRoot + '/x', pristinePath: ${at}, lossCount: 0, losses: [] }`;
    const placement = `const order = hear(); ${received(10)} ${waitsForCommit} tell({ type: 'placed', outcome: ${outcome} });`;
    const { run } = preparePull(t, { fetch: honestFetch, placement });
    const says = /^The placement process of the transfer names \/\S*, which is not in \/\S*images$/;
    await assert.rejects(run(), isFailure('WorkerFailed', says));
  });
}

test('placement that dies of the permission leaves no lie about an image', async (t) => {
  const { run } = preparePull(t, {
    fetch: honestFetch,
    placement: `hear(); ${received(10)} hear(); process.exit(9);`,
  });
  await assert.rejects(
    run(),
    isFailure(
      'WorkerFailed',
      like`^${processOfTransfer('placement')} ended unexpectedly, with exit status 9; ${nothingWasPlaced}$`,
    ),
  );
});

test('after a kill the cleanup process looks through the image directory', async (t) => {
  const begun = `tell({ type: 'log', priority: 6, message: 'begun' }); ${forEver}`;
  const cleanup = `const { root } = hear(); writeFileSync(root + '/cleaned', ''); tell({ type: 'cleaned' });`;
  const { run, abort, transfer, imageRoot } = preparePull(t, { fetch: forEver, placement: begun, cleanup });
  writeFileSync(`${imageRoot}/.#ferry-raw-0123456789abcdef`, '');
  const phases: string[] = [];
  transfer.subscribe(() => phases.push(transfer.progress.phase));
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', 'cancelled', {}));
  });
  await assert.rejects(run(), isFailure('Cancelled'));
  assert.deepEqual([...new Set(phases)], ['starting', 'cleaning']);
  assert.ok(readdirSync(imageRoot).includes('cleaned'));
});

test('a pull that is cancelled before its processes start starts none', async (t) => {
  const mark = `const order = hear(); writeFileSync(order.image.imageRoot + '/began', '');`;
  const { run, abort, imageRoot } = preparePull(t, { fetch: '', placement: mark });
  const running = run();
  abort.abort(new Failure('Cancelled', 'cancelled', {}));
  await assert.rejects(running, isFailure('Cancelled'));
  assert.deepEqual(readdirSync(imageRoot), []);
});

test('a pull that is cancelled once the image is in place says that it is there', async (t) => {
  const done = `JSON.stringify({ type: 'log', priority: 6, message: 'done' })`;
  const placement = `const order = hear(); ${received(10)} hear();
    tell(${done} + '\\n' + JSON.stringify(${placedMessage}) + '\\n'); ${forEver}`;
  const { run, abort, transfer, imageRoot } = preparePull(t, { fetch: honestFetch, placement });
  // Placement never ends by itself after that: only the cancellation ends it.
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', 'cancelled', {}));
  });
  assert.equal((await run()).path, `${imageRoot}/x.raw`);
});

test('a pull that is cancelled when the image has its name, and nobody could say so, says that it is there', async (t) => {
  const placement = `const order = hear(); ${received(10)} hear(); writeFileSync(order.image.imageRoot + '/x.raw', '');
    tell({ type: 'log', priority: 6, message: 'done' }); ${forEver}`;
  const { run, abort, transfer } = preparePull(t, { fetch: honestFetch, placement });
  transfer.subscribe((event) => {
    if (event.type === 'log') abort.abort(new Failure('Cancelled', wasCancelled, {}));
  });
  await assert.rejects(run(), {
    kind: 'Cancelled',
    message: `The transfer was ended too late: ${completeButUnfinished('x')}`,
  });
});

test('a pull that fails tells why, also where what it has left cannot be looked after: that is for the log', async (t) => {
  const failure = { type: 'failure', kind: 'Corrupt', message: 'bad bytes', facts: { what: 'x', offset: 7 } };
  const placement = `const { rmSync, symlinkSync } = await import('node:fs');
    const { imageRoot } = hear().image; rmSync(imageRoot, { recursive: true }); symlinkSync(imageRoot, imageRoot);
    tell(${JSON.stringify(failure)}); process.exit(1);`;
  const { run, host, imageRoot } = preparePull(t, { fetch: forEver, placement });
  const lines: [number, string][] = [];
  t.mock.method(host.log, 'write', (priority: number, message: string) => lines.push([priority, message]));
  await assert.rejects(run(), isFailure('Corrupt', /^bad bytes$/));
  const reason = `${imageRoot}: ${tooManyLinks} (stat: ELOOP)`;
  assert.deepEqual(lines, [
    [4, `Cannot look after what is left of a download: ${reason}; a later start of the service does`],
  ]);
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
