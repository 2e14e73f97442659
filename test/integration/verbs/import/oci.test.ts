import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { run, shell } from '../../../support/command.js';
import { leftovers } from '../../../support/files.js';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { makeTree } from '../../../support/images/sources.js';
import { like, re } from '../../../support/like.js';
import { needs } from '../../../support/needs.js';
import { layoutArchive, layoutFiles } from '../../../support/registry/archives.js';
import { makeImage, makeLayer } from '../../../support/registry/images.js';
import { packLayer } from '../../../support/registry/tar-layer.js';
import { onEachScene, type Scene } from '../../../support/service/scene.js';
import { needsService, setStage } from '../../../support/service/stage.js';
import { importStream } from '../../../support/service/upgraded.js';
import { temporaryDirectory } from '../../../support/temporary.js';
import { fileSystemFull } from '../../../support/texts/common.js';
import { archiveLacksIt, bytesHaveDigest, couldNotBeWritten } from '../../../support/texts/formats.js';

function needsTools(t: TestContext): boolean {
  return needs(t, { root: true, programs: ['tar', 'setfacl', 'setfattr', 'skopeo', 'umoci'] });
}

/** The names of the images, without the layers that they share. */
function imagesOf(scene: Scene): string[] {
  return scene.host.images().filter((name) => !name.startsWith('.'));
}

test('import-oci: what export-oci, skopeo and docker save make becomes the same tree, in every way', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'image');
    const archive = scene.file('image.oci');
    await scene.succeed('export-oci', '-m', 'image', archive);
    const [docker, layout] = [scene.file('docker.tar'), scene.file('layout')];
    run('skopeo', ['copy', '--quiet', `oci-archive:${archive}`, `docker-archive:${docker}:web:1`]);
    mkdirSync(layout);
    run('tar', ['-C', layout, '-xf', archive]);
    shell('gzip -k "$1"', [docker]);
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      'an OCI archive': () => scene.succeed('import-oci', '-m', archive, 'copy'),
      'what docker save writes': () => scene.succeed('import-oci', '-m', '--tag=web:1', docker, 'copy'),
      'the same, compressed': () => scene.succeed('import-oci', '-m', `${docker}.gz`, 'copy'),
      'a directory': () => scene.succeed('import-oci', '-m', layout, 'copy'),
      'standard input': async () => {
        const { status, stderr } = await scene.host.ferryctl(['import-oci', '-m', '-', 'copy'], {
          input: readFileSync(archive),
        });
        assert.equal(status, 0, stderr);
      },
      'an upgraded connection': async () => {
        assert.equal(await importStream(scene, { format: 'oci', name: 'copy' }, readFileSync(archive), 'truth'), null);
      },
    };
    for (const [way, act] of Object.entries(ways)) {
      await t.test(way, async () => {
        await act();
        assert.deepEqual(compareTrees(scene.image('image'), scene.image('copy'), { ignoreRoot: true }), []);
        assert.match(readFileSync(scene.image('copy.nspawn'), 'utf8'), /^\[Exec\]$/m);
        assert.equal(JSON.parse(readFileSync(scene.image('copy.oci-config'), 'utf8')).os, 'linux');
        assert.deepEqual(leftovers(scene.place), []);
        await scene.succeed('remove-image', '-m', 'copy');
      });
    }
  });
});

const low = makeLayer([{ path: 'etc/' }, { path: 'etc/low', content: 'low' }, { path: 'etc/gone', content: 'gone' }]);
const high = makeLayer([{ path: 'etc/.wh.gone' }, { path: 'etc/high', content: 'high' }]);
const image = makeImage({ layers: [low, high, low], config: { Cmd: ['/bin/app', 'a b'], User: 'web' } });

test('import-oci: several layers become one tree, and are shared with the next import', async (t) => {
  if (!needs(t, { root: true })) return;
  await onEachScene(t, ['ext4'], async (_, scene) => {
    writeFileSync(scene.file('web.tar'), layoutArchive([{ image }]));
    const said = await scene.succeed('import-oci', scene.file('web.tar'));
    assert.deepEqual(imagesOf(scene), ['web', 'web.nspawn', 'web.oci-config']);
    assert.equal(readFileSync(scene.image('web/etc/high'), 'utf8'), 'high');
    assert.match(readFileSync(scene.image('web.nspawn'), 'utf8'), /^User=web$/m);
    assert.match(said, /web/);
    const layers = scene.host.images().filter((name) => name.startsWith('.oci-'));
    await scene.succeed('import-oci', scene.file('web.tar'), 'again');
    assert.deepEqual(
      scene.host.images().filter((name) => name.startsWith('.oci-')),
      layers,
    );
    const { stdout } = await scene.host.ferryctl(['--json=short', 'import-oci', '--force', scene.file('web.tar')]);
    assert.equal(JSON.parse(stdout).manifestDigest, image.manifest.digest);
  });
});

test('import-oci: damaged archives are refused, and nothing is placed', async (t) => {
  if (!needs(t, { root: true })) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    const path = `blobs/${high.digest.replace(':', '/')}`;
    const files = layoutFiles([{ image }]).filter((file) => file.path !== path);
    const wrong = makeLayer([{ path: '../../outside', content: 'x' }]);
    const cases: [what: string, archive: Buffer, status: number, message: RegExp][] = [
      ['a missing layer', packLayer(files), 6, like`cannot be verified: ${archiveLacksIt}`],
      ['an altered layer', packLayer([...files, { path, content: low.bytes }]), 6, like`${bytesHaveDigest('sha256:')}`],
      [
        'a layer that is no archive',
        layoutArchive([{ image: makeImage({ layers: [makeLayer(Buffer.from('x'))] }) }]),
        11,
        /x/,
      ],
      ['a layer that leads outside', layoutArchive([{ image: makeImage({ layers: [wrong] }) }]), 12, /outside/],
      ['an archive that is cut off', layoutArchive([{ image }]).subarray(0, 5000), 12, /cut off|truncated/],
      ['something else', gzipSync(packLayer([{ path: 'a' }])), 11, /neither an OCI image layout/],
    ];
    for (const [what, archive, status, message] of cases) {
      await t.test(what, async () => {
        writeFileSync(scene.file('x.tar'), archive);
        assert.match(await scene.fail(status, 'import-oci', scene.file('x.tar'), 'x'), message);
        assert.deepEqual(imagesOf(scene), []);
      });
    }
  });
});

test('import-oci: an archive for which there is no room is refused with the free bytes', async (t) => {
  if (!needsService(t) || !needs(t, { root: true, features: ['mount'] })) return;
  const place = temporaryDirectory(t);
  const [mount, archive] = [place.file('full'), place.file('large.tar')];
  mkdirSync(mount);
  run('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', mount]);
  const large = makeLayer([{ path: 'large', content: randomBytes(512 * 1024) }]);
  writeFileSync(archive, layoutArchive([{ image: makeImage({ layers: [large] }) }]));
  const { host } = await setStage(t, { imageRoot: mount });
  const { status, stderr } = await host.ferryctl(['import-oci', '--quiet', archive, 'x']);
  assert.equal(status, 8, stderr);
  const full = couldNotBeWritten(fileSystemFull, re(/\d+/), 'make room');
  assert.match(stderr, like`Failed to import image 'x': The temporary file of the archive ${full}`);
  assert.deepEqual(
    readdirSync(mount).filter((name) => !name.startsWith('.')),
    [],
  );
});
