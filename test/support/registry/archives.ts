import type { Image, Layer } from './images.js';
import { type LayerEntry, packLayer } from './tar-layer.js';

// Container images in archives, as programs write them that have no registry.

/** An image, and what the index of the archive says of it. */
export interface ArchivedEntry {
  readonly image: Image;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The files of an OCI image layout. */
export function layoutFiles(entries: readonly ArchivedEntry[]): LayerEntry[] {
  const blobs = entries.flatMap(({ image }) => [image.manifest, ...image.manifests, ...image.blobs]);
  const manifests = entries.map(({ image: { manifest, platform }, annotations }) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
  }));
  return [
    { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    ...blobs.map(({ digest, bytes }) => ({ path: `blobs/${digest.replace(':', '/')}`, content: bytes })),
  ];
}

/** The archive of an OCI image layout. */
export function layoutArchive(entries: readonly ArchivedEntry[]): Buffer {
  return packLayer(layoutFiles(entries));
}

/** What `docker save` wrote before it wrote layouts. */
export function dockerFiles(
  images: readonly { image: Image; layers: readonly Layer[]; names?: readonly string[] }[],
): LayerEntry[] {
  const listed = images.map(({ image, layers, names }) => ({
    Config: `${image.blobs[0]?.digest.slice(7)}.json`,
    RepoTags: names ?? null,
    Layers: layers.map(({ digest }) => `${digest.slice(7)}/layer.tar`),
  }));
  const files = images.flatMap(({ image, layers }) => [
    { path: `${image.blobs[0]?.digest.slice(7)}.json`, content: image.blobs[0]?.bytes ?? '' },
    ...layers.map(({ digest, bytes }) => ({ path: `${digest.slice(7)}/layer.tar`, content: bytes })),
  ]);
  return [...files, { path: 'manifest.json', content: JSON.stringify(listed) }];
}
