import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultLayout } from '../../../../../service/transfers/oci/layout.js';
import { filesystemNeeds, mountedFilesystem } from '../../../../support/images/filesystems.js';
import { needs } from '../../../../support/needs.js';

const version = (number: number) => async () => number;

test('images become stacks where systemd starts them, and trees elsewhere', async (t) => {
  if (!needs(t, filesystemNeeds('ext4'))) return;
  await using filesystem = mountedFilesystem(t, 'ext4', 64);
  const imageRoot = join(filesystem.path, 'not', 'made', 'yet');
  assert.equal(await defaultLayout(imageRoot, version(260)), 'mstack');
  assert.equal(await defaultLayout(imageRoot, version(259)), 'tree');
  assert.equal(await defaultLayout(imageRoot, version(0)), 'tree');
});

test('images become trees where overlayfs takes no layers', async () => {
  assert.equal(await defaultLayout('/proc', version(260)), 'tree');
});
