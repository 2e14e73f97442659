import { digestPattern } from '../../../common/digest.js';
import { Failure } from '../../../common/failure.js';
import { escapeText, firstOf } from '../../../varlink/text.js';
import { Document } from './document.js';
import { checkLayerSizes } from './layer-sizes.js';
import { layersMax } from './limits.js';
import type { Platform } from './platform.js';

/** The image specification's own type of a manifest. */
export const imageManifestType = 'application/vnd.oci.image.manifest.v1+json';
/** What the image specification 1.1 and Docker's schema 2 have for the same things. */
const manifestTypes = [imageManifestType, 'application/vnd.docker.distribution.manifest.v2+json'];
const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** Of the configuration of what has none. */
export const emptyConfigType = 'application/vnd.oci.empty.v1+json';

/** What a registry is asked for. */
export const acceptedManifests = [...manifestTypes, ...indexTypes].join(', ');

const layerTypes = {
  'application/vnd.oci.image.layer.v1.tar': 'uncompressed',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd': 'zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'uncompressed',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
} as const;

/** Which are to be had from elsewhere, if at all. */
const foreignPattern = /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/;
const schema1Pattern = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** Of an index. */
const manifestsMax = 1000;
/** Of what stands in the descriptor itself. */
const dataMax = 1024 * 1024;

/** What points to a manifest, a config or a layer. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` or `sha512:` and lower-case hexadecimal. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** What it points to, where it says that itself. Not checked. */
  readonly data: Buffer | undefined;
}

export interface Layer extends Descriptor {
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
}

export interface Manifest<Item extends Descriptor = Layer> {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  /** Lowest first. */
  readonly layers: readonly Item[];
}

export interface IndexEntry extends Descriptor {
  readonly kind: 'manifest' | 'index';
  readonly platform: Platform | undefined;
}

export interface Index {
  readonly kind: 'index';
  /** What can be an image: others, and attestations, are left out. */
  readonly entries: readonly IndexEntry[];
}

/**
 * Reads what a registry gives for a tag or a digest.
 *
 * @param mediaType what the registry or the descriptor says that it is; what stands in the document counts where that is another one
 * @param subject how messages call it, such as `the manifest of HOST/IMAGE:TAG`
 * @param itemOf reads what stands in the list of layers: imageLayer(), or what an artefact has there
 * @throws Failure Corrupt when it is not what the specification has
 * @throws Failure UnsupportedFormat for schema 1, and whatever itemOf() throws
 */
export function parseManifest<Item extends Descriptor>(
  bytes: Buffer,
  mediaType: string | undefined,
  subject: string,
  itemOf: (document: Document) => Item,
): Manifest<Item> | Index {
  const document = Document.parse(bytes, subject);
  const own = document.text('mediaType');
  if (isSchema1(document, own, mediaType))
    throw unsupported(subject, "it has Docker's schema 1, which was given up in 2017; ask for another tag");
  if (document.mustCount('schemaVersion') !== 2) return document.fail('schemaVersion', 'is not 2');
  const kind = kindOf(own) ?? kindOf(mediaType) ?? (document.has('manifests') ? 'index' : 'manifest');
  const stated = kindOf(mediaType);
  if (stated !== undefined && stated !== kind)
    return document.fail('mediaType', `is that of ${named[kind]}, and not of ${named[stated]}`);
  if (own !== undefined && kindOf(own) === undefined)
    throw unsupported(subject, `its type is '${shown(own)}', which is not that of an image`);
  // One that could be read as either would be another image for somebody else.
  if (document.has('manifests') && document.has('layers')) return document.fail('manifests', 'is there beside layers');
  return kind === 'index' ? indexOf(document) : manifestOf(document, itemOf);
}

const named = { manifest: 'a manifest', index: 'an index' } as const;

function isSchema1(document: Document, ...types: (string | undefined)[]): boolean {
  if (types.some((type) => type !== undefined && schema1Pattern.test(type))) return true;
  return document.has('fsLayers') && document.mustCount('schemaVersion') === 1;
}

function kindOf(mediaType: string | undefined): 'manifest' | 'index' | undefined {
  if (mediaType === undefined) return undefined;
  if (manifestTypes.includes(mediaType)) return 'manifest';
  return indexTypes.includes(mediaType) ? 'index' : undefined;
}

function manifestOf<Item extends Descriptor>(document: Document, itemOf: (document: Document) => Item): Manifest<Item> {
  const config = document.object('config') ?? document.fail('config', 'is missing');
  const layers = document.objects('layers', layersMax);
  if (layers.length === 0) throw unsupported(document.subject, 'it has no layers');
  const items = layers.map(itemOf);
  checkLayerSizes(document, items);
  return { kind: 'manifest', config: descriptorOf(config), layers: items };
}

/**
 * Reads what names a layer of a container image.
 *
 * @throws Failure Corrupt when it is not what the specification has
 * @throws Failure UnsupportedFormat for layers that are not in the registry, or of other types
 */
export function imageLayer(document: Document): Layer {
  const descriptor = descriptorOf(document);
  const { mediaType } = descriptor;
  if (Object.hasOwn(layerTypes, mediaType))
    return { ...descriptor, compression: layerTypes[mediaType as keyof typeof layerTypes] };
  if (foreignPattern.test(mediaType))
    throw unsupported(
      document.subject,
      `its layer ${descriptor.digest} is foreign ('${shown(mediaType)}'): the registry does not have it`,
    );
  throw unsupported(
    document.subject,
    `its layer ${descriptor.digest} is of type '${shown(mediaType)}'; if it is a disk or a tree, pull it with pull-raw or pull-tar as oci://IMAGE`,
  );
}

function indexOf(document: Document): Index {
  const entries = document.objects('manifests', manifestsMax).flatMap((entry): IndexEntry[] => {
    const kind = kindOf(entry.mustText('mediaType'));
    if (kind === undefined || isAttestation(entry)) return [];
    return [{ ...descriptorOf(entry), kind, platform: platformOf(entry) }];
  });
  return { kind: 'index', entries };
}

/** What buildkit puts beside images: a statement about one of them. */
function isAttestation(entry: Document): boolean {
  const type = entry.object('annotations')?.text('vnd.docker.reference.type');
  return type !== undefined || entry.object('platform')?.text('os') === 'unknown';
}

function platformOf(entry: Document): Platform | undefined {
  const platform = entry.object('platform');
  if (platform === undefined) return undefined;
  // Some builders leave out what they do not know, or leave it empty.
  const architecture = platform.text('architecture') ?? '';
  return { os: platform.text('os') ?? '', architecture, variant: platform.text('variant') || undefined };
}

/**
 * Reads what points to a manifest, a config or a layer.
 *
 * @throws Failure Corrupt when it is not what the specification has
 * @throws Failure UnsupportedFormat for digests of other algorithms
 */
export function descriptorOf(document: Document): Descriptor {
  const digest = document.mustText('digest');
  if (!digestPattern.test(digest)) {
    if (/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:/.test(digest) && !/^sha(?:256|512):/.test(digest))
      throw unsupported(document.subject, `its digest '${shown(digest)}' is neither sha256 nor sha512`);
    return document.fail('digest', `'${shown(digest)}' is not a digest`);
  }
  const size = document.mustCount('size');
  return { mediaType: document.mustText('mediaType'), digest, size, data: dataOf(document, size) };
}

function dataOf(document: Document, size: number): Buffer | undefined {
  const text = document.text('data');
  if (text === undefined || size > dataMax) return undefined;
  const data = Buffer.from(text, 'base64');
  return data.length === size ? data : document.fail('data', `has ${data.length} bytes where size says ${size}`);
}

function shown(text: string): string {
  return escapeText(firstOf(text, 200));
}

function unsupported(subject: string, reason: string): Failure {
  const allowed = 'OCI and Docker schema 2 images with tar layers: plain, gzip or zstd';
  return new Failure('UnsupportedFormat', `Cannot use ${subject}: ${reason}`, { needed: subject, allowed });
}
