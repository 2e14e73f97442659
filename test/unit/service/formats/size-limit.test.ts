import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SizeLimit } from '../../../../service/formats/size-limit.js';
import { like } from '../../../support/like.js';
import { hasMoreThanBytes } from '../../../support/texts/transfers.js';

test('a limit beyond 2^53 is told with all its digits', () => {
  const limit = new SizeLimit({ sizeMax: 2 ** 50, kind: 'image' });
  const source = limit.bound({ read: () => 2 ** 57 });
  assert.throws(() => limit.checkWhole(2 ** 57), /and 72057594037927936 are allowed, 64 times/);
  assert.throws(() => source.read(Buffer.alloc(1), 0, 1), like`${hasMoreThanBytes('72057594037927936')} with`);
});
