import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { filter } from '../../support/formats/codecs.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { layerCases, timesOfWork } from '../../support/oci/layer-cases.js';
import { unpackLayout } from '../../support/oci/umoci.js';
import { dockerRegistry, needsDockerRegistry } from '../../support/registry/docker-registry.js';
import { blobOf, descriptorOf, digestOf, makeImage, makeLayer, mediaTypes } from '../../support/registry/images.js';
import { packLayer } from '../../support/registry/tar-layer.js';
import { upload } from '../../support/registry/upload.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { someBytes } from '../../support/service/stage.js';
import { temporaryDirectory } from '../../support/temporary.js';
import { setOciScene } from './scene.js';

const compressions = ['gzip', 'uncompressed', 'zstd'] as const;

test('what pull-oci makes of images in docker-registry is what skopeo and umoci make of them, entry by entry', async (t) => {
  if (!needsProduct(t) || !needsDockerRegistry(t)) return;
  if (!needs(t, { root: true, programs: ['skopeo', 'umoci', 'zstd'] })) return;
  const { path } = temporaryDirectory(t);
  await using registry = await dockerRegistry(t);
  await using host = await ferryHost(t);
  for (const [index, [name, layers]] of Object.entries(layerCases).entries()) {
    const compression = compressions[index % compressions.length] ?? 'gzip';
    // umoci knows no zstd.
    const [ours, theirs] = [compression, compression === 'zstd' ? 'gzip' : compression].map((each) =>
      makeImage({ layers: layers.map((layer) => makeLayer(layer, { compression: each as typeof compression })) }),
    );
    if (ours === undefined || theirs === undefined) throw new Error('no image was made');
    await upload(registry.base, `i${index}`, ours, ['ours']);
    await upload(registry.base, `i${index}`, theirs, ['theirs']);
    const reference = `${registry.host}/i${index}`;
    const { status, stderr } = await host.ferryctl(['pull-oci', '--layout=tree', `${reference}:ours`, `i${index}`]);
    assert.equal(status, 0, `${name}: ${stderr}`);
    const layout = `${path}/layout${index}`;
    run('skopeo', ['copy', '-q', '--src-tls-verify=false', `docker://${reference}:theirs`, `oci:${layout}:latest`]);
    const expected = unpackLayout(`${path}/bundle${index}`, layout);
    const isTime = (line: string) => timesOfWork[name]?.some((each) => line.startsWith(`${each}: mtime`)) === true;
    const found = compareTrees(expected, join(host.imageRoot, `i${index}`), {
      wholeSeconds: true,
      ignoreAttribute: (attribute) => attribute.includes('.ferry.'),
    });
    assert.deepEqual(
      found.filter((line) => !isTime(line)),
      [],
      name,
    );
  }
});

/** What decoders pass over (RFC 8878, 3.1.2). */
function skippable(content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a50, 0);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** A layer as podman pushes with --compression-format=zstd:chunked: frames for parts of the archive, then a table of contents and a footer. */
function chunkedLayer(tar: Buffer, chunkLength: number) {
  const frames: Buffer[] = [];
  for (let at = 0; at < tar.length; at += chunkLength)
    frames.push(filter('zstd', ['-qc'], tar.subarray(at, at + chunkLength)));
  const contents = filter('zstd', ['-qc'], Buffer.from(JSON.stringify({ version: 1, entries: [] })));
  const offset = frames.reduce((sum, { length }) => sum + length, 8);
  const footer = Buffer.alloc(64);
  footer.writeBigUInt64LE(BigInt(offset), 0);
  footer.writeBigUInt64LE(BigInt(contents.length), 8);
  footer.write('GNUlInUx', 56);
  const bytes = Buffer.concat([...frames, skippable(contents), skippable(footer)]);
  const prefix = 'io.github.containers.zstd-chunked.manifest';
  const checksum = `sha256:${createHash('sha256').update(contents).digest('hex')}`;
  const annotations = { [`${prefix}-checksum`]: checksum, [`${prefix}-position`]: `${offset}:${contents.length}:30:1` };
  return { layer: { ...blobOf(bytes, `${mediaTypes.layer}+zstd`), diffId: digestOf(tar) }, annotations };
}

test('layers of zstd:chunked are read as any zstd, and their table of contents is passed over', async (t) => {
  if (!needsProduct(t) || !needs(t, { programs: ['zstd'] })) return;
  const { host, registry, pull } = await setOciScene(t);
  const content = someBytes(2_000_000);
  const tar = packLayer([{ path: 'etc/' }, { path: 'etc/big', content }, { path: 'etc/small', content: 'small' }]);
  const { layer, annotations } = chunkedLayer(tar, 300_000);
  for (const [name, extra] of Object.entries({
    right: annotations,
    // Nobody may be led elsewhere by what they say.
    wrong: Object.fromEntries(Object.keys(annotations).map((key) => [key, '0:18446744073709551615:1:1'])),
  })) {
    const layers = [{ ...descriptorOf(layer), annotations: extra }];
    await pull(registry.push(name, makeImage({ layers: [layer], manifest: { layers } }), 'latest'), name);
    assert.ok(readFileSync(join(host.imageRoot, name, 'etc/big')).equals(content));
    assert.equal(readFileSync(join(host.imageRoot, name, 'etc/small'), 'utf8'), 'small');
  }
});
