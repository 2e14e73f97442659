import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure } from '../../../../client/connect/describe.js';
import { printCall } from '../../../../varlink/wire/message.js';

test('a name that not every service can read is told, and not sent as another one', () => {
  assert.throws(
    () => printCall('io.ferry.Image.Remove', { name: 'a\ufffe' }),
    (error) => {
      assert.equal(
        describeFailure('remove image', error)?.message,
        'Failed to remove image: a parameter contains U+FFFE, which not every Varlink peer can read; use another name.',
      );
      return true;
    },
  );
});
