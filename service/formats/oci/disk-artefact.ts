import { createHash } from 'node:crypto';
import { titleAnnotation } from './artefact.js';
import { emptyConfigType, imageManifestType } from './manifest.js';

/*
 * Disk images in registries: artefacts with one layer (OCI image specification 1.1, "Guidelines for Artifact Usage"), as
 * docs/registries.md describes them.
 */

/** What the manifest of a disk image says that it is. */
const imageArtefactType = 'application/vnd.ferry.image.v1';

/** Of the layer, by how it is compressed. */
const diskLayerTypes = {
  uncompressed: 'application/vnd.ferry.disk.v1.raw',
  gzip: 'application/vnd.ferry.disk.v1.raw+gzip',
  zstd: 'application/vnd.ferry.disk.v1.raw+zstd',
  xz: 'application/vnd.ferry.disk.v1.raw+xz',
  bzip2: 'application/vnd.ferry.disk.v1.raw+bzip2',
} as const;

const emptyConfig = Buffer.from('{}');

/** A disk image, as it is stored. */
export interface StoredDisk {
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly compression: keyof typeof diskLayerTypes;
  readonly fileName: string;
}

/** Some bytes that a manifest names, with the descriptor that it has of them. */
export interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The documents of a disk image. */
export interface DiskArtefact {
  readonly layer: Described;
  readonly config: Described & { readonly content: Buffer };
  readonly manifest: Described & { readonly content: Buffer };
}

function describe(mediaType: string, content: Buffer) {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { mediaType, digest, size: content.length, content };
}

/** Makes what names a disk image in a registry. */
export function diskArtefact({ sha256, bytes, compression, fileName }: StoredDisk): DiskArtefact {
  const layer = { mediaType: diskLayerTypes[compression], digest: `sha256:${sha256}`, size: bytes };
  const config = describe(emptyConfigType, emptyConfig);
  const { content: _, ...named } = config;
  const manifest = {
    schemaVersion: 2,
    mediaType: imageManifestType,
    artifactType: imageArtefactType,
    config: named,
    layers: [{ ...layer, annotations: { [titleAnnotation]: fileName } }],
  };
  return { layer, config, manifest: describe(imageManifestType, Buffer.from(JSON.stringify(manifest))) };
}
