import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkipList } from '../../support/skips.js';

test('every skipped test is listed below its reason', () => {
  const skips = new SkipList((path) => path.replace('/x/', ''));
  skips.note({ name: 'ran', file: '/x/a.js' });
  skips.note({ name: 'first', file: '/x/a.js', skip: 'needs root' });
  skips.note({ name: 'second', file: '/x/b.js', skip: true });
  skips.note({ name: 'third', file: '/x/b.js', skip: 'needs root' });
  assert.equal(skips.length, 3);
  assert.equal(
    skips.summary(),
    '3 skipped:\n  needs root:\n    a.js: first\n    b.js: third\n  no reason given:\n    b.js: second\n',
  );
});

test('a run without skipped tests says so', () => {
  assert.equal(new SkipList(String).summary(), 'No test was skipped.\n');
});
