import assert from 'node:assert/strict';
import { closeSync, constants, openSync } from 'node:fs';
import { test } from 'node:test';
import { close, mkdirat, openat } from '../../../linux/files.js';
import { removeEntry } from '../../../service/images/manage/remove-tree.js';
import { walkTree } from '../../../service/images/manage/walk-tree.js';
import { temporaryDirectory } from '../../support/temporary.js';

test('all files of a tree are looked at, at any depth', async (t) => {
  await using directory = temporaryDirectory(t);
  const root = openSync(directory.path, 'r');
  const levels = 3000;
  let current = openat(root, '.', constants.O_RDONLY | constants.O_DIRECTORY);
  for (let level = 0; level < levels; level++) {
    mkdirat(current, 'directory', 0o755);
    close(openat(current, 'file', constants.O_WRONLY | constants.O_CREAT, 0o644));
    const below = openat(current, 'directory', constants.O_RDONLY | constants.O_DIRECTORY);
    close(current);
    current = below;
  }
  close(current);
  let files = 0;
  walkTree(root, () => {
    files += 1;
  });
  assert.equal(files, levels);
  removeEntry(root, 'directory');
  closeSync(root);
});
