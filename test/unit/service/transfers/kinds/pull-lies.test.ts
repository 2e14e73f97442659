import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { like } from '../../../../support/like.js';
import { nothingWasPlaced, processOfTransfer } from '../../../../support/texts/transfers.js';
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

test('placement gets no permission when fetch vouches for another image than the caller named by its digest', async (t) => {
  const asked = async (digest: string) => {
    const { run, request, commit } = preparePull(t, {
      fetch: honestFetch,
      placement: `const order = hear(); ${received(10)} ${waitsForCommit} tell(${placedMessage});`,
    });
    Object.assign(request.download, { digest });
    await run();
    return commit().outcome.record.sha256;
  };
  assert.equal(await asked(`sha256:${record.sha256}`), record.sha256);
  const message = 'The fetch process of the transfer vouches for an image that has not the given digest';
  await assert.rejects(asked(`sha256:${'cd'.repeat(32)}`), { kind: 'WorkerFailed', message });
});

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
