import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command.js';
import { descriptorOf, type Image, makeImage, makeLayer } from '../registry/images.js';

/** Writes an OCI image layout directory with one image, tagged `latest`. */
export function writeLayout(directory: string, { manifest, manifests, blobs }: Image): void {
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  for (const { digest, bytes } of [manifest, ...manifests, ...blobs])
    writeFileSync(join(directory, 'blobs', digest.replace(':', '/')), bytes);
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const latest = { ...descriptorOf(manifest), annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [latest] }));
}

/** Has umoci(1) make a tree of layers that are plain tar archives. Gives back its path. */
export function unpackedByUmoci(directory: string, tars: readonly Buffer[], rootless = false): string {
  const layout = join(directory, 'layout');
  const bundle = join(directory, 'bundle');
  const layers = tars.map((tar) => makeLayer(tar, { compression: 'uncompressed' }));
  writeLayout(layout, makeImage({ layers }));
  run('umoci', ['unpack', ...(rootless ? ['--rootless'] : []), '--image', `${layout}:latest`, bundle]);
  return join(bundle, 'rootfs');
}
