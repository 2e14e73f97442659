import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { close, mkdirat, openat } from '../../../../../linux/files.js';
import { countTree } from '../../../../../service/images/details/count-tree.js';
import { removeEntry } from '../../../../../service/images/manage/remove-tree.js';
import { mountMemory } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';

function count(path: string) {
  const root = openSync(path, 'r');
  try {
    return countTree(root, () => undefined);
  } finally {
    closeSync(root);
  }
}

function allocated(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + lstatSync(path).blocks * 512, 0);
}

/** A tree with a hard link, a hole, a link that leads outside, and names that are not ASCII. */
function makeTree(t: TestContext) {
  const directory = temporaryDirectory(t);
  const [tree, below] = [directory.file('tree'), directory.file('tree', 'bélow')];
  mkdirSync(below, { recursive: true });
  writeFileSync(directory.file('outside'), Buffer.alloc(1 << 20, 1));
  const [file, hole, link] = [join(tree, 'file'), join(below, 'hole'), join(tree, 'link')];
  writeFileSync(file, Buffer.alloc(5000, 1));
  linkSync(file, join(below, 'second-name'));
  writeFileSync(hole, '');
  truncateSync(hole, 1 << 30);
  symlinkSync('../outside', link);
  return { directory, tree, paths: [tree, below, file, hole, link] };
}

test('a tree is counted as du counts it: hard links once, holes as such, no links followed', (t) => {
  const { tree, paths } = makeTree(t);
  assert.deepEqual(count(tree), {
    files: paths.length,
    bytes: 5000 + (1 << 30) + '../outside'.length,
    allocated: allocated(paths),
    unreadable: 0,
    isNested: false,
  });
});

test('what is mounted in a tree is not counted', (t) => {
  if (!needs(t, { root: true, features: ['mount'] })) return;
  const { directory } = makeTree(t);
  const before = count(directory.path);
  const mounted = mountMemory(directory, 1024);
  writeFileSync(join(mounted, 'file'), Buffer.alloc(100_000, 1));
  const { files, bytes } = count(directory.path);
  assert.deepEqual({ files, bytes }, { files: before.files, bytes: before.bytes });
});

test('a count goes to any depth with few open files', (t) => {
  const directory = temporaryDirectory(t);
  const root = openSync(directory.path, 'r');
  const levels = 2000;
  let current = openat(root, '.', constants.O_RDONLY | constants.O_DIRECTORY);
  for (let level = 0; level < levels; level++) {
    mkdirat(current, 'directory', 0o755);
    const below = openat(current, 'directory', constants.O_RDONLY | constants.O_DIRECTORY);
    close(current);
    current = below;
  }
  close(current);
  assert.equal(countTree(root, () => undefined).files, levels + 1);
  removeEntry(root, 'directory');
  closeSync(root);
});
