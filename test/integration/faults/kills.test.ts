import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesystemNeeds } from '../../support/filesystems.js';
import { needs } from '../../support/needs.js';
import { tally } from '../../support/tally.js';
import { needsService } from '../service/support.js';
import { assertNextStartCleans, changing, Sweep, setScene, spread, works } from './works.js';

const killed = 'The placement process of the transfer ended unexpectedly, by SIGKILL; ';
const messages = {
  old: `${killed}nothing was placed, the transfer can be repeated`,
  new: `${killed}the image 'x' is complete and has its name, but what follows may not be done`,
};

for (const filesystem of ['ext4', 'btrfs'] as const) {
  for (const work of Object.values(works)) {
    test(`${work.what} on ${filesystem}: killed before any call, there is the old image or the new one`, async (t) => {
      if (!needsService(t, 'strace', 'setfattr', 'tar') || !needs(t, filesystemNeeds(filesystem))) return;
      const scene = await setScene(t, filesystem);
      const sweep = await Sweep.begin(scene, work);
      const calls = spread(
        sweep.calls.filter(({ line }) => changing.test(line)),
        8,
      );
      const images = new Set<string>();
      for (const call of calls) {
        const outcome = await sweep.meet(call, 'signal=SIGKILL');
        const says = JSON.stringify(outcome, null, 1);
        assert.notEqual(outcome.image, 'neither', says);
        images.add(outcome.image);
        assert.equal(outcome.message, messages[outcome.image === 'new' ? 'new' : 'old'], says);
        assert.equal(outcome.left, 0, says);
        assert.doesNotMatch(outcome.log, /\bat .*\.js:\d+/);
      }
      assert.deepEqual([...images], ['old', 'new']);
      await assertNextStartCleans(t, scene);
      tally(`kill points of ${work.verb}`, calls.length);
    });
  }
}
