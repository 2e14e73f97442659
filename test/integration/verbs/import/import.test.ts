import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type Outcome, run, shell } from '../../../support/command.js';
import { allocated, digestOf, opened, write } from '../../../support/files.js';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { compress, compressors, diskForms, makeDisk, makeTree, packWithTar } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { inShell, runWithStreams } from '../../../support/service/client-streams.js';
import { onEachScene, type Scene } from '../../../support/service/scene.js';
import { importStream } from '../../../support/service/upgraded.js';

type Verb = 'import-tar' | 'import-raw' | 'import-fs';

/** The ways in which an image can come to the service. */
const ways: Readonly<Record<string, (scene: Scene, verb: Verb, path: string) => Promise<Outcome>>> = {
  path: (scene, verb, path) => scene.host.ferryctl([verb, '-m', path, 'image']),
  pipe: async (scene, verb, path) => inShell(scene, `cat ${path} | "$@" ${verb} -m - image`),
  'socket as standard input': (scene, verb, path) =>
    scene.host.ferryctl([verb, '-m', '-', 'image'], { input: readFileSync(path) }),
  'file as standard input': async (scene, verb, path) => {
    using file = opened(path, 'r');
    return await runWithStreams(scene, [verb, '-m', '-', 'image'], { stdin: file.fd });
  },
  'upgraded connection': async (scene, verb, path) => {
    const format = verb === 'import-tar' ? 'tar' : 'raw';
    const error = await importStream(scene, { format, name: 'image' }, readFileSync(path), 'truth');
    return { status: error === null ? 0 : 1, stdout: '', stderr: error ?? '' };
  },
};

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'setfacl', 'setfattr', 'xz', 'zstd', 'bzip2', 'qemu-img'] });
}

test('import-tar: each compression, each way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const tree = makeTree(scene.file('tree'));
    const archive = packWithTar(tree, scene.file('small.tar'));
    for (const suffix of Object.keys(compressors)) {
      const path = compress(archive, suffix);
      for (const [way, act] of Object.entries(ways)) {
        await t.test(`.tar${suffix}, ${way}`, async () => {
          scene.clearImages();
          const { status, stderr } = await act(scene, 'import-tar', path);
          assert.equal(status, 0, stderr);
          assert.deepEqual(scene.host.images(), ['image']);
          assert.deepEqual(compareTrees(tree, scene.image('image'), { holes: true }), []);
          assert.equal(
            statSync(scene.image('image')).ino === 256,
            scene.type === 'btrfs',
            'a subvolume where there are any',
          );
        });
      }
    }
  });
});

test('import-raw: each form, each way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk'));
    const digest = digestOf(disk);
    // qcow2 has whole sectors only.
    const padded = scene.file('padded');
    run('cp', ['--sparse=always', disk, padded]);
    shell('truncate -s %512 "$1"', [padded]);
    for (const form of diskForms) {
      const path = scene.file(`small${form.suffix}`);
      form.make(disk, path);
      const expected = path.endsWith('qcow2') ? digestOf(padded) : digest;
      for (const [way, act] of Object.entries(ways)) {
        await t.test(`${form.suffix}, ${way}`, async () => {
          scene.clearImages();
          const { status, stderr } = await act(scene, 'import-raw', path);
          assert.equal(status, 0, stderr);
          assert.deepEqual(scene.host.images(), ['image.raw']);
          assert.equal(digestOf(scene.image('image.raw')), expected);
          assert.ok(
            allocated(scene.image('image.raw')) < 600_000,
            `${allocated(scene.image('image.raw'))} bytes allocated`,
          );
          assert.equal(statSync(scene.image('image.raw')).mode & 0o7777, 0o644);
        });
      }
    }
  });
});

test('import-fs: a directory by its path, and as standard input', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const tree = makeTree(scene.file('tree'));
    shell('cd "$1"; setfattr -n trusted.note -v x attributes; chattr +dA attributes; chattr +i usr/bin/tool', [tree]);
    for (const [way, act] of [
      ['path', () => scene.host.ferryctl(['import-fs', '-m', tree, 'image'])],
      ['path with a slash at its end', () => scene.host.ferryctl(['import-fs', '-m', `${tree}/`, 'image'])],
      ['standard input', async () => inShell(scene, `"$@" import-fs -m - image <tree`)],
      ['name of the directory', () => scene.host.ferryctl(['import-fs', '-m', tree])],
    ] as const) {
      await t.test(way, async () => {
        scene.clearImages();
        const { status, stderr } = await act();
        assert.equal(status, 0, stderr);
        const [name = ''] = scene.host.images();
        assert.deepEqual(scene.host.images(), [way.startsWith('name') ? 'tree' : 'image']);
        assert.deepEqual(compareTrees(tree, scene.image(name), { holes: true }), []);
        for (const file of ['attributes', 'usr/bin/tool'])
          assert.equal(flagsOf(scene.image(name, file)), flagsOf(`${tree}/${file}`));
        assert.match(flagsOf(scene.image(name, 'usr/bin/tool')), /i/);
      });
    }
    run('chattr', ['-i', `${tree}/usr/bin/tool`]);
  });
});

/** What chattr(1) can set, without what says how the filesystem keeps the file. */
function flagsOf(path: string): string {
  return (run('lsattr', ['-d', path]).split(' ')[0] ?? '').replace(/[-ehN]/g, '');
}

const trees: [what: string, script: string, hoisted: boolean][] = [
  ['an OS tree', 'mkdir -p top/etc && echo ID=x >top/etc/os-release', true],
  ['an OS tree with usr/lib/os-release only', 'mkdir -p top/usr/lib && echo ID=x >top/usr/lib/os-release', true],
  [
    'a system extension',
    'mkdir -p top/usr/lib/extension-release.d && echo ID=_any >top/usr/lib/extension-release.d/extension-release.x',
    true,
  ],
  [
    'a configuration extension',
    'mkdir -p top/etc/extension-release.d && echo ID=_any >top/etc/extension-release.d/extension-release.x',
    true,
  ],
  ['something else', 'mkdir -p top/etc && echo x >top/etc/file', false],
  ['an OS tree beside a hidden file', 'mkdir -p top/etc && echo ID=x >top/etc/os-release && touch .hidden', false],
];

test('a single top directory is hoisted when it is an image', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    for (const [index, [what, script, hoisted]] of trees.entries()) {
      const tree = scene.file(`tree${index}`);
      shell('mkdir "$1" && cd "$1" && eval "$2"; chmod 710 top; chown 5:6 top; touch -d @1000000000 top', [
        tree,
        script,
      ]);
      for (const verb of ['import-tar', 'import-fs'] as const) {
        await t.test(`${verb} of ${what}`, async () => {
          scene.clearImages();
          const source = verb === 'import-fs' ? tree : packWithTar(tree, scene.file(`${index}.tar`));
          await scene.succeed(verb, '-m', source, 'image');
          assert.deepEqual(compareTrees(hoisted ? `${tree}/top` : tree, scene.image('image')), []);
        });
      }
    }
  });
});

const names: [verb: Verb, file: string, name: string | null, expected: string | RegExp][] = [
  ['import-tar', 'a.tar', null, 'a'],
  ['import-tar', 'a.tar.zst', null, 'a'],
  ['import-tar', 'a.tgz', null, 'a'],
  ['import-tar', 'a.txz', null, 'a'],
  ['import-tar', 'a.tar', '-', 'a'],
  ['import-tar', 'a.tar', 'b.tar.xz', 'b'],
  ['import-tar', 'a b.tar', null, 'a b'],
  ['import-tar', '.tar', null, /without its suffix/],
  ['import-tar', 'a.tar', '.#b', /temporary/],
  ['import-tar', 'a.tar', 'b/c', /contains a '\/'/],
  ['import-tar', 'a.tar', '..', /directory/],
  ['import-raw', 'a.raw', null, 'a.raw'],
  ['import-raw', 'a.raw.gz.xz.img.bin', null, 'a.raw'],
  ['import-raw', 'a.sysext.raw', null, 'a.raw'],
  ['import-raw', 'a.qcow2', 'b.img', 'b.raw'],
  ['import-raw', '.raw', null, /without its suffix/],
  ['import-fs', 'a.tar', null, 'a.tar'],
  ['import-fs', 'd.v1', 'x', 'x'],
];

test('images are named after their files, without suffixes, or as asked for', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const archive = packWithTar(makeTree(scene.file('tree')), scene.file('archive'));
    for (const [index, [verb, file, name, expected]] of names.entries()) {
      await t.test(`${verb} ${file} ${name ?? ''}`, async () => {
        scene.clearImages();
        const folder = scene.file(`case${index}`);
        mkdirSync(folder);
        if (verb === 'import-fs') mkdirSync(`${folder}/${file}`);
        else if (verb === 'import-tar') run('cp', [archive, `${folder}/${file}`]);
        else write(`${folder}/${file}`, 'disk');
        const parameters = [verb, '-m', `${folder}/${file}`, ...(name === null ? [] : [name])];
        if (typeof expected === 'string') {
          await scene.succeed(...parameters);
          assert.deepEqual(scene.host.images(), [expected]);
        } else {
          assert.match(await scene.fail(14, ...parameters), expected);
          assert.deepEqual(scene.host.images(), []);
        }
      });
    }
    await t.test('standard input without a name', async () => {
      scene.clearImages();
      assert.match(await scene.fail(2, 'import-tar', '-m', '-'), /NAME/);
      assert.match(await scene.fail(2, 'import-raw', '-m', '-', '-'), /NAME/);
    });
  });
});

test('--force, --read-only and --class', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const tree = makeTree(scene.file('tree'));
    const archive = packWithTar(tree, scene.file('a.tar'));
    const disk = makeDisk(scene.file('a.raw'));
    const sources = { 'import-tar': archive, 'import-fs': tree, 'import-raw': disk };
    for (const [verb, source] of Object.entries(sources)) {
      await t.test(`${verb} refuses a name that is taken, in whatever form`, async () => {
        scene.clearImages();
        await scene.succeed(verb, '-m', source, 'image');
        for (const [other, path] of Object.entries(sources)) {
          assert.match(await scene.fail(4, other, '-m', path, 'image'), /image.*--force/);
        }
        assert.equal(scene.host.images().length, 1);
      });
      for (const [other, path] of Object.entries(sources)) {
        await t.test(`${other} --read-only --force replaces what ${verb} --read-only has made`, async () => {
          scene.clearImages();
          await scene.succeed(verb, '-m', '--read-only', '--force', source, 'image');
          const [{ ro }] = JSON.parse(await scene.succeed('list-images', '-m', '--json=short'));
          assert.equal(ro, true);
          await scene.succeed(other, '-m', '--force', path, 'image');
          assert.deepEqual(scene.host.images(), [other === 'import-raw' ? 'image.raw' : 'image']);
          const [{ ro: after }] = JSON.parse(await scene.succeed('list-images', '-m', '--json=short'));
          assert.equal(after, false);
        });
      }
    }
    for (const imageClass of ['portable', 'sysext', 'confext'])
      await t.test(`--class=${imageClass}`, async () => {
        scene.clearImages();
        await scene.succeed('import-raw', `--class=${imageClass}`, disk, 'image');
        assert.deepEqual(scene.host.images(), ['image.raw']);
      });
  });
});
