import { createHash } from 'node:crypto';
import type { ByteSink } from '../../bytes.js';
import { Type, tarBlockSize } from '../../tar/header.js';
import { writeHeader } from '../../tar/pack/encode.js';
import { ArchiveOutput } from '../../tar/unpack/output.js';
import { imageManifestType } from '../manifest.js';

/*
 * The archive of an OCI image with one layer: a tar archive of an image layout (OCI image specification, "Image Layout"). The layer
 * is its first member, so that it can be written before its digest is known, and the rest after it. Nothing depends on when and
 * where it is made: times are 0, and users have no names.
 */

/** The bytes in front of the layer: an extended header with its size, and its own. */
export const layerOffset = 3 * tarBlockSize;

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: imageManifestType,
  config: 'application/vnd.oci.image.config.v1+json',
};

/** Of layers, by how they are compressed. */
const layerTypes = {
  uncompressed: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};

export type LayerCompression = keyof typeof layerTypes;

/** The layer, as it is stored. */
export interface StoredLayer {
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly compression: LayerCompression;
}

interface Member {
  readonly path: string;
  readonly bytes: number;
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function blobPath(sha256: string): string {
  return `blobs/sha256/${sha256}`;
}

function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function writeMember(output: ArchiveOutput, { path, bytes }: Member, isLarge: boolean): void {
  const root = { user: 0, group: 0, modified: { seconds: 0, nanoseconds: 0 }, major: 0, minor: 0 };
  // The header of the layer has one length, however large the layer is.
  const records = isLarge && bytes <= largestPlain ? ([['size', String(bytes)]] as const) : [];
  writeHeader(output, { type: Type.file, path, target: '', mode: 0o644, size: bytes, ...root, records });
}

/** What a header can say without an extended one: 8 GiB less one. */
const largestPlain = 0o77777777777;

/** The bytes that go in front of the layer, `layerOffset` of them. */
export function layerHeader({ sha256, bytes }: StoredLayer): Buffer {
  const parts: Buffer[] = [];
  const output = new ArchiveOutput(collector(parts), () => {});
  writeMember(output, { path: blobPath(sha256), bytes }, true);
  output.flush();
  return Buffer.concat(parts);
}

function collector(parts: Buffer[]): ByteSink {
  return {
    write: (buffer, offset, length) => parts.push(Buffer.from(buffer.subarray(offset, offset + length))),
  };
}

/** What names the image for those who unpack the archive: docker(1) and podman(1) read the first, skopeo(1) the second. */
function annotations(name: string | undefined): { annotations?: Record<string, string> } {
  if (name === undefined) return {};
  const reference = { 'io.containerd.image.name': `localhost/${name}:latest` };
  return { annotations: { ...reference, 'org.opencontainers.image.ref.name': 'latest' } };
}

/**
 * Writes what follows the layer.
 *
 * @param config the configuration of the image, as it is stored
 * @param name of the image, as a part of a reference
 * @returns the digest of the manifest, `sha256:` and hexadecimal
 */
export function writeRest(sink: ByteSink, layer: StoredLayer, config: Buffer, name: string | undefined): string {
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: `sha256:${digestOf(config)}`, size: config.length },
    layers: [{ mediaType: layerTypes[layer.compression], digest: `sha256:${layer.sha256}`, size: layer.bytes }],
  });
  const digest = `sha256:${digestOf(manifest)}`;
  const described = { mediaType: mediaTypes.manifest, digest, size: manifest.length, ...annotations(name) };
  const index = jsonBytes({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [described] });
  const output = new ArchiveOutput(sink, () => {});
  output.pad(layer.bytes);
  const files: [path: string, bytes: Buffer][] = [
    [blobPath(digestOf(config)), config],
    [blobPath(digestOf(manifest)), manifest],
    ['index.json', index],
    ['oci-layout', jsonBytes({ imageLayoutVersion: '1.0.0' })],
  ];
  for (const [path, bytes] of files) writeFile(output, path, bytes);
  output.zeros(2 * tarBlockSize);
  output.flush();
  return digest;
}

function writeFile(output: ArchiveOutput, path: string, bytes: Buffer): void {
  writeMember(output, { path, bytes: bytes.length }, false);
  output.write(bytes);
  output.pad(bytes.length);
}
