import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { filter } from '../formats/codecs.js';
import { type LayerEntry, packLayer } from './tar-layer.js';

/** Some bytes that a registry keeps under their digest. */
export interface Blob {
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** `sha256:` or `sha512:` and hexadecimal digits. */
  readonly digest: string;
}

export interface Layer extends Blob {
  /** The digest of the plain tar. */
  readonly diffId: string;
}

/** What a tag can name: the blob is a manifest or an index. */
export interface Image {
  readonly manifest: Blob;
  /** Manifests that an index leads to. */
  readonly manifests: readonly Blob[];
  /** Config and layers. */
  readonly blobs: readonly Blob[];
  readonly platform: TestPlatform | undefined;
}

export interface TestPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

export function digestOf(bytes: Buffer | string, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function blobOf(bytes: Buffer | string, mediaType: string, algorithm: 'sha256' | 'sha512' = 'sha256'): Blob {
  return { bytes: Buffer.from(bytes), mediaType, digest: digestOf(bytes, algorithm) };
}

/** How a manifest names a blob. */
export function descriptorOf({ mediaType, digest, bytes }: Blob): Record<string, unknown> {
  return { mediaType, digest, size: bytes.length };
}

export interface LayerOptions {
  /** gzip by default; zstd takes the program. */
  readonly compression?: 'uncompressed' | 'gzip' | 'zstd';
  readonly docker?: boolean;
  readonly algorithm?: 'sha256' | 'sha512';
}

/** A layer of entries, or of a tar archive that was made elsewhere. */
export function makeLayer(content: readonly LayerEntry[] | Buffer, options: LayerOptions = {}): Layer {
  const { compression = 'gzip', docker = false, algorithm } = options;
  const tar = Buffer.isBuffer(content) ? content : packLayer(content);
  const oci = { uncompressed: mediaTypes.layer, gzip: `${mediaTypes.layer}+gzip`, zstd: `${mediaTypes.layer}+zstd` };
  const ofDocker = { ...oci, uncompressed: mediaTypes.dockerLayer, gzip: `${mediaTypes.dockerLayer}.gzip` };
  const encode = { uncompressed: same, gzip: (bytes: Buffer) => gzipSync(bytes), zstd };
  return {
    ...blobOf(encode[compression](tar), (docker ? ofDocker : oci)[compression], algorithm),
    diffId: digestOf(tar),
  };
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

function zstd(bytes: Buffer): Buffer {
  return filter('zstd', ['-qc'], bytes);
}

export interface ImageOptions {
  /** Lowest first. */
  readonly layers: readonly Layer[];
  readonly platform?: TestPlatform;
  /** Of the config, as `Cmd` and `Env` are. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Takes the place of what is in the config, such as its `rootfs`. */
  readonly wholeConfig?: Readonly<Record<string, unknown>>;
  /** Added to the manifest, in place of what it has there. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly docker?: boolean;
  readonly algorithm?: 'sha256' | 'sha512';
}

export const amd64: TestPlatform = { os: 'linux', architecture: 'amd64' };

/** An image of one platform. */
export function makeImage(options: ImageOptions): Image {
  const { layers, platform = amd64, docker = false, algorithm } = options;
  const config = blobOf(
    JSON.stringify({
      ...platform,
      config: options.config ?? {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
      ...options.wholeConfig,
    }),
    docker ? mediaTypes.dockerConfig : mediaTypes.config,
    algorithm,
  );
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.manifest;
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...options.manifest,
  };
  return {
    manifest: blobOf(JSON.stringify(manifest), mediaType, algorithm),
    manifests: [],
    blobs: [config, ...layers],
    platform,
  };
}

/** Images of several platforms, or indexes, under one name. */
export function makeIndex(
  images: readonly Image[],
  { docker = false, more = {} }: { docker?: boolean; more?: Readonly<Record<string, unknown>> } = {},
): Image {
  const mediaType = docker ? mediaTypes.dockerList : mediaTypes.index;
  const manifests = images.map(({ manifest, platform }) => ({
    ...descriptorOf(manifest),
    ...(platform === undefined ? {} : { platform }),
  }));
  return {
    manifest: blobOf(JSON.stringify({ schemaVersion: 2, mediaType, manifests, ...more }), mediaType),
    manifests: images.flatMap((image) => [image.manifest, ...image.manifests]),
    blobs: images.flatMap(({ blobs }) => blobs),
    platform: undefined,
  };
}

/** A file of an artefact. */
export interface TestFile {
  readonly content: Buffer;
  readonly title?: string;
  readonly mediaType?: string;
}

/** An artefact of some files, as oras(1) makes them. */
export function makeArtefact(files: readonly TestFile[], more: Readonly<Record<string, unknown>> = {}): Image {
  const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
  const blobs = files.map(({ content, mediaType = mediaTypes.layer }) => blobOf(content, mediaType));
  const layers = blobs.map((blob, index) => {
    const { title } = files[index] ?? {};
    const annotations = title === undefined ? {} : { annotations: { 'org.opencontainers.image.title': title } };
    return { ...descriptorOf(blob), ...annotations };
  });
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: 'application/vnd.unknown.artifact.v1',
    config: descriptorOf(config),
    layers,
    ...more,
  };
  const manifest = blobOf(JSON.stringify(document), mediaTypes.manifest);
  return { manifest, manifests: [], blobs: [config, ...blobs], platform: undefined };
}
