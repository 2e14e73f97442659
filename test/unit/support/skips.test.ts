import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SkipList } from '../../support/skips.js';

test('every skipped test is listed below its reason', () => {
  const skips = new SkipList((path) => path.replace('/x/', ''));
  skips.note({ name: 'ran', nesting: 0, file: '/x/a.js' });
  skips.note({ name: 'first', nesting: 0, file: '/x/a.js', skip: 'needs root' });
  skips.note({ name: 'second', nesting: 0, file: '/x/b.js', skip: true });
  skips.note({ name: 'third', nesting: 0, file: '/x/b.js', skip: 'needs root' });
  skips.begin({ name: 'outer', nesting: 0 });
  skips.begin({ name: 'inner', nesting: 1 });
  skips.note({ name: 'inner', nesting: 1, file: '/x/c.js', skip: 'needs root' });
  assert.equal(skips.length, 4);
  assert.equal(
    skips.summary(),
    '4 skipped:\n  needs root:\n    a.js: first\n    b.js: third\n    c.js: outer › inner\n  no reason given:\n    b.js: second\n',
  );
});

test('a run without skipped tests says so', () => {
  assert.equal(new SkipList(String).summary(), 'No test was skipped.\n');
});
