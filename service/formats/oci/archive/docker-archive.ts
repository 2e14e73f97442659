import { Failure } from '../../../../common/failure.js';
import { isJsonObject } from '../../../../varlink/idl/value.js';
import { JsonError, parseJson } from '../../../../varlink/json.js';
import { escapeText } from '../../../../varlink/text.js';
import { sniff, sniffLength } from '../../compression/format.js';
import { layersMax } from '../limits.js';
import { type ArchivedImage, type ArchivedLayer, chooseByName } from './archive-choice.js';
import { type Member, type Members, shownPath } from './members.js';

/* What `docker save` writes: manifest.json names the configuration and the layers of each image by path. */

const listing = 'manifest.json';

/** An image of the listing. */
interface Listed {
  readonly config: string;
  /** Paths, the lowest first. */
  readonly layers: readonly string[];
  readonly names: readonly string[];
}

export function isDockerArchive(members: Members): boolean {
  return members.at(listing) !== undefined;
}

function corrupt(reason: string): Failure {
  return new Failure('Corrupt', `Cannot import the archive: ${reason}`, { what: listing, offset: undefined });
}

function json(bytes: Buffer, what: string): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw corrupt(`${what} is not valid JSON (${escapeText(error.message)})`);
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function listedImages(members: Members, listed: Member): Listed[] {
  const value = json(members.read(listed), listing);
  if (!Array.isArray(value)) throw corrupt(`${listing} is not a list of images`);
  return value.map((image: unknown) => {
    const { Config: config, Layers: layers, RepoTags: names = [] } = isJsonObject(image) ? image : {};
    if (
      typeof config === 'string' &&
      isTexts(layers) &&
      layers.length <= layersMax &&
      (names === null || isTexts(names))
    )
      return { config, layers, names: names ?? [] };
    throw corrupt(`${listing} has an image without a configuration, layers or names that can be read`);
  });
}

function member(members: Members, path: string): Member {
  const found = members.at(path);
  if (found === undefined) throw corrupt(`${listing} names ${shownPath(path)}, which the archive does not have`);
  return found;
}

/** The digests of the layers before they were compressed, as the configuration has them. */
function layerDigests(config: Buffer): readonly string[] {
  const value = json(config, 'the configuration of the image');
  const rootfs = isJsonObject(value) ? value['rootfs'] : undefined;
  const digests = isJsonObject(rootfs) ? rootfs['diff_ids'] : undefined;
  if (isTexts(digests)) return digests;
  throw corrupt('the configuration of the image does not have the digests of its layers');
}

function unverified(path: string, expected: string, found: string): Failure {
  const message = `Cannot import the archive: ${shownPath(path)} has the digest ${found} instead of ${escapeText(expected)}`;
  return new Failure('VerificationFailed', message, { file: path, expected, found });
}

function layerOf(members: Members, path: string, expected: string | undefined): ArchivedLayer {
  const found = member(members, path);
  const { digest, bytes, offset } = found;
  const compression = sniff(members.head(found, sniffLength), `The layer ${shownPath(path)}`);
  if (compression !== 'uncompressed' && compression !== 'gzip' && compression !== 'zstd')
    throw corrupt(`its layer ${shownPath(path)} is compressed with ${compression}, as no layer is`);
  if (compression === 'uncompressed' && digest !== expected) throw unverified(path, expected ?? 'none', digest);
  return { digest, bytes, compression, offset, diffId: expected };
}

/**
 * Finds an image in what `docker save` has written. It has no manifest: the digest of the configuration, Docker's own number of the
 * image, takes the place of that of one.
 *
 * @throws Failure UnsupportedFormat when the archive does not have this image, or has several
 * @throws Failure VerificationFailed when the configuration or a layer has another digest than is said of it
 * @throws Failure Corrupt when the listing cannot be read, or names what is not there
 */
export function dockerImage(members: Members, tag: string | undefined): ArchivedImage {
  const images = listedImages(members, member(members, listing));
  const [image] = chooseByName(
    images.map((each) => ({ image: each, names: each.names })),
    tag,
  );
  if (image === undefined) throw new RangeError('no image was chosen');
  const config = member(members, image.config);
  const [, named] = /([0-9a-f]{64})(?:\.json)?$/.exec(image.config) ?? [];
  if (named !== undefined && config.digest !== `sha256:${named}`)
    throw unverified(image.config, `sha256:${named}`, config.digest);
  const text = members.read(config);
  const digests = layerDigests(text);
  if (digests.length !== image.layers.length)
    throw corrupt(`the image has ${image.layers.length} layers, and its configuration has ${digests.length}`);
  const layers = image.layers.map((path, index) => layerOf(members, path, digests[index]));
  return { manifestDigest: config.digest, config: text.toString(), layers };
}
