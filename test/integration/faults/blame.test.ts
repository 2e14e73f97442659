import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { archive, file } from '../../corpus/tar.js';
import { run } from '../../support/command.js';
import { lineLike, re } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { noSpaceFor } from '../../support/texts/formats.js';
import { noRoomFor } from '../../support/texts/images.js';

/* What a message names is what has failed. */

test('a file system without free inodes is not called full', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true, features: ['mount'] })) return;
  await using directory = temporaryDirectory(t);
  const mount = directory.file('tmpfs');
  mkdirSync(mount);
  run('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=30', 'none', mount]);
  const names = Array.from({ length: 60 }, (_, index) => `file${index}`);
  const tree = directory.file('tree');
  mkdirSync(tree);
  for (const name of names) writeFileSync(join(tree, name), '');
  writeFileSync(directory.file('tree.tar'), archive(...names.map((name) => file(name, 'x'))));
  await using host = await ferryHost(t, { imageRoot: mount });
  const unpacked = await host.ferryctl(['import-tar', '-m', directory.file('tree.tar'), 'x']);
  assert.equal(unpacked.status, 8);
  assert.match(
    unpacked.stderr,
    lineLike`The file system has no free inodes: ${noSpaceFor(re(/'file\d+'/), re(/\d+/))}\.$`,
  );
  const copied = await host.ferryctl(['import-fs', '-m', tree, 'x']);
  assert.equal(copied.status, 8);
  assert.match(
    copied.stderr,
    lineLike`The file system has no free inodes \(\d+ ${noRoomFor(re(/\S+/), 'Remove files')}\.$`,
  );
  for (let index = 0; index < 60; index++)
    try {
      writeFileSync(join(mount, `filler${index}`), '');
    } catch {}
  writeFileSync(directory.file('disk.raw'), 'x');
  const { status, stderr } = await host.ferryctl(['import-raw', '-m', directory.file('disk.raw'), 'x']);
  assert.equal(status, 8);
  assert.match(stderr, /The file system has no free inodes \(\d+ bytes available\)/);
});

test('what cannot be read is named by its path in the source, and not by the name of the copy', async (t) => {
  if (!needsProduct(t) || !needs(t, { root: true })) return;
  await using directory = temporaryDirectory(t);
  chmodSync(directory.path, 0o755);
  await using host = await ferryHost(t, { user: 1000 });
  const tree = directory.file('tree');
  mkdirSync(join(tree, 'etc', 'closed'), { recursive: true });
  writeFileSync(join(tree, 'etc', 'file'), 'x');
  chownSync(tree, 1000, 1000);
  chmodSync(join(tree, 'etc', 'file'), 0o600);
  const importing = async () => (await host.ferryctl(['import-fs', '-m', tree, 'x'])).stderr;
  assert.match(await importing(), /Cannot read 'etc\/file': openat failed with EACCES, permission denied\.$/m);
  chmodSync(join(tree, 'etc', 'file'), 0o644);
  chmodSync(join(tree, 'etc', 'closed'), 0o700);
  assert.match(await importing(), /Cannot read 'etc\/closed': openat2 failed with EACCES, permission denied\.$/m);
  chmodSync(join(tree, 'etc', 'closed'), 0o755);
  assert.doesNotMatch(await importing(), /Failed/);
});
