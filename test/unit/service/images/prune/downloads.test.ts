import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { futimens, timestamp } from '../../../../../linux/files.js';
import { ImageRoot } from '../../../../../service/images/layout/root.js';
import { whenWritten } from '../../../../../service/images/prune/downloads.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

test('the time of something left over is exact to the microsecond', (t) => {
  const directory = temporaryDirectory(t);
  using root = ImageRoot.open(directory.path);
  const descriptor = openSync(directory.file('left'), 'w');
  t.after(() => closeSync(descriptor));
  const start = 1_796_033_221_106_600;
  for (let microseconds = start; microseconds < start + 2000; microseconds++) {
    for (const nanoseconds of [0n, 999n]) {
      const time = timestamp(BigInt(microseconds) * 1000n + nanoseconds);
      futimens(descriptor, time, time);
      assert.equal(whenWritten(root, 'left'), microseconds);
    }
  }
});
