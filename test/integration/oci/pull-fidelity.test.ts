import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../support/command.js';
import { compareTrees } from '../../support/images/compare-trees.js';
import { needs } from '../../support/needs.js';
import { layerCases, timesOfWork } from '../../support/oci/layer-cases.js';
import { unpackLayout } from '../../support/oci/umoci.js';
import { dockerRegistry, needsDockerRegistry } from '../../support/registry/docker-registry.js';
import { makeImage, makeLayer } from '../../support/registry/images.js';
import { upload } from '../../support/registry/upload.js';
import { ferryHost, needsProduct } from '../../support/service/ferry-host.js';
import { temporaryDirectory } from '../../support/temporary.js';

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
