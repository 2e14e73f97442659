import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type Outcome, shell } from '../../../support/command.js';
import { allocated, digestOf, leftovers, opened } from '../../../support/files.js';
import { type CompareOptions, compareTrees } from '../../../support/images/compare-trees.js';
import { makeDisk, makeTree, unpackWithTar } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { projectFile } from '../../../support/project.js';
import { inShell, runWithStreams } from '../../../support/service/client-streams.js';
import { onEachScene, type Scene } from '../../../support/service/scene.js';
import { exportStream } from '../../../support/service/upgraded.js';

type Verb = 'export-tar' | 'export-raw';

/** The programs that undo a compression. */
const decompressors: Readonly<Record<string, string>> = {
  uncompressed: 'cat',
  gzip: 'gzip -dc',
  xz: 'xz -dc',
  zstd: 'zstd -q -dc',
  bzip2: 'bzip2 -dc',
};

/** The ways in which an exported image can leave, to a file at `path`. */
const ways: Readonly<Record<string, (scene: Scene, verb: Verb, format: string, path: string) => Promise<Outcome>>> = {
  path: (scene, verb, format, path) => scene.host.ferryctl([verb, '-m', `--format=${format}`, 'image', path]),
  pipe: async (scene, verb, format, path) =>
    inShell(scene, `set -o pipefail; "$@" ${verb} -m --format=${format} image - | cat >${path}`),
  'file as standard output': async (scene, verb, format, path) => {
    using file = opened(path, 'w');
    return await runWithStreams(scene, [verb, '-m', `--format=${format}`, 'image'], { stdout: file.fd });
  },
  'file in append mode': async (scene, verb, format, path) => {
    writeFileSync(path, 'before');
    const outcome = inShell(scene, `"$@" ${verb} -m --format=${format} image >>${path}`);
    const bytes = readFileSync(path);
    assert.equal(bytes.subarray(0, 6).toString(), 'before');
    writeFileSync(path, bytes.subarray(6));
    return outcome;
  },
  'upgraded connection': async (scene, verb, format, path) => {
    const { bytes, said } = await exportStream(scene, {
      format: verb === 'export-tar' ? 'tar' : 'raw',
      name: 'image',
      compression: format,
    });
    writeFileSync(path, bytes);
    assert.deepEqual({ bytes: bytes.length, sha256: digestOf(path) }, said);
    return { status: 0, stdout: '', stderr: '' };
  },
};

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'setfacl', 'setfattr', 'setcap', 'xz', 'zstd', 'bzip2', 'filefrag'] });
}

test('export-tar: each compression, each way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'image');
    const path = scene.file('exported');
    let first: Buffer | undefined;
    for (const [format, decompress] of Object.entries(decompressors)) {
      for (const [way, act] of Object.entries(ways)) {
        await t.test(`${format}, ${way}`, async () => {
          rmSync(path, { force: true });
          const { status, stderr } = await act(scene, 'export-tar', format, path);
          assert.equal(status, 0, stderr);
          shell(`${decompress} <"$1" >"$1.tar"`, [path]);
          first ??= readFileSync(`${path}.tar`);
          assert.ok(readFileSync(`${path}.tar`).equals(first), 'the same tree makes the same archive');
          assert.deepEqual(leftovers(scene.place), []);
          assert.deepEqual(scene.host.images(), ['image']);
        });
      }
    }
    await t.test('what was exported is the tree, for GNU tar too', () => {
      const unpacked = unpackWithTar(`${path}.tar`, scene.file('unpacked'));
      assert.deepEqual(compareTrees(scene.image('image'), unpacked, { holes: true }), []);
    });
  });
});

test('export-raw: each compression, each way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    await scene.succeed('import-raw', '-m', disk, 'image');
    const path = scene.file('exported');
    for (const [format, decompress] of Object.entries(decompressors)) {
      for (const [way, act] of Object.entries(ways)) {
        await t.test(`${format}, ${way}`, async () => {
          rmSync(path, { force: true });
          const { status, stderr } = await act(scene, 'export-raw', format, path);
          assert.equal(status, 0, stderr);
          const hasHoles = format === 'uncompressed' && /^(path|file as)/.test(way);
          if (hasHoles) assert.equal(allocated(path), allocated(disk));
          shell(`${decompress} <"$1" >"$1.raw"`, [path]);
          assert.equal(digestOf(`${path}.raw`), digestOf(disk));
          assert.deepEqual(leftovers(scene.place), []);
          assert.deepEqual(scene.host.images(), ['image.raw']);
        });
      }
    }
  });
});

const suffixes: [file: string, format: string | null, expected: string][] = [
  ['x', null, 'uncompressed'],
  ['x.tar', null, 'uncompressed'],
  ['x.tar.gz', null, 'gzip'],
  ['x.tgz', null, 'gzip'],
  ['x.tar.xz', null, 'xz'],
  ['x.txz', null, 'xz'],
  ['x.tar.zst', null, 'zstd'],
  ['x.tzst', null, 'zstd'],
  ['x.tar.bz2', null, 'bzip2'],
  ['x.tbz2', null, 'bzip2'],
  ['x.gz', 'zst', 'zstd'],
  ['x.gz', 'zstd', 'zstd'],
  ['x.gz', 'uncompressed', 'uncompressed'],
  ['x', 'gzip', 'gzip'],
];

/** What a file begins with when it is compressed so. */
const magics: Readonly<Record<string, string>> = {
  gzip: '1f8b',
  xz: 'fd377a585a00',
  zstd: '28b52ffd',
  bzip2: '425a68',
  uncompressed: '2e2f',
};

test('--format= and suffixes say how to compress', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    mkdirSync(scene.file('tree'));
    await scene.succeed('import-fs', '-m', scene.file('tree'), 'image');
    for (const [file, format, expected] of suffixes) {
      await t.test(`${file} ${format ?? ''}`, async () => {
        const options = format === null ? [] : [`--format=${format}`];
        await scene.succeed('export-tar', '-m', ...options, 'image', scene.file(file));
        const magic = magics[expected] ?? '';
        const start = readFileSync(scene.file(file))
          .subarray(0, magic.length / 2)
          .toString('hex');
        // The first header may be that of the extended header of the root.
        assert.equal(expected === 'uncompressed' ? '2e2f' : start, magic);
        if (expected === 'uncompressed')
          assert.equal(readFileSync(scene.file(file)).subarray(257, 262).toString(), 'ustar');
      });
    }
    for (const format of ['lz4', 'XZ', '', 'gz']) {
      await t.test(`--format=${format} is refused`, async () => {
        assert.match(
          await scene.fail(2, 'export-tar', '-m', `--format=${format}`, 'image', scene.file('no')),
          /--format=/,
        );
      });
    }
  });
});

/** Times of the root, which a filesystem changes when its image gets a name, and what a snapshot does not touch. */
const exactly: CompareOptions = { holes: true };

test('a round trip through every compression gives an identical tree, and the same bytes again', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const tree = scene.file('tree');
    mkdirSync(tree);
    shell(`bash "$1" "$2"; rm -f "$2/huge-sparse"`, [projectFile('test/corpus/complete-tree.sh'), tree]);
    await scene.succeed('import-fs', '-m', tree, 'first');
    assert.deepEqual(compareTrees(tree, scene.image('first'), exactly), []);
    await scene.succeed('export-tar', '-m', 'first', scene.file('first.tar'));
    for (const format of Object.keys(decompressors)) {
      await t.test(format, async () => {
        await scene.succeed('export-tar', '-m', `--format=${format}`, 'first', scene.file('packed'));
        await scene.succeed('import-tar', '-m', '--force', scene.file('packed'), 'second');
        assert.deepEqual(compareTrees(tree, scene.image('second'), exactly), []);
        await scene.succeed('export-tar', '-m', 'second', scene.file('second.tar'));
        assert.equal(digestOf(scene.file('second.tar')), digestOf(scene.file('first.tar')));
      });
    }
  });
});

test('a hole as large as a disk costs nothing on the way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (_, scene) => {
    shell('truncate -s 30G "$1"; printf x | dd of="$1" bs=1 seek=20G conv=notrunc status=none', [
      scene.file('large.raw'),
    ]);
    await scene.succeed('import-raw', '-m', scene.file('large.raw'), 'large');
    assert.ok(allocated(scene.image('large.raw')) < 1 << 20);
    await scene.succeed('export-raw', '-m', 'large', scene.file('again.raw'));
    assert.equal(statSync(scene.file('again.raw')).size, 30 * 1024 ** 3);
    assert.ok(allocated(scene.file('again.raw')) < 1 << 20);
    shell('cd "$1"; mkdir tree; mv again.raw tree', [scene.place]);
    await scene.succeed('import-fs', '-m', scene.file('tree'), 'tree');
    await scene.succeed('export-tar', '-m', 'tree', scene.file('tree.tar'));
    assert.ok(statSync(scene.file('tree.tar')).size < 1 << 20);
    await scene.succeed('import-tar', '-m', scene.file('tree.tar'), 'back');
    assert.ok(allocated(scene.image('back', 'again.raw')) < 1 << 20);
    assert.equal(statSync(scene.image('back', 'again.raw')).size, 30 * 1024 ** 3);
  });
});
