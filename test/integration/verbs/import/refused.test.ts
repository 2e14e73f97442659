import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../../support/command.js';
import { write } from '../../../support/files.js';
import { compress, makeDisk, makeTree, packWithTar } from '../../../support/images/sources.js';
import { needs } from '../../../support/needs.js';
import { assertFailure, onEachScene, type Scene } from '../../../support/service/scene.js';
import { type Ending, importStream } from '../../../support/service/upgraded.js';

type Verb = 'import-tar' | 'import-raw' | 'import-fs';

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'setfacl', 'setfattr', 'xz', 'zstd', 'bzip2', 'qemu-img'] });
}

/** What cannot be imported, and what is said then. `make` gives back the path. */
const refused: [what: string, verb: Verb, make: (scene: Scene) => string, says: RegExp, status: number][] = [
  ['a file that is not there', 'import-tar', (scene) => scene.file('nothing'), /nothing.*no such file/i, 3],
  ['a directory as an archive', 'import-tar', (scene) => scene.place, /import-fs/, 2],
  ['a directory as a disk', 'import-raw', (scene) => scene.place, /import-fs/, 2],
  ['a file as a directory', 'import-fs', (scene) => write(scene.file('file'), 'x'), /import-tar/, 2],
  ['words as an archive', 'import-tar', (scene) => write(scene.file('words'), 'words '.repeat(1000)), /tar/, 11],
  ['an empty archive', 'import-tar', (scene) => write(scene.file('empty'), ''), /empty|tar/, 11],
  [
    'an archive that breaks off',
    'import-tar',
    (scene) => write(scene.file('cut.tar'), readFileSync(packed(scene)).subarray(0, 5000)),
    /ends|truncated|incomplete|cut/i,
    12,
  ],
  [
    'a compressed archive that breaks off',
    'import-tar',
    (scene) => write(scene.file('cut.tar.zst'), readFileSync(compress(packed(scene), '.zst')).subarray(0, -30)),
    /ends|truncated|incomplete|cut/i,
    12,
  ],
  [
    'a compressed disk that breaks off',
    'import-raw',
    (scene) =>
      write(scene.file('cut.raw.xz'), readFileSync(compress(makeDisk(scene.file('cut.raw')), '.xz')).subarray(0, -30)),
    /ends|truncated|incomplete|cut|corrupt/i,
    12,
  ],
  [
    'a compressed disk that is damaged',
    'import-raw',
    (scene) => {
      const bytes = readFileSync(compress(makeDisk(scene.file('bad.raw')), '.gz'));
      const middle = bytes.length >> 1;
      bytes.fill(0x55, middle, middle + 64);
      return write(scene.file('bad.raw.gz'), bytes);
    },
    /damaged|corrupt|invalid|checksum/i,
    12,
  ],
  [
    'a qcow2 image on a backing file',
    'import-raw',
    (scene) => {
      run('qemu-img', ['create', '-q', '-f', 'qcow2', scene.file('base.qcow2'), '1M']);
      run('qemu-img', [
        'create',
        '-q',
        '-f',
        'qcow2',
        '-b',
        scene.file('base.qcow2'),
        '-F',
        'qcow2',
        scene.file('top.qcow2'),
      ]);
      return scene.file('top.qcow2');
    },
    /backing file.*base\.qcow2/,
    11,
  ],
  [
    'an archive that leads out of the image',
    'import-tar',
    (scene) => {
      shell('cd "$1" && echo x >victim && tar --create --absolute-names --transform=s,^,../, -f out.tar victim', [
        scene.place,
      ]);
      return scene.file('out.tar');
    },
    /\.\./,
    12,
  ],
];

function packed(scene: Scene): string {
  return packWithTar(makeTree(scene.file('tree')), scene.file('small.tar'));
}

test('what cannot be imported is told in one line, and nothing is left', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    for (const [what, verb, make, says, status] of refused) {
      await t.test(what, async () => {
        scene.clearImages();
        scene.clearPlace();
        const path = make(scene);
        const stderr = await scene.fail(status, verb, '-q', '-m', path, 'image');
        assert.match(stderr, says);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
        assert.deepEqual(scene.host.images(), []);
      });
    }
  });
});

const endings: [Ending, string | null][] = [
  ['truth', null],
  ['lie', 'io.ferry.Transfer.Corrupt'],
];

test('bytes over an upgraded connection count only when the sender vouches for them', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const bytes = readFileSync(makeDisk(scene.file('disk')));
    for (const [ending, expected] of [...endings, ['silence', 'io.ferry.Transfer.Corrupt'] as const]) {
      await t.test(ending, async () => {
        scene.clearImages();
        assert.equal(await importStream(scene, { format: 'raw', name: 'image' }, bytes, ending), expected);
        assert.deepEqual(scene.host.images(), expected === null ? ['image.raw'] : []);
      });
    }
  });
});

test('a forced import that fails leaves the old image as it is', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (_, scene) => {
    const disk = makeDisk(scene.file('disk.raw'));
    await scene.succeed('import-raw', '-m', disk, 'image');
    const before = statSync(scene.image('image.raw')).ino;
    const cut = write(scene.file('cut.gz'), readFileSync(compress(disk, '.gz')).subarray(0, -9));
    const { status, stderr } = await scene.host.ferryctl(['import-raw', '-m', '--force', cut, 'image']);
    assertFailure(12, { status, stderr }, ['import-raw']);
    assert.equal(statSync(scene.image('image.raw')).ino, before);
    assert.deepEqual(scene.host.images(), ['image.raw']);
  });
});
