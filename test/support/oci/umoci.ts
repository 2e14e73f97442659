import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Has umoci(1) make a tree of layers that are plain tar archives, as root or as that user. Gives back its path. */
export function unpackedByUmoci(directory: string, tars: readonly Buffer[], user?: number): string {
  const layout = join(directory, 'layout');
  const layers = tars.map((tar) => makeLayer(tar, { compression: 'uncompressed' }));
  writeLayout(layout, makeImage({ layers }));
  if (user !== undefined) chownSync(directory, user, user);
  return unpackLayout(directory, layout, user);
}

/** Has umoci(1) unpack the image `latest` of a layout, into `directory`. */
export function unpackLayout(directory: string, layout: string, user?: number): string {
  const bundle = join(directory, 'bundle');
  const rootless = user === undefined ? [] : ['--rootless'];
  const rights = user === undefined ? {} : { uid: user, gid: user };
  execFileSync('umoci', ['unpack', ...rootless, '--image', `${layout}:latest`, bundle], { stdio: 'pipe', ...rights });
  return join(bundle, 'rootfs');
}
