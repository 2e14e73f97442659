import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSubvolume } from '../../../../../linux/btrfs.js';
import { synchronizeFileSystem } from '../../../../../linux/space.js';
import { setReadOnlyMark } from '../../../../../service/images/install/read-only.js';
import { readProvenance, writeProvenance } from '../../../../../service/images/provenance/provenance.js';
import { run } from '../../../../support/command.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';

const key = Buffer.alloc(32, 7);

/** A subvolume with some content, placed as an image is. */
function placed(directory: number, path: string, settled = true): number {
  createSubvolume(directory, 'tree');
  mkdirSync(`${path}/tree/deep/er`, { recursive: true });
  writeFileSync(`${path}/tree/deep/er/file`, Buffer.alloc(1 << 20, 1));
  const tree = openSync(`${path}/tree`, 'r');
  if (settled) synchronizeFileSystem(tree);
  assert.equal(writeProvenance(tree, { operation: 'import', uid: 0 }, key, settled), true);
  if (settled) synchronizeFileSystem(tree);
  return tree;
}

test('a subvolume is known to be unchanged until something deep in it is written, whatever its name and mark', async (t) => {
  if (!needs(t, filesystemNeeds('btrfs'))) return;
  await using filesystem = mountedFilesystem(t, 'btrfs');
  const { path } = filesystem;
  const directory = openSync(path, 'r');
  const tree = placed(directory, path);
  try {
    const told = () => readProvenance(tree, key);
    assert.deepEqual([told().state, told().changed], ['known', 'no']);
    renameSync(`${path}/tree`, `${path}/other`);
    for (const readOnly of [true, false]) {
      setReadOnlyMark(tree, readOnly);
      run('sync', ['-f', path]);
      assert.deepEqual([told().state, told().changed], ['known', 'no']);
    }
    writeFileSync(`${path}/other/deep/er/file`, 'changed');
    run('sync', ['-f', path]);
    assert.deepEqual([told().state, told().changed], ['known', 'unknown']);
    writeFileSync(`${path}/other/new`, '');
    assert.equal(told().changed, 'yes');
  } finally {
    for (const descriptor of [tree, directory]) closeSync(descriptor);
  }
});

test('a snapshot that others made of a subvolume is a copy', async (t) => {
  if (!needs(t, { ...filesystemNeeds('btrfs'), programs: [...filesystemNeeds('btrfs').programs, 'btrfs'] })) return;
  await using filesystem = mountedFilesystem(t, 'btrfs');
  const { path } = filesystem;
  const directory = openSync(path, 'r');
  const tree = placed(directory, path);
  try {
    run('btrfs', ['subvolume', 'snapshot', `${path}/tree`, `${path}/snapshot`]);
    const snapshot = openSync(`${path}/snapshot`, 'r');
    const { state, changed, provenance } = readProvenance(snapshot, key);
    closeSync(snapshot);
    assert.deepEqual([state, changed, provenance?.operation], ['copied', 'unknown', 'import']);
  } finally {
    for (const descriptor of [tree, directory]) closeSync(descriptor);
  }
});

test('nobody knows whether a subvolume was changed that holds another, or was not on the disk when it was placed', async (t) => {
  if (!needs(t, filesystemNeeds('btrfs'))) return;
  await using filesystem = mountedFilesystem(t, 'btrfs');
  const { path } = filesystem;
  const directory = openSync(path, 'r');
  const unsettled = placed(directory, path, false);
  try {
    assert.equal(readProvenance(unsettled, key).changed, 'unknown');
    createSubvolume(unsettled, 'nested');
    synchronizeFileSystem(directory);
    writeProvenance(unsettled, { operation: 'import', uid: 0 }, key, true);
    assert.equal(readProvenance(unsettled, key).changed, 'unknown');
  } finally {
    for (const descriptor of [unsettled, directory]) closeSync(descriptor);
  }
});
