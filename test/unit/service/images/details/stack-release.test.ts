import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStackRelease } from '../../../../../service/images/details/stack-release.js';
import { run } from '../../../../support/command.js';
import { writeLayer, writeStack } from '../../../../support/images/layers.js';
import { needs } from '../../../../support/needs.js';
import { temporaryDirectory } from '../../../../support/temporary.js';
import { noReleaseInLayers } from '../../../../support/texts/images.js';

function releaseOf(stack: string) {
  const descriptor = openSync(stack, 'r');
  try {
    return readStackRelease(descriptor, 'machine', 'img');
  } finally {
    closeSync(descriptor);
  }
}

function writeRelease(layer: string, version: string, path = 'usr/lib/os-release'): void {
  mkdirSync(join(layer, path, '..'), { recursive: true });
  writeFileSync(join(layer, path), `ID=x\nVERSION_ID=${version}\n`);
}

test('the highest layer that has the file says what system a stack holds', async (t) => {
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  for (const digit of ['a', 'b', 'c']) writeLayer(path, digit, { 'etc/': '' });
  const stack = writeStack(path, 'img', ['a', 'b', 'c']);
  assert.deepEqual(releaseOf(stack), {
    releaseFile: undefined,
    release: [],
    releaseProblem: noReleaseInLayers,
  });
  writeRelease(join(stack, 'layer@0'), '1');
  // It leads to another layer.
  symlinkSync('../usr/lib/os-release', join(stack, 'layer@1/etc/os-release'));
  const found = { releaseFile: '/usr/lib/os-release', release: ['ID=x', 'VERSION_ID=1'], releaseProblem: undefined };
  assert.deepEqual(releaseOf(stack), found);
  writeRelease(join(stack, 'layer@2'), '2');
  assert.deepEqual(releaseOf(stack).release, ['ID=x', 'VERSION_ID=2']);
  writeRelease(join(stack, 'rw/data'), '3', 'etc/os-release');
  assert.deepEqual(releaseOf(stack).release, ['ID=x', 'VERSION_ID=3']);
  rmSync(join(path, `.oci-sha256:${'c'.repeat(64)}`), { recursive: true });
  rmSync(join(stack, 'rw/data'), { recursive: true });
  assert.deepEqual(releaseOf(stack), found);
});

test('a file that a layer removes says nothing', async (t) => {
  if (!needs(t, { root: true, programs: ['mknod'] })) return;
  await using directory = temporaryDirectory(t);
  const { path } = directory;
  writeRelease(writeLayer(path, 'a', {}), '1', 'etc/os-release');
  const above = writeLayer(path, 'b', { 'etc/': '' });
  run('mknod', [join(above, 'etc/os-release'), 'c', '0', '0']);
  assert.deepEqual(releaseOf(writeStack(path, 'img', ['a', 'b'])).release, []);
});
