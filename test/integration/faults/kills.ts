import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilesystemType, filesystemNeeds } from '../../support/images/filesystems.js';
import { needs } from '../../support/needs.js';
import { needsService } from '../../support/service/stage.js';
import { tally } from '../../support/tally.js';
import { completeButUnfinished, nothingWasPlaced, processOfTransfer } from '../../support/texts/transfers.js';
import type { SeenCall } from './injection.js';
import { assertNextStartCleans, changing, Sweep, setScene, spread, type Work } from './works.js';

const killed = `${processOfTransfer('placement')} ended unexpectedly, by SIGKILL; `;
const messages = {
  old: `${killed}${nothingWasPlaced}`,
  new: `${killed}${completeButUnfinished('x')}`,
};

/** One test for each work on each file system. */
export function testKills(works: readonly Work[]): void {
  for (const filesystem of ['ext4', 'btrfs'] as const) for (const work of works) testKill(filesystem, work);
}

function testKill(filesystem: FilesystemType, work: Work): void {
  test(`${work.what} on ${filesystem}: killed before any call, there is the old image or the new one`, async (t) => {
    if (!needsService(t, 'strace', 'setfattr', 'tar') || !needs(t, filesystemNeeds(filesystem))) return;
    const scene = await setScene(t, filesystem);
    const sweep = await Sweep.begin(scene, work);
    const calls = sweep.calls.filter(({ line }) => changing.test(line));
    const images = new Set<string>();
    let met = 0;
    const killAt = async (call: SeenCall) => {
      const outcome = await sweep.meet(call, 'signal=SIGKILL');
      // How often a call is made depends on how the bytes came.
      if (outcome.met === '') return;
      met += 1;
      const says = JSON.stringify(outcome, null, 1);
      assert.notEqual(outcome.image, 'neither', says);
      assert.equal(outcome.left, 0, says);
      // Once it has said that all is done it may end as it likes.
      if (outcome.message === null) assert.equal(outcome.image, 'new', says);
      else assert.equal(outcome.message, messages[outcome.image === 'new' ? 'new' : 'old'], says);
      if (outcome.message !== null) images.add(outcome.image);
      assert.doesNotMatch(outcome.log, /\bat .*\.js:\d+/);
    };
    for (const call of spread(calls, 8)) await killAt(call);
    // Few calls follow the rename: one of them is met, too.
    for (const call of calls.slice(-12).reverse()) if (!images.has('new')) await killAt(call);
    assert.deepEqual([...images].sort(), ['new', 'old']);
    assert.ok(met >= 6, `${met} kills`);
    await assertNextStartCleans(t, scene);
    tally(`kill points of ${work.verb}`, met);
  });
}
