import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeDirectory } from '../../../common/directories.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('a directory is made with those above it, and may be there already', (t) => {
  const path = temporaryDirectory(t).file('a/b/c');
  makeDirectory(path, 0o700);
  makeDirectory(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('where no directory can be made the system’s error comes back, and not never', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(directory.file('file'), '');
  mkdirSync(directory.file('there'));
  for (const path of ['/proc/images', '/proc/images/below'])
    assert.throws(() => makeDirectory(path), { code: 'ENOENT' });
  assert.throws(() => makeDirectory(directory.file('file')), { code: 'EEXIST' });
  assert.throws(() => makeDirectory(directory.file('file/below')), { code: 'ENOTDIR' });
});
