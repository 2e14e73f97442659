import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type Outcome, run, shell } from '../../support/command.js';
import { allocated, digestOf, leftovers, opened, write } from '../../support/files.js';
import { type CompareOptions, compareTrees } from '../../support/images/compare-trees.js';
import { makeDisk, makeTree, unpackWithTar } from '../../support/images/sources.js';
import { needs } from '../../support/needs.js';
import { projectFile } from '../../support/project.js';
import { inShell, runWithStreams } from '../../support/service/client-streams.js';
import { assertFailure, onEachScene, type Scene } from '../../support/service/scene.js';
import { exportStream } from '../../support/service/upgraded.js';

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
          await scene.fail('export-tar', '-m', `--format=${format}`, 'image', scene.file('no')),
          /--format=/,
        );
      });
    }
  });
});

/** Exports that fail, and what is said then. */
const refused: [what: string, parameters: (scene: Scene) => string[], says: RegExp][] = [
  ['an image that is not there', (scene) => ['export-tar', '-m', 'nothing', scene.file('old')], /nothing/],
  ['a misspelled name', (scene) => ['export-tar', '-m', 'treee', scene.file('old')], /tree/],
  ['a tree as a disk', (scene) => ['export-raw', '-m', 'tree', scene.file('old')], /export-tar/],
  ['a disk as a tree', (scene) => ['export-tar', '-m', 'disk', scene.file('old')], /export-raw/],
  ['into a directory', (scene) => ['export-tar', '-m', 'tree', scene.place], /directory/],
  ['into a folder that is not there', (scene) => ['export-tar', '-m', 'tree', scene.file('no/old')], /no such/i],
  [
    'another class',
    (scene) => ['export-tar', '-P', '--image-root=/var/tmp/no-such', 'tree', scene.file('old')],
    /portable|tree/,
  ],
];

test('an export that fails leaves the old file as it is', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'tree');
    await scene.succeed('import-raw', '-m', makeDisk(scene.file('disk.raw')), 'disk');
    write(scene.file('old'), 'old');
    const before = readdirSync(scene.place);
    for (const [what, parameters, says] of refused) {
      await t.test(what, async () => {
        assert.match(await scene.fail(...parameters(scene)), says);
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
      const stderr = await scene.fail('export-raw', '-m', 'disk', `${small}/old`);
      assert.match(stderr, /room|full/i);
      assert.equal(readFileSync(`${small}/old`, 'utf8'), 'old');
      assert.deepEqual(readdirSync(small), ['old']);
      for (const format of ['gzip', 'zstd', 'xz', 'bzip2'])
        assert.match(await scene.fail('export-raw', '-m', `--format=${format}`, 'disk', `${small}/old`), /space|full/i);
      assert.match(await scene.fail('export-tar', '-m', 'tree', '/dev/full'), /space|full/i);
      run('umount', [small]);
    });
    await t.test('the reader goes away', () => {
      const { status, stderr } = inShell(scene, 'set -o pipefail; "$@" export-raw -m disk | head -c 10 >/dev/null');
      assertFailure({ status, stderr }, ['export-raw']);
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

/** Times of the root, which a filesystem changes when its image gets a name, and what a snapshot does not touch. */
const exactly: CompareOptions = { holes: true };

test('a round trip through every compression gives an identical tree, and the same bytes again', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    const tree = scene.file('tree');
    mkdirSync(tree);
    shell(`bash "$1" "$2"; rm -f "$2/huge-sparse"`, [projectFile('test/corpus/completeTree.sh'), tree]);
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
