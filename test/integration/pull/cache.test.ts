import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attempt, run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { type FilesystemType, filesystemNeeds, mountedFilesystem } from '../../support/images/filesystems.js';
import { like } from '../../support/like.js';
import { needs } from '../../support/needs.js';
import { type Nginx, needsNginx, nginx } from '../../support/servers/nginx.js';
import { makeRelease, type Release } from '../../support/servers/release.js';
import { type FerryHost, ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { moreThanBytesOfData } from '../../support/texts/formats.js';

/** The product, a server with a small release, and an image root on a filesystem of some type. */
class Scene implements AsyncDisposable {
  readonly #stack: AsyncDisposable[] = [];

  private constructor(
    readonly release: Release,
    readonly server: Nginx,
    readonly host: FerryHost,
  ) {}

  static async open(t: TestContext, type: FilesystemType): Promise<Scene | undefined> {
    if (!needsProduct(t) || !needsNginx(t) || !needs(t, filesystemNeeds(type))) return undefined;
    const directory = temporaryDirectory(t);
    const release = makeRelease(directory.path);
    const server = await nginx(t, release.path);
    const filesystem = mountedFilesystem(t, type, 320);
    const imageRoot = join(filesystem.path, 'images');
    mkdirSync(imageRoot);
    const host = await ferryHost(t, { imageRoot });
    const scene = new Scene(release, server, host);
    scene.#stack.push(host, filesystem, server, directory);
    return scene;
  }

  /** Pulls with success and gives back what was said. */
  async pull(verb: 'pull-tar' | 'pull-raw', file: string, ...more: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(verb, file, ...more);
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  }

  attempt(verb: 'pull-tar' | 'pull-raw', file: string, ...more: string[]) {
    const usual = ['--class=machine', '--verify=checksum'].filter(
      (option) => !more.some((other) => other.startsWith(option.replace(/=.*/, '='))),
    );
    return this.host.ferryctl([verb, ...usual, `${this.server.url}/${file}`, ...more]);
  }

  /** Statuses of the requests for a file. */
  async statuses(file: string): Promise<string[]> {
    const log = await this.server.accessLog();
    return log.map((line) => line.split(' ')).flatMap(([, path, status = '']) => (path === `/${file}` ? [status] : []));
  }

  image(name: string): string {
    return join(this.host.imageRoot, name);
  }

  /** Names of pristine downloads. */
  originals(): string[] {
    return this.host.images().filter((name) => /^\.(tar|raw)-/.test(name) && !name.endsWith('.proofs'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#stack) await each[Symbol.asyncDispose]();
  }
}

for (const type of ['ext4', 'btrfs'] as const) {
  test(`a tree is pulled a second time from the cache (${type})`, async (t) => {
    await using scene = await Scene.open(t, type);
    if (scene === undefined) return;
    await scene.pull('pull-tar', 'tiny.tar.gz', 'first');
    const said = await scene.pull('pull-tar', 'tiny.tar.gz', 'second');
    assert.match(said, /cache/);
    assert.deepEqual(await scene.statuses('tiny.tar.gz'), ['200', '304']);
    for (const name of ['first', 'second']) {
      assert.deepEqual(compareTrees(scene.release.tree, scene.image(name)), [], name);
      writeFileSync(join(scene.image(name), 'written'), 'x');
    }
    const [original = ''] = scene.originals();
    assert.match(
      original,
      /^\.tar-http:\\x2f\\x2f127\\x2e0\\x2e0\\x2e1:\d+\\x2ftiny\\x2etar\\x2egz\.\\x22[0-9a-f-]+\\x22$/,
    );
    assert.ok(isReadOnly(scene.image(original)), 'the pristine download can be written to');
    const ignoreAttribute = (name: string) => name.includes('.ferry.');
    assert.deepEqual(compareTrees(scene.release.tree, scene.image(original), { ignoreAttribute }), []);
  });

  test(`a disk is pulled a second time from the cache, with its holes (${type})`, async (t) => {
    await using scene = await Scene.open(t, type);
    if (scene === undefined) return;
    await scene.pull('pull-raw', 'tiny.raw.gz', 'first');
    assert.match(await scene.pull('pull-raw', 'tiny.raw.gz', 'second'), /cache/);
    assert.deepEqual(await scene.statuses('tiny.raw.gz'), ['200', '304']);
    const expected = readFileSync(join(scene.release.path, 'tiny.raw'));
    for (const name of ['first.raw', 'second.raw']) {
      assert.ok(readFileSync(scene.image(name)).equals(expected), name);
      assert.ok(statSync(scene.image(name)).blocks * 512 < 1 << 20, `${name} has lost its holes`);
    }
    assert.equal(scene.originals().length, 1);
    assert.equal(statSync(scene.image(scene.originals()[0] ?? '')).mode & 0o222, 0);
  });

  test(`--read-only makes trees and disks read-only, and --force replaces them all the same (${type})`, async (t) => {
    await using scene = await Scene.open(t, type);
    if (scene === undefined) return;
    await scene.pull('pull-tar', 'tiny.tar', '--read-only', '-N', 'image');
    assert.ok(isReadOnly(scene.image('image')));
    await scene.pull('pull-raw', 'tiny.raw', '--read-only', '-N', '--force', 'image');
    assert.deepEqual(scene.host.images(), ['image.raw'], 'an image of the other format stayed under the same name');
    assert.equal(statSync(scene.image('image.raw')).mode & 0o222, 0);
    await scene.pull('pull-tar', 'tiny.tar', '-N', '--force', 'image');
    assert.deepEqual(scene.host.images(), ['image']);
    assert.ok(!isReadOnly(scene.image('image')));
    assert.deepEqual(compareTrees(scene.release.tree, scene.image('image')), []);
  });
}

test('an image that is there already is refused before anything is downloaded', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-tar', 'tiny.tar', '-N', 'image');
  for (const [verb, file] of [
    ['pull-tar', 'tiny.tar.gz'],
    ['pull-raw', 'tiny.raw.gz'],
  ] as const) {
    const { status, stderr } = await scene.attempt(verb, file, 'image');
    assert.equal(status, 4);
    assert.match(stderr, /image/);
    assert.match(stderr, /--force/);
    assert.deepEqual(await scene.statuses(file), []);
  }
  assert.deepEqual(scene.host.images(), ['image']);
});

test('a changed file on the server is downloaded anew', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', 'image');
  writeFileSync(join(scene.release.path, 'tiny.raw'), 'second');
  scene.release.writeSums();
  await scene.pull('pull-raw', 'tiny.raw', '--force', 'image');
  assert.equal(readFileSync(scene.image('image.raw'), 'utf8'), 'second');
  assert.deepEqual(await scene.statuses('tiny.raw'), ['200', '200']);
  assert.equal(scene.originals().length, 2);
});

test('--keep-download says whether a pristine download stays', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', '--keep-download=no', 'a');
  assert.deepEqual(scene.host.images(), ['a.raw']);
  await scene.pull('pull-raw', 'tiny.raw', '--class=portable', 'b');
  assert.deepEqual(scene.host.images(), ['a.raw', 'b.raw'], 'only machines keep it when nothing is said');
  await scene.pull('pull-raw', 'tiny.raw', '--class=portable', '--keep-download=yes', 'c');
  assert.equal(scene.originals().length, 1);
  await scene.pull('pull-raw', 'tiny.raw', '-N', 'd');
  assert.equal(scene.originals().length, 1, 'a pristine download that another pull has kept is not to be taken away');
  assert.notEqual(statSync(scene.image('d.raw')).mode & 0o200, 0, 'the image was moved from the read-only download');
});

test('the name - keeps the pristine download and places nothing', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-tar', 'tiny.tar', '-');
  const [original = '', ...others] = scene.originals();
  assert.deepEqual(others, []);
  assert.deepEqual(scene.host.images(), [original, `${original}.proofs`]);
});

test('what was downloaded unverified does not pass for verified', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', '--verify=no', 'first');
  writeFileSync(join(scene.release.path, 'SHA256SUMS'), `${'0'.repeat(64)}  tiny.raw\n`);
  const { status, stderr } = await scene.attempt('pull-raw', 'tiny.raw', 'second');
  assert.equal(status, 6);
  assert.match(stderr, /^The copy in \S+ cannot be shown to be what the checksums say now; downloading again$/m);
  assert.ok(!existsSync(scene.image('second.raw')));
});

test('a copy without the kind of digest that is listed now is downloaded anew', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await scene.pull('pull-raw', 'tiny.raw', '--verify=no', 'first');
  run('sh', ['-c', 'cd "$1" && rm SHA256SUMS && sha512sum tiny.raw >SHA512SUMS', 'sh', scene.release.path]);
  const said = await scene.pull('pull-raw', 'tiny.raw', 'second');
  assert.match(said, /^The copy in \S+ cannot be shown to be what the checksums say now; downloading again$/m);
  await scene.pull('pull-raw', 'tiny.raw', 'third');
  assert.deepEqual(await scene.statuses('tiny.raw'), ['200', '304', '200', '304']);
});

/** Keeps a download with settings that nobody vouches for; then the server has the right ones. */
async function keepHostileSettings(scene: Scene): Promise<void> {
  const settings = join(scene.release.path, 'tiny.nspawn');
  writeFileSync(settings, '[Exec]\nPrivateUsers=no\n');
  await scene.pull('pull-raw', 'tiny.raw', '--verify=no', '-');
  writeFileSync(settings, '[Exec]\nPrivateUsers=yes\n');
  scene.release.writeSums();
}

test('settings that were downloaded unverified do not come with an image that is verified', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await keepHostileSettings(scene);
  await scene.pull('pull-raw', 'tiny.raw', 'image');
  assert.equal(readFileSync(scene.image('image.nspawn'), 'utf8'), '[Exec]\nPrivateUsers=yes\n');
  await scene.pull('pull-raw', 'tiny.raw', 'again');
  assert.equal(readFileSync(scene.image('again.nspawn'), 'utf8'), '[Exec]\nPrivateUsers=yes\n');
  assert.deepEqual(await scene.statuses('tiny.raw'), ['200', '200', '304']);
});

test('settings in the cache are not copied for an image that has none', async (t) => {
  await using scene = await Scene.open(t, 'ext4');
  if (scene === undefined) return;
  await keepHostileSettings(scene);
  await scene.pull('pull-raw', 'tiny.raw', '--class=portable', 'image');
  assert.deepEqual(await scene.statuses('tiny.raw'), ['200', '304']);
  assert.ok(!existsSync(scene.image('image.nspawn')));
});

/** Whether even root cannot write into a tree: by the immutable flag, or on btrfs as a read-only subvolume. */
function isReadOnly(tree: string): boolean {
  const flags = run('lsattr', ['-d', tree]).split(' ')[0] ?? '';
  return flags.includes('i') || attempt('btrfs', ['property', 'get', '-ts', tree, 'ro']).stdout.trim() === 'ro=true';
}

for (const type of ['ext4', 'btrfs'] as const) {
  test(`--size-max= holds for copies from the cache too (${type})`, async (t) => {
    await using scene = await Scene.open(t, type);
    if (scene === undefined || !needs(t, { root: true, programs: ['setfattr', 'chattr'] })) return;
    const tooLarge = (verb: 'pull-tar' | 'pull-raw', file: string) => async (name: string, limit: string) => {
      const { status, stderr } = await scene.attempt(verb, file, name, `--size-max=${limit}`);
      assert.equal(status, 11, stderr);
      assert.match(
        stderr,
        /The image (holds|has) .*: raise (it|that) with --size-max= if the image is meant to be that/,
      );
      assert.ok(!existsSync(scene.image(name)));
    };
    for (const file of ['tiny.tar', 'tiny.tar.gz']) {
      await scene.pull('pull-tar', file, `${file}-first`);
      await tooLarge('pull-tar', file)('second', '29');
      await scene.pull('pull-tar', file, `${file}-third`, '--size-max=30');
    }
    for (const file of ['tiny.raw', 'tiny.raw.gz']) {
      await scene.pull('pull-raw', file, `${file}-first`);
      await tooLarge('pull-raw', file)('second.raw', '4K');
      await scene.pull('pull-raw', file, `${file}-third`, '--size-max=64K');
    }
    assert.deepEqual(await scene.statuses('tiny.tar.gz'), ['200', '304', '304']);
  });
}

test('--size-max= holds for trees of which no record says how large they are, as systemd-importd leaves them', async (t) => {
  await using scene = await Scene.open(t, 'btrfs');
  if (scene === undefined || !needs(t, { root: true, programs: ['setfattr', 'btrfs'] })) return;
  await scene.pull('pull-tar', 'tiny.tar', 'first', '--verify=no');
  const [original = ''] = scene.originals().map((name) => scene.image(name));
  run('btrfs', ['property', 'set', '-f', '-ts', original, 'ro', 'false']);
  run('setfattr', ['-x', 'trusted.ferry.verification', original]);
  run('btrfs', ['property', 'set', '-f', '-ts', original, 'ro', 'true']);
  const { status, stderr } = await scene.attempt('pull-tar', 'tiny.tar', 'second', '--verify=no', '--size-max=29');
  assert.equal(status, 11, stderr);
  assert.match(stderr, like`The image holds ${moreThanBytesOfData(29)}, the limit: raise it with --size-max=`);
  await scene.pull('pull-tar', 'tiny.tar', 'third', '--verify=no', '--size-max=30');
  assert.deepEqual(await scene.statuses('tiny.tar'), ['200', '304', '304']);
});

test('--size-max= holds for subvolumes that are imported as snapshots', async (t) => {
  await using scene = await Scene.open(t, 'btrfs');
  if (scene === undefined || !needs(t, { root: true, programs: ['btrfs'] })) return;
  const source = scene.image('../source');
  run('btrfs', ['-q', 'subvolume', 'create', source]);
  run('btrfs', ['-q', 'subvolume', 'create', join(source, 'nested')]);
  for (const path of ['a', 'nested/b']) writeFileSync(join(source, path), Buffer.alloc(600_000, 'x'));
  run('ln', [join(source, 'a'), join(source, 'c')]);
  const attempt = (limit: string) => scene.host.ferryctl(['import-fs', '-m', source, 'x', `--size-max=${limit}`]);
  const { status, stderr } = await attempt('1M');
  assert.equal(status, 11, stderr);
  assert.match(stderr, like`The image holds ${moreThanBytesOfData(1048576)}, the limit: raise it with --size-max=`);
  assert.equal((await attempt('1200000')).status, 0);
});
