import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, shell } from '../../../support/command.js';
import { digestOf, leftovers, opened } from '../../../support/files.js';
import { compareTrees } from '../../../support/images/compare-trees.js';
import { makeTree } from '../../../support/images/sources.js';
import { like, re } from '../../../support/like.js';
import { needs } from '../../../support/needs.js';
import { inShell, runWithStreams } from '../../../support/service/client-streams.js';
import { onEachScene, type Scene } from '../../../support/service/scene.js';
import { exportStream } from '../../../support/service/upgraded.js';
import { isExportedTo, notWrittenAs } from '../../../support/texts/client.js';

const layerTypes: Readonly<Record<string, string>> = {
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  uncompressed: 'application/vnd.oci.image.layer.v1.tar',
};

function needsTools(t: TestContext): boolean {
  return needs(t, { programs: ['tar', 'setfacl', 'setfattr', 'setcap', 'skopeo', 'umoci', 'zstd'] });
}

/** What skopeo says of an archive. */
function inspected(archive: string, ...options: string[]): Record<string, unknown> {
  return JSON.parse(run('skopeo', ['inspect', ...options, `oci-archive:${archive}`]));
}

/** Unpacks an archive with umoci. */
function unpackWithUmoci(archive: string, place: string): string {
  const [layout, bundle] = [join(place, 'layout'), join(place, 'bundle')];
  for (const path of [layout, bundle]) rmSync(path, { recursive: true, force: true });
  mkdirSync(layout);
  run('tar', ['-C', layout, '-xf', archive]);
  run('umoci', ['unpack', '--image', `${layout}:latest`, bundle]);
  return join(bundle, 'rootfs');
}

/** That the layer is what the configuration says of it, decoded by the program of its compression. */
function checkLayer(archive: string, format: string): void {
  const { layers } = inspected(archive, '--raw') as { layers: { digest: string }[] };
  const { rootfs } = inspected(archive, '--config', '--raw') as { rootfs: object };
  const program = { gzip: 'gzip -dc', zstd: 'zstd -q -dc', uncompressed: 'cat' }[format] ?? 'false';
  const blob = `blobs/${layers[0]?.digest.replace(':', '/')}`;
  const [digest] = shell(`tar -xOf "$1" "$2" | ${program} | sha256sum`, [archive, blob]).split(' ');
  assert.deepEqual(rootfs, { type: 'layers', diff_ids: [`sha256:${digest}`] });
}

const ways: Readonly<Record<string, (scene: Scene, format: string, path: string) => Promise<void>>> = {
  path: async (scene, format, path) => {
    await scene.succeed('export-oci', '-m', `--format=${format}`, 'image', path);
  },
  pipe: async (scene, format, path) => {
    const script = `set -o pipefail; "$@" export-oci -m --format=${format} image - | cat >${path}`;
    assert.equal(inShell(scene, script).status, 0);
  },
  'file as standard output': async (scene, format, path) => {
    using file = opened(path, 'w');
    const parameters = ['export-oci', '-m', `--format=${format}`, 'image'];
    assert.equal((await runWithStreams(scene, parameters, { stdout: file.fd })).status, 0);
  },
  'upgraded connection': async (scene, format, path) => {
    const { bytes, said } = await exportStream(scene, { format: 'oci', name: 'image', compression: format });
    writeFileSync(path, bytes);
    assert.deepEqual({ bytes: bytes.length, sha256: digestOf(path) }, said);
  },
};

test('export-oci: each compression and each way give the same archive, which skopeo and umoci take', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4', 'btrfs'], async (t, scene) => {
    await scene.succeed('import-fs', '-m', makeTree(scene.file('tree')), 'image');
    const path = scene.file('exported.oci');
    for (const [format, mediaType] of Object.entries(layerTypes)) {
      let first: string | undefined;
      for (const [way, act] of Object.entries(ways)) {
        await t.test(`${format}, ${way}`, async () => {
          rmSync(path, { force: true });
          await act(scene, format, path);
          first ??= digestOf(path);
          assert.equal(digestOf(path), first, 'the same tree makes the same archive');
          assert.deepEqual(leftovers(scene.place), []);
          assert.deepEqual(scene.host.images(), ['image']);
        });
      }
      await t.test(`${format}: what skopeo and umoci make of it`, () => {
        const { layers } = inspected(path, '--raw');
        assert.deepEqual(
          (layers as { mediaType: string }[]).map((layer) => layer.mediaType),
          [mediaType],
        );
        checkLayer(path, format);
        // umoci reads no zstd.
        if (format === 'zstd') return;
        const rootfs = unpackWithUmoci(path, scene.place);
        assert.deepEqual(compareTrees(scene.image('image'), rootfs, { ignoreRoot: true }), []);
      });
    }
  });
});

/** The configuration in an archive. */
function configOf(archive: string): Record<string, unknown> {
  return inspected(archive, '--config');
}

test('the configuration of an exported image is the one beside it, or made of what is known', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    mkdirSync(scene.file('tree/usr/lib'), { recursive: true });
    mkdirSync(scene.file('tree/bin'));
    writeFileSync(scene.file('tree/bin/sh'), '#!/bin/true\n');
    writeFileSync(scene.file('tree/usr/lib/os-release'), 'PRETTY_NAME="Small Linux"\nVERSION_ID=7\n');
    await scene.succeed('import-fs', '-m', scene.file('tree'), 'image');
    const path = scene.file('out.oci');
    const exported = async () => {
      const said = await scene.succeed('export-oci', '-m', 'image', path);
      const { architecture: _architecture, rootfs: _rootfs, ...config } = configOf(path);
      return { said, ...config, config: config['config'] };
    };
    const labels = {
      'org.opencontainers.image.title': 'Small Linux',
      'org.opencontainers.image.version': '7',
    };
    const search = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    await t.test('of os-release', async () => {
      const { said, config } = await exported();
      assert.deepEqual(config, { Env: [search], Cmd: ['/bin/sh'], Labels: labels });
      const { digest } = JSON.parse(run('tar', ['-xOf', path, 'index.json'])).manifests[0];
      assert.match(said, like`${isExportedTo('image', path, re(/[0-9.]+K, sha256:\w+/))}`);
      assert.ok(said.includes(`, ${digest})`), said);
    });
    await t.test('of .nspawn', async () => {
      writeFileSync(scene.image('image.nspawn'), '[Exec]\nParameters=/bin/sh -c "a b"\nUser=web\n[Network]\nPort=80\n');
      const { config } = await exported();
      const made = { Env: [search], Cmd: ['/bin/sh', '-c', 'a b'], Labels: labels };
      assert.deepEqual(config, { User: 'web', ExposedPorts: { '80/tcp': {} }, ...made });
    });
    await t.test('of .oci-config', async () => {
      const given = { created: '2026-01-02T03:04:05Z', author: 'me', os: 'linux', config: { Cmd: ['/app'] } };
      writeFileSync(scene.image('image.oci-config'), JSON.stringify({ ...given, history: [{ comment: 'gone' }] }));
      const { said: _said, ...rest } = await exported();
      assert.deepEqual(rest, given);
    });
    const given = scene.image('image.oci-config');
    for (const [what, content, message] of [
      ['not JSON', 'Cmd=/app', `${given} is left out: it is not the configuration of an OCI image`],
      ['too long', ' '.repeat(4 * 1024 * 1024 + 1), `${given} is left out: it has 4194305 bytes, more than 4 MiB`],
    ] as const) {
      await t.test(`an .oci-config that is ${what} is left out with a warning`, async () => {
        writeFileSync(given, content);
        const { said, config } = await exported();
        assert.ok(said.includes(message), said);
        assert.equal((config as { User: string }).User, 'web');
      });
    }
  });
});

test('what cannot be exported as an OCI image is refused, and leaves nothing', async (t) => {
  if (!needsTools(t)) return;
  await onEachScene(t, ['ext4'], async (t, scene) => {
    mkdirSync(scene.file('tree/etc'), { recursive: true });
    writeFileSync(scene.file('tree/etc/.wh.passwd'), '');
    await scene.succeed('import-fs', '-m', scene.file('tree'), 'image');
    writeFileSync(scene.file('disk.raw'), Buffer.alloc(4096, 1));
    await scene.succeed('import-raw', '-m', scene.file('disk.raw'), 'disk');
    const refusals: [parameters: string[], status: number, message: string][] = [
      [
        ['image', scene.file('x.oci')],
        11,
        "Cannot make a layer with 'etc/.wh.passwd': a name that begins with .wh. removes files there; rename it, or use export-tar",
      ],
      [
        ['--format=xz', 'image', scene.file('x.oci')],
        2,
        'Cannot use --format=xz with export-oci: choose gzip, zstd or uncompressed, as OCI layers can be',
      ],
      [['image', scene.file('x.tar.gz')], 2, notWrittenAs('.gz')],
      [['disk', scene.file('x.oci')], 11, 'it is a disk image; use export-raw'],
    ];
    for (const [parameters, status, message] of refusals) {
      await t.test(message, async () => {
        const said = await scene.fail(status, 'export-oci', '-m', ...parameters);
        assert.ok(said.includes(message), said);
        assert.deepEqual(leftovers(scene.place), []);
      });
    }
    await t.test('a compression that layers cannot have, over Varlink', async () => {
      await assert.rejects(exportStream(scene, { format: 'oci', name: 'image', compression: 'bzip2' }), {
        parameters: {
          message: 'Cannot compress the layer of an OCI image with bzip2: choose gzip, zstd or uncompressed',
          needed: 'bzip2',
          allowed: 'gzip, zstd, uncompressed',
        },
      });
    });
  });
});
