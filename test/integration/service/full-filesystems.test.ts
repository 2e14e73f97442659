import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { needsService, someBytes } from '../../support/service/stage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { assertFails, plain, setScene } from './fault-scene.js';

const disk = someBytes(400_000);

/** A small file system of the test's own, unmounted with its directory. */
function mountTmpfs(t: TestContext, options: string): string {
  const path = temporaryDirectory(t).file('mounted');
  mkdirSync(path);
  run('mount', ['-t', 'tmpfs', '-o', options, 'none', path]);
  return path;
}

test('a file system that is full is told in one line, and nothing is left of the try', async (t) => {
  if (!needsService(t, 'mount', 'tar')) return;
  const scene = await setScene(t, mountTmpfs(t, 'size=1m'));
  const url = scene.server.serve('/x.raw', someBytes(3_000_000));
  const warning = 'The image needs 3000000 bytes, and there is room for 1048576: it fits only if the rest is zeros\n';
  await assertFails(scene, 8, ['pull-raw', ...plain, url, 'x'], [/space|full/i, /byte|MiB|MB/i], warning);
  writeFileSync(scene.file('content'), someBytes(3_000_000));
  run('tar', ['-C', scene.file(), '-cf', scene.file('x.tar'), 'content']);
  const archive = scene.server.serve('/x.tar', readFileSync(scene.file('x.tar')));
  await assertFails(
    scene,
    8,
    ['pull-tar', ...plain, archive, 'x'],
    [/has 3010560 bytes of data, and there is room for 1048576/],
  );
});

test('a file system without inodes is told in one line, and nothing is left of the try', async (t) => {
  if (!needsService(t, 'mount', 'tar')) return;
  const scene = await setScene(t, mountTmpfs(t, 'nr_inodes=50'));
  shell('mkdir "$1/tree"; cd "$1/tree"; for i in $(seq 100); do echo $i >$i; done; tar -cf ../x.tar .', [scene.file()]);
  const archive = scene.server.serve('/x.tar', readFileSync(scene.file('x.tar')));
  await assertFails(scene, 8, ['pull-tar', ...plain, archive, 'x'], [/space|full|inode/i]);
});

test('a read-only file system is told in one line', async (t) => {
  if (!needsService(t, 'mount')) return;
  const root = mountTmpfs(t, 'size=8m');
  run('mount', ['-o', 'remount,ro', root]);
  const scene = await setScene(t, root);
  await assertFails(scene, 15, ['pull-raw', ...plain, scene.server.serve('/x.raw', disk), 'x'], [/read-only/i]);
});

test('an image root that is a file, or below one, is told in one line', async (t) => {
  if (!needsService(t)) return;
  const scene = await setScene(t);
  const path = join(scene.host.imageRoot, 'file');
  writeFileSync(path, '');
  for (const root of [path, `${path}/below`]) {
    const parameters = ['pull-raw', ...plain, `--image-root=${root}`, scene.server.serve('/x.raw', disk), 'x'];
    await assertFails(scene, 15, parameters, [/\/file/, /exists already|not a directory/i]);
  }
});

test('an image that is in use is not replaced, and its user is told of', async (t) => {
  if (!needsService(t, 'python3')) return;
  const scene = await setScene(t);
  const path = join(scene.host.imageRoot, 'x.raw');
  writeFileSync(path, 'in use');
  const script = `import fcntl, struct, sys
f = open(sys.argv[1], 'w')
fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))
print('locked', flush=True)
sys.stdin.read()`;
  const holder = spawn('python3', ['-c', script, join(scene.host.imageRoot, '.#x.raw.lck')], {
    stdio: ['pipe', 'pipe', 2],
  });
  t.after(() => holder.kill('SIGKILL'));
  if (holder.stdout !== null) await once(holder.stdout, 'data');
  const url = scene.server.serve('/x.raw', disk);
  await assertFails(scene, 5, ['pull-raw', ...plain, '--force', url, 'x'], [/x/, /in use|busy/i]);
  assert.equal(readFileSync(path, 'utf8'), 'in use');
});
