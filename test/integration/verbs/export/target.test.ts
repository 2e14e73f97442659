import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../../support/command.js';
import { digestOf, write } from '../../../support/files.js';
import { makeDisk, makeTree } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { inShell } from '../../../support/service/client-streams.js';
import { assertFailure, onEachScene, type Scene } from '../../../support/service/scene.js';

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'setfacl', 'setfattr', 'setcap', 'xz', 'zstd', 'bzip2', 'filefrag'] });
}

/** Exports that fail, and what is said then. */
const refused: [what: string, parameters: (scene: Scene) => string[], says: RegExp, status: number][] = [
  ['an image that is not there', (scene) => ['export-tar', '-m', 'nothing', scene.file('old')], /nothing/, 3],
  ['a misspelled name', (scene) => ['export-tar', '-m', 'treee', scene.file('old')], /tree/, 3],
  ['a tree as a disk', (scene) => ['export-raw', '-m', 'tree', scene.file('old')], /export-tar/, 11],
  ['a disk as a tree', (scene) => ['export-tar', '-m', 'disk', scene.file('old')], /export-raw/, 11],
  ['into a directory', (scene) => ['export-tar', '-m', 'tree', scene.place], /directory/, 15],
  ['into a folder that is not there', (scene) => ['export-tar', '-m', 'tree', scene.file('no/old')], /no such/i, 3],
  [
    'another class',
    (scene) => ['export-tar', '-P', '--image-root=/var/tmp/no-such', 'tree', scene.file('old')],
    /portable|tree/,
    3,
  ],
];

test('an export that fails leaves the old file as it is', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'tree');
    await scene.succeed('import-raw', '-m', makeDisk(scene.file('disk.raw')), 'disk');
    write(scene.file('old'), 'old');
    const before = readdirSync(scene.place);
    for (const [what, parameters, says, status] of refused) {
      await t.test(what, async () => {
        assert.match(await scene.fail(status, ...parameters(scene)), says);
        assert.equal(readFileSync(scene.file('old'), 'utf8'), 'old');
        assert.deepEqual(readdirSync(scene.place), before);
        assert.deepEqual(scene.host.images(), ['disk.raw', 'tree']);
      });
    }
    await t.test('the target is full', async () => {
      const small = scene.file('small');
      mkdirSync(small);
      run('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', small]);
      write(`${small}/old`, 'old');
      const stderr = await scene.fail(8, 'export-raw', '-m', 'disk', `${small}/old`);
      assert.match(stderr, /room|full/i);
      assert.equal(readFileSync(`${small}/old`, 'utf8'), 'old');
      assert.deepEqual(readdirSync(small), ['old']);
      for (const format of ['gzip', 'zstd', 'xz', 'bzip2'])
        assert.match(
          await scene.fail(8, 'export-raw', '-m', `--format=${format}`, 'disk', `${small}/old`),
          /space|full/i,
        );
      assert.match(await scene.fail(8, 'export-tar', '-m', 'tree', '/dev/full'), /space|full/i);
      run('umount', [small]);
    });
    await t.test('the reader goes away', () => {
      const { status, stderr } = inShell(scene, 'set -o pipefail; "$@" export-raw -m disk | head -c 10 >/dev/null');
      assertFailure(15, { status, stderr }, ['export-raw']);
      assert.match(stderr, /pipe|reader|closed/i);
    });
  });
});

test('files are replaced at the end: with their mode, by name, through symbolic links', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    await scene.succeed('import-raw', '-m', makeDisk(scene.file('disk.raw')), 'image');
    await t.test('a symbolic link stays one', async () => {
      write(scene.file('target'), 'old');
      shell('ln -s target "$1"', [scene.file('link')]);
      await scene.succeed('export-raw', '-m', 'image', scene.file('link'));
      assert.equal(run('readlink', [scene.file('link')]).trim(), 'target');
      assert.equal(digestOf(scene.file('target')), digestOf(scene.file('disk.raw')));
    });
    await t.test('/dev/null takes everything', async () => {
      await scene.succeed('export-raw', '-m', 'image', '/dev/null');
      await scene.succeed('export-raw', '-m', '--format=xz', 'image', '/dev/null');
      assert.ok(statSync('/dev/null').isCharacterDevice());
    });
    await t.test('a fifo by its path', () => {
      shell('mkfifo "$1"', [scene.file('fifo')]);
      inShell(scene, `cat fifo >read & "$@" export-raw -m image fifo; wait`);
      assert.equal(digestOf(scene.file('read')), digestOf(scene.file('disk.raw')));
    });
    await t.test('a relative path is the caller’s', () => {
      assert.equal(inShell(scene, '"$@" export-raw -m image relative.raw').status, 0);
      assert.equal(digestOf(scene.file('relative.raw')), digestOf(scene.file('disk.raw')));
    });
    await t.test('standard output from the middle of a file on', () => {
      write(scene.file('middle'), 'before');
      assert.equal(inShell(scene, 'exec 5<>middle; head -c 6 <&5 >/dev/null; "$@" export-raw -m image >&5').status, 0);
      assert.equal(readFileSync(scene.file('middle')).subarray(6).length, statSync(scene.file('disk.raw')).size);
    });
  });
});

test('the flags of a pushed pipe are the caller’s', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    await t.test('import from a non-blocking pipe', () => {
      const { status, stderr, stdout } = inShell(
        scene,
        withFlags(`cat ${disk} | nonblocking "$@" import-raw -m - image`),
      );
      assert.equal(status, 0, stderr + stdout);
      assert.equal(digestOf(scene.image('image.raw')), digestOf(disk));
    });
    await t.test('export into a non-blocking pipe', () => {
      const outcome = inShell(scene, withFlags('nonblocking "$@" export-raw -m image - | (sleep 0.3; cat) >out.raw'));
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(digestOf(scene.file('out.raw')), digestOf(disk));
    });
    for (const format of ['uncompressed', 'gzip'])
      await t.test(`what follows in standard output comes behind the image (${format})`, () => {
        const script = `{ "$@" export-raw -m --format=${format} image; printf tail; } >behind`;
        assert.equal(inShell(scene, script).status, 0);
        const bytes = readFileSync(scene.file('behind'));
        assert.equal(bytes.subarray(-4).toString(), 'tail');
        shell('head -c -4 "$1" | if [ "$2" = gzip ]; then gzip -dc; else cat; fi | cmp - "$3"', [
          scene.file('behind'),
          format,
          disk,
        ]);
      });
    await t.test('a file that is read as it is keeps its offset', () => {
      const outcome = inShell(scene, `{ "$@" import-raw -m --force - image && head -c 5; } <${disk}`);
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(outcome.stdout, 'start');
    });
    await t.test('a file is read from its offset on', () => {
      const script = `printf 12345678 | cat - ${disk} >shifted; { head -c 8 >head; "$@" import-raw -m --force - image; } <shifted`;
      const outcome = inShell(scene, script.replace('head -c 8 >head', 'dd bs=8 count=1 status=none >head'));
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(digestOf(scene.image('image.raw')), digestOf(disk));
    });
  });
});

/** `nonblocking COMMAND…`: makes standard input and output non-blocking, and tells whether the command has left them so. */
function withFlags(script: string): string {
  const python = `import fcntl,os,subprocess,sys
flags = [(fd, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK) for fd in (0, 1)]
for fd, value in flags: fcntl.fcntl(fd, fcntl.F_SETFL, value)
status = subprocess.run(sys.argv[1:]).returncode
for fd, value in flags:
  if fcntl.fcntl(fd, fcntl.F_GETFL) != value: sys.exit("the flags of %d have changed" % fd)
sys.exit(status)`;
  return `nonblocking() { /usr/bin/python3 -c '${python}' "$@"; }; set -o pipefail; ${script}`;
}
