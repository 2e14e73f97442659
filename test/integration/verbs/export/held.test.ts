import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { run } from '../../../support/command.js';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { needs } from '../../../support/needs.js';
import { clientProgram, twoProcessors } from '../../../support/service/ferry-host.js';
import { Scene } from '../../../support/service/scene.js';
import { changedWhileRead } from '../../../support/texts/formats.js';
import { wasRemovedOrReplaced } from '../../../support/texts/images.js';
import { waitWhile } from '../../../support/wait.js';

const formats = {
  uncompressed: 'cat',
  gzip: 'gzip -dc',
  bzip2: 'bzip2 -dc',
  zstd: 'zstd -q -dc',
  xz: 'xz -dc',
} as const;
type Format = keyof typeof formats;

const busy =
  /^Failed to [\w-]+ image 'image'(?: read-only)?: 'image' is in use, perhaps by a running machine, a clone or an export\./m;

/** More than pipes and the encoders of two processors hold, in files that come one after the other. */
function makeTree(path: string): void {
  mkdirSync(path);
  for (let number = 100; number < 140; number++) writeFileSync(`${path}/${number}`, randomBytes(1_500_000));
}

/** Begins to export the image into a pipe, and goes on once that is full. */
async function beginExport(t: TestContext, scene: Scene, verb: string, format: Format) {
  const { socket, imageRoot } = scene.host;
  const parameters = [
    `--address=unix:${socket}`,
    `--image-root=${imageRoot}`,
    verb,
    '-m',
    `--format=${format}`,
    'image',
    '-',
  ];
  const child = spawn(process.execPath, [clientProgram, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const errors = text(child.stderr);
  await once(child.stdout, 'readable');
  return async () => {
    const [bytes, stderr, [status]] = await Promise.all([buffer(child.stdout), errors, once(child, 'exit')]);
    return { bytes, stderr, status };
  };
}

function unpack(scene: Scene, bytes: Buffer, format: Format): string {
  const path = scene.file('unpacked');
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  writeFileSync(scene.file('archive'), bytes);
  run('sh', ['-c', `${formats[format]} "$1" | tar -x -C "$2"`, 'sh', scene.file('archive'), path]);
  return path;
}

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'gzip', 'zstd'] });
}

for (const format of ['uncompressed', 'gzip', 'zstd'] as const) {
  test(`export-tar, ${format}: the image is neither removed, renamed nor replaced meanwhile, and comes whole`, async (t) => {
    if (!needsTools(t)) return;
    const scene = await Scene.open(t, 'ext4', { environment: twoProcessors });
    if (scene === undefined) return;
    makeTree(scene.image('image'));
    makeTree(scene.file('other'));
    const finish = await beginExport(t, scene, 'export-tar', format);
    for (const command of [
      ['remove-image', 'image'],
      ['rename-image', 'image', 'renamed'],
      ['import-fs', '--force', scene.file('other'), 'image'],
      ['read-only-image', 'image'],
    ])
      assert.match(await scene.fail(5, ...command, '-m'), busy, command.join(' '));
    await scene.succeed('clone-image', '-m', 'image', 'cloned');
    const { bytes, stderr, status } = await finish();
    assert.equal(status, 0, stderr);
    assert.deepEqual(compareTrees(scene.image('image'), unpack(scene, bytes, format)), []);
    // The locks end with the export, and nothing of them stays.
    await scene.succeed('remove-image', '-m', 'image');
    assert.deepEqual(readdirSync(scene.host.imageRoot), ['cloned']);
  });
}

test('export-raw: the image is neither removed nor replaced meanwhile', async (t) => {
  const scene = await Scene.open(t, 'ext4', { environment: twoProcessors });
  if (scene === undefined) return;
  const disk = randomBytes(20_000_000);
  writeFileSync(scene.image('image.raw'), disk);
  writeFileSync(scene.file('other.raw'), randomBytes(1000));
  const finish = await beginExport(t, scene, 'export-raw', 'uncompressed');
  assert.match(await scene.fail(5, 'remove-image', '-m', 'image'), busy);
  assert.match(await scene.fail(5, 'import-raw', '-m', '--force', scene.file('other.raw'), 'image'), busy);
  const { bytes, stderr, status } = await finish();
  assert.equal(status, 0, stderr);
  assert.ok(bytes.equals(disk));
});

test('where locks are switched off, what is exported is not removed, and stays until then when it is replaced', async (t) => {
  if (!needsTools(t)) return;
  const scene = await Scene.open(t, 'ext4', { environment: { ...twoProcessors, SYSTEMD_NSPAWN_LOCK: '0' } });
  if (scene === undefined) return;
  makeTree(scene.image('image'));
  run('cp', ['-a', scene.image('image'), scene.file('before')]);
  makeTree(scene.file('other'));
  const finish = await beginExport(t, scene, 'export-tar', 'gzip');
  assert.match(await scene.fail(5, 'remove-image', '-m', 'image'), busy);
  await scene.succeed('import-fs', '-m', '--force', scene.file('other'), 'image');
  const { bytes, stderr, status } = await finish();
  assert.equal(status, 0, stderr);
  assert.deepEqual(compareTrees(scene.file('before'), unpack(scene, bytes, 'gzip')), []);
  assert.deepEqual(compareTrees(scene.file('other'), scene.image('image')), []);
  await waitWhile(() => readdirSync(scene.host.imageRoot).length > 1);
});

test('an export whose files vanish fails, whoever removed them', async (t) => {
  if (!needsTools(t)) return;
  const scene = await Scene.open(t, 'ext4', { environment: twoProcessors });
  if (scene === undefined) return;
  for (const format of ['uncompressed', 'gzip', 'zstd'] as const) {
    rmSync(scene.image('image'), { recursive: true, force: true });
    makeTree(scene.image('image'));
    const finish = await beginExport(t, scene, 'export-tar', format);
    renameSync(scene.image('image', '139'), scene.file(`moved-${format}`));
    const { stderr, status } = await finish();
    assert.equal(status, 12, format);
    const reason = `${changedWhileRead("'139'", wasRemovedOrReplaced)}.`;
    assert.ok(stderr.includes(reason), stderr);
  }
});

test('an export of a disk that is written to meanwhile fails', async (t) => {
  const scene = await Scene.open(t, 'ext4', { environment: twoProcessors });
  if (scene === undefined) return;
  writeFileSync(scene.image('image.raw'), randomBytes(20_000_000));
  for (const format of ['uncompressed', 'gzip'] as const) {
    const finish = await beginExport(t, scene, 'export-raw', format);
    run('dd', ['if=/dev/zero', `of=${scene.image('image.raw')}`, 'conv=notrunc', 'bs=4096', 'count=1', 'status=none']);
    const { stderr, status } = await finish();
    assert.equal(status, 12, format);
    assert.match(stderr, /Cannot read the image: it changed while it was read; stop what changes the image, or export/);
  }
});
