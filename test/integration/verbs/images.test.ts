import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../support/command.js';
import { allocated, digestOf, write } from '../../support/files.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { makeDisk, makeTree } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { assertFailure, onEachScene, type Scene } from '../../support/service/scene.js';

const classes = ['machine', 'portable', 'sysext', 'confext'] as const;
const sidecars = ['.nspawn', '.roothash', '.roothash.p7s', '.verity'];

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['setfacl', 'setfattr', 'python3', 'lsattr'] });
}

/** Lays an image of a form in the image root, with sidecars of its own. */
function place(scene: Scene, form: 'tree' | 'disk', name: string): void {
  if (form === 'tree') makeTree(scene.image(name));
  else makeDisk(scene.image(`${name}.raw`));
  for (const suffix of sidecars) write(scene.image(name + suffix), `${name}${suffix}`);
}

function namesOf(form: 'tree' | 'disk', name: string): string[] {
  return [form === 'tree' ? name : `${name}.raw`, ...sidecars.map((suffix) => name + suffix)].sort();
}

interface Listed {
  class: string;
  name: string;
  type: string;
  path: string;
  ro: boolean;
  crtime: number;
  mtime: number;
  usage: number | null;
  limit: number | null;
}

async function list(scene: Scene, ...options: string[]): Promise<Listed[]> {
  return JSON.parse(await scene.succeed('list-images', '--json=short', ...options));
}

test('images of all classes are renamed, cloned, made read-only and removed with what belongs to them', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    for (const imageClass of classes) {
      for (const form of ['tree', 'disk'] as const) {
        await t.test(`${imageClass}, ${form}`, async () => {
          scene.clearImages();
          const option = `--class=${imageClass}`;
          place(scene, form, 'first');
          await scene.succeed('rename-image', option, 'first', 'second');
          assert.deepEqual(scene.host.images(), namesOf(form, 'second'));
          await scene.succeed('clone-image', option, 'second', 'third');
          assert.deepEqual(scene.host.images(), [...namesOf(form, 'second'), ...namesOf(form, 'third')]);
          assert.equal(readFileSync(scene.image('third.verity'), 'utf8'), 'first.verity');
          if (form === 'tree') assert.deepEqual(compareTrees(scene.image('second'), scene.image('third')), []);
          else assert.equal(digestOf(scene.image('second.raw')), digestOf(scene.image('third.raw')));
          await scene.succeed('read-only-image', option, 'third');
          assert.deepEqual(
            (await list(scene, option)).map(({ name, ro }) => [name, ro]),
            [
              ['second', false],
              ['third', true],
            ],
          );
          await scene.succeed('read-only-image', option, 'third', 'no');
          assert.ok((await list(scene, option)).every(({ ro }) => !ro));
          await scene.succeed('read-only-image', option, 'third', 'yes');
          await scene.succeed('remove-image', option, 'third', 'second');
          assert.deepEqual(scene.host.images(), []);
        });
      }
    }
  });
});

test('what cannot be done to an image is told, and changes nothing', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    place(scene, 'disk', 'disk');
    place(scene, 'tree', 'tree');
    const before = scene.host.images();
    const cases: [string[], RegExp, number][] = [
      [['rename-image', 'disk', 'tree'], /tree.*exists/, 4],
      [['clone-image', 'tree', 'disk'], /disk.*exists/, 4],
      [['rename-image', 'disk', '.#x'], /temporary/, 14],
      [['rename-image', 'disk', 'a/b'], /'\/'/, 14],
      [['remove-image', 'nothing'], /nothing/, 3],
      [['remove-image', 'dsik'], /Did you mean disk\?/, 3],
      [['remove-image', '-P', '--image-root=/no/such', 'disk'], /disk/, 3],
      [['read-only-image', 'disk', 'perhaps'], /perhaps/, 2],
      [['remove-image'], /remove-image/, 2],
      [['rename-image', 'disk'], /rename-image/, 2],
    ];
    for (const [parameters, says, status] of cases) {
      await t.test(parameters.join(' '), async () => {
        assert.match(await scene.fail(status, ...parameters), says);
        assert.deepEqual(scene.host.images(), before);
      });
    }
    await t.test('of several images to be removed one that is missing does not keep the others', async () => {
      assert.match(await scene.fail(3, 'remove-image', 'nothing', 'disk'), /nothing/);
      assert.deepEqual(scene.host.images(), namesOf('tree', 'tree'));
    });
  });
});

/** Another program that holds systemd's lock on an image, by its file beside it and by its inode, as a running machine does. */
async function runMachine(t: TestContext, image: string): Promise<ChildProcess> {
  const { dev, ino } = statSync(image, { bigint: true });
  const script = `
import fcntl, os, struct, sys, time
os.makedirs('/run/systemd/nspawn/locks', exist_ok=True)
files = [open(path, 'a+') for path in sys.argv[1:]]
for f in files: fcntl.fcntl(f, 37, struct.pack('hhxxxxqqixxxx', fcntl.F_WRLCK, 0, 0, 0, 0))
print('held', flush=True)
sys.stdin.read()
for path in sys.argv[1:]: os.unlink(path)`;
  const beside = image.replace(/[^/]*$/, '.#$&.lck');
  const locks = [beside, `/run/systemd/nspawn/locks/inode-${dev}:${ino}`];
  const machine = spawn('/usr/bin/python3', ['-c', script, ...locks], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => machine.kill());
  await once(machine.stdout, 'data');
  return machine;
}

test('a running image is neither replaced, renamed, removed nor marked, but can be cloned and exported', async (t) => {
  if (!needsTools(t) || !needs(t, { root: true })) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const source = makeDisk(scene.file('source.raw'));
    const tree = makeTree(scene.file('tree'));
    await scene.succeed('import-raw', source, 'disk');
    await scene.succeed('import-fs', tree, 'tree');
    for (const [name, file, verb] of [
      ['disk', 'disk.raw', 'export-raw'],
      ['tree', 'tree', 'export-tar'],
    ] as const) {
      const machine = await runMachine(t, scene.image(file));
      const before = readdirSync(scene.host.imageRoot);
      const cases: string[][] = [
        ['remove-image', name],
        ['rename-image', name, 'other'],
        ['read-only-image', name],
        ['import-raw', '--force', source, name],
        ['import-fs', '--force', tree, name],
      ];
      for (const parameters of cases) {
        await t.test(parameters.slice(0, 2).join(' '), async () => {
          assert.match(await scene.fail(5, ...parameters), new RegExp(`${name}.*in use`));
          assert.deepEqual(readdirSync(scene.host.imageRoot), before);
        });
      }
      await t.test(`${name} is cloned and exported`, async () => {
        await scene.succeed('clone-image', name, `copy-of-${name}`);
        await scene.succeed(verb, name, scene.file('exported'));
        await scene.succeed('remove-image', `copy-of-${name}`);
      });
      const ended = once(machine, 'exit');
      machine.stdin?.end();
      await ended;
      await scene.succeed('remove-image', name);
    }
  });
});

test('list-images: what counts as an image, of which class, read-only or not, with times and sizes', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    place(scene, 'tree', 'tree');
    place(scene, 'disk', 'disk');
    shell(
      `cd "$1"
      mkdir .hidden .#ferry-tar-0123456789abcdef
      touch .raw-http:\\\\x2f\\\\x2fh\\\\x2fx\\\\x2eraw.raw file text.txt ext.sysext.raw
      mkfifo fifo; ln -s /nowhere dangling.raw; ln -s disk.raw link.raw
      mkdir many.raw.v many.v; touch many.raw.v/many_1.raw many.raw.v/many_10.raw many.raw.v/many_9.raw
      mkdir empty.raw.v stack.mstack stack.mstack/rw`,
      [scene.host.imageRoot],
    );
    run('chmod', ['a-w', scene.image('disk.raw')]);
    const isVolume = scene.type === 'btrfs';
    if (isVolume) run('btrfs', ['subvolume', 'create', scene.image('volume')]);
    await t.test('machines', async () => {
      const images = await list(scene, '-m', '--all');
      const rows = images.map(({ name, type, path, ro }) => [
        name,
        type,
        path.replace(`${scene.host.imageRoot}/`, ''),
        ro,
      ]);
      const expected = [
        ['.hidden', 'directory', '.hidden', true],
        ['.raw-http:\\x2f\\x2fh\\x2fx\\x2eraw', 'raw', '.raw-http:\\x2f\\x2fh\\x2fx\\x2eraw.raw', true],
        ['disk', 'raw', 'disk.raw', true],
        ['ext.sysext', 'raw', 'ext.sysext.raw', false],
        ['link', 'raw', 'disk.raw', true],
        ['many', 'raw', 'many.raw.v/many_10.raw', false],
        ['stack', 'mstack', 'stack.mstack', false],
        ['tree', 'directory', 'tree', false],
        ...(isVolume ? [['volume', 'subvolume', 'volume', false]] : []),
      ];
      assert.deepEqual(rows, expected);
      const isShown = ([name]: unknown[]) => !String(name).startsWith('.');
      assert.equal((await list(scene, '-m')).length, expected.filter(isShown).length);
      const disk = images.find(({ name }) => name === 'disk');
      assert.equal(disk?.usage, allocated(scene.image('disk.raw')));
      assert.equal(disk?.limit, 5243905);
      assert.equal(disk?.mtime, Number(statSync(scene.image('disk.raw'), { bigint: true }).mtimeNs / 1000n));
      const tree = images.find(({ name }) => name === 'tree');
      assert.ok((tree?.crtime ?? 0) > 1.7e15);
      assert.deepEqual([tree?.mtime, tree?.usage, tree?.limit], [0, null, null]);
    });
    await t.test('system extensions', async () => {
      const extension = (await list(scene, '-S')).find(({ path }) => path.endsWith('ext.sysext.raw'));
      assert.equal(extension?.name, 'ext');
    });
    await t.test('an image of a .v directory is exported in its newest version', async () => {
      write(scene.image('many.raw.v', 'many_10.raw'), 'ten');
      await scene.succeed('export-raw', 'many', scene.file('ten'));
      assert.equal(readFileSync(scene.file('ten'), 'utf8'), 'ten');
    });
    await t.test('names are escaped in tables and exact in JSON', async () => {
      write(`${scene.host.imageRoot}/euro €.raw`, '');
      assert.match(await scene.succeed('list-images', '-m'), /euro €/);
      assert.ok((await list(scene, '-m')).some(({ name }) => name === 'euro €'));
    });
  });
});

test('clean removes hidden originals and stale temporaries, and says what it would remove', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    place(scene, 'disk', 'kept');
    const original = '.raw-http:\\x2f\\x2fh\\x2fx\\x2eraw.\\x22e\\x22';
    const stale = '.#ferry-raw-0123456789abcdef';
    makeDisk(scene.image(`${original}.raw`));
    run('chmod', ['a-w', scene.image(`${original}.raw`)]);
    write(scene.image(`${original}.roothash`), 'hash');
    makeTree(scene.image('.tar-http:\\x2f\\x2fh\\x2fx\\x2etar'));
    run('chattr', ['+i', scene.image('.tar-http:\\x2f\\x2fh\\x2fx\\x2etar')]);
    makeDisk(scene.image(stale));
    write(scene.image('.#not-ours'), 'x');
    symlinkSync('/etc', scene.image('.hidden-link'));
    const before = scene.host.images();
    const expected = [
      '.raw-http:\\x2f\\x2fh\\x2fx\\x2eraw.\\x22e\\x22.raw',
      `${original}.roothash`,
      '.tar-http:\\x2f\\x2fh\\x2fx\\x2etar',
      stale,
    ];
    for (const options of [['--dry-run'], []]) {
      await t.test(`clean ${options.join('')}`, async () => {
        const found: { path: string; bytes: number; reason: string }[] = JSON.parse(
          await scene.succeed('clean', '-m', '--json=short', ...options),
        );
        assert.deepEqual(found.map(({ path }) => path.split('/').at(-1)).sort(), [...expected].sort());
        assert.ok(found.every(({ bytes, path }) => bytes >= 300_000 || !path.endsWith('.raw')));
        assert.equal(found.find(({ path }) => path.endsWith(stale))?.reason, 'temporary');
        const left = options.length > 0 ? before : before.filter((name) => !expected.includes(name));
        assert.deepEqual(scene.host.images(), left);
      });
    }
    await t.test('the last line has sums, and sums by kind', async () => {
      makeDisk(scene.image(`${original}.raw`));
      write(scene.image(stale), 'x');
      const old = await scene.succeed('clean', '-m', '--older-than=1h');
      assert.equal(old, 'No leftovers.\n');
      const planned = await scene.succeed('clean', '-m', '--dry-run', '--older-than=0', '--keep=1');
      assert.match(planned, /\n\n1 leftover would be removed, \d+(\.\d)?K?B?\.\n$/);
      assert.match(planned, /^PATH +REASON +AGE +SIZE\n/);
      const done = await scene.succeed('clean', '-m', '--older-than=0');
      assert.match(done, /\n2 leftovers removed, \S+ \(1 original \S+, 1 temporary \S+\)\.\n$/);
    });
    await t.test('nothing is left to clean', async () => {
      assert.equal(await scene.succeed('clean', '-m'), 'No leftovers.\n');
    });
  });
});

test('a link among images is removed, not what it leads to', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    symlinkSync(disk, scene.image('linked.raw'));
    await scene.succeed('remove-image', 'linked');
    assert.ok(existsSync(disk));
    mkdirSync(scene.image('outside'));
    writeFileSync(join(scene.image('outside'), 'file'), '');
    const { status, stderr } = await scene.host.ferryctl(['remove-image', '../place']);
    assertFailure(14, { status, stderr }, ['remove-image']);
    assert.ok(existsSync(scene.place));
  });
});
